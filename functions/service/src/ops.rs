//! The operator's page: plain files of our own, sent as they are. What they show comes from the API, with the operator's own token.

/// A file of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// The file's name below `ops/`; empty for the page itself.
    name: &'static str,
    /// The media type.
    pub media_type: &'static str,
    pub text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The page.
pub const PAGE: Asset =
    Asset { name: "", media_type: "text/html; charset=utf-8", text: include_str!("../ops/page.html") };

/// The files that the page loads.
const ASSETS: [Asset; 10] = [
    Asset { name: "page.css", media_type: "text/css; charset=utf-8", text: include_str!("../ops/page.css") },
    Asset { name: "icon.svg", media_type: "image/svg+xml", text: include_str!("../ops/icon.svg") },
    Asset { name: "page.js", media_type: SCRIPT, text: include_str!("../ops/page.js") },
    Asset { name: "api.js", media_type: SCRIPT, text: include_str!("../ops/api.js") },
    Asset { name: "dom.js", media_type: SCRIPT, text: include_str!("../ops/dom.js") },
    Asset { name: "overview.js", media_type: SCRIPT, text: include_str!("../ops/overview.js") },
    Asset { name: "orders.js", media_type: SCRIPT, text: include_str!("../ops/orders.js") },
    Asset { name: "order.js", media_type: SCRIPT, text: include_str!("../ops/order.js") },
    Asset { name: "stock.js", media_type: SCRIPT, text: include_str!("../ops/stock.js") },
    Asset { name: "dead-letters.js", media_type: SCRIPT, text: include_str!("../ops/dead-letters.js") },
];

/// The file called `name`.
pub fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_served_and_no_other() {
        let folder = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("ops")).unwrap();
        let there: BTreeSet<String> =
            folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        let served: BTreeSet<String> =
            ASSETS.iter().map(|asset| asset.name).chain(["page.html"]).map(str::to_owned).collect();
        assert_eq!(there, served);
        assert_eq!((asset(""), asset("../Cargo.toml")), (None, None));
    }

    #[test]
    fn nothing_is_inline_and_every_address_is_relative() {
        for forbidden in ["<style", " style=", "onclick", "onload", "http:", "https:", "src=\"/", "href=\"/"]
        {
            assert!(!PAGE.text.contains(forbidden), "{forbidden} in the page");
        }
        for script in ASSETS.iter().filter(|asset| asset.media_type == SCRIPT) {
            for forbidden in [
                "innerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "localStorage",
                "sessionStorage",
                "indexedDB",
                ".cookie",
            ] {
                assert!(!script.text.contains(forbidden), "{forbidden} in {}", script.name);
            }
        }
    }
}
