//! `GET /openapi.json`, `GET /docs` and `GET /docs/{asset}`: the API's description, for programs and for people.
//!
//! The page is Swagger UI. It loads its parts from here and from no other server; its links are relative, because the API may
//! stand under a prefix. `/docs` has no slash at its end, so they begin with `docs/`.

use std::future::{Future, ready};
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY};
use kernel::Problem;
use platform::http::{BaseUrl, Caching, Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::assets::Assets;
use crate::document;
use crate::refusal::ServiceRefusal;

/// The greatest age of a cached copy of the document or its page.
const MAX_AGE: Duration = Duration::from_mins(1);
/// The greatest age of a cached copy of a file of the page. The page names its files by their version.
const ASSET_MAX_AGE: Duration = Duration::from_hours(24);
/// Nothing from elsewhere, nothing inline; the arrows in Swagger UI's style sheet are `data:` pictures.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const PAGE: &str = include_str!("../docs/page.html");
const START: &str = include_str!("../docs/start.js");

struct Documents {
    base: BaseUrl,
    assets: Assets,
}

/// The routes' handler.
pub fn init(init: Init) -> impl Future<Output = Result<Handler, InitError>> {
    ready(Documents::open(&init).map(|documents| {
        handler(documents, |documents: Arc<Documents>, request| ready(documents.answer(&request)))
    }))
}

impl Documents {
    fn open(init: &Init) -> Result<Self, InitError> {
        let assets = Assets::open().map_err(|error| InitError::new("Swagger UI", error))?;
        Ok(Self { base: BaseUrl::from_init(init)?, assets })
    }

    fn answer(&self, request: &Request) -> Result<Response, Problem> {
        let reply = match request.route.as_str() {
            "GET /openapi.json" => self.document(request)?,
            "GET /docs" => self.page(),
            _ => self.asset(request)?,
        };
        Ok(reply.unless_known(request))
    }

    fn document(&self, request: &Request) -> Result<Response, Problem> {
        let document = document::for_base(&self.base.of(request)).map_err(Problem::internal)?;
        Ok(Response::ok(&document)?.cached(Caching::Public(MAX_AGE)))
    }

    fn page(&self) -> Response {
        Response::text("text/html; charset=utf-8", PAGE.replace("{version}", self.assets.version()))
            .cached(Caching::Public(MAX_AGE))
            .header(CONTENT_SECURITY_POLICY, POLICY)
            .header(REFERRER_POLICY, "no-referrer")
    }

    fn asset(&self, request: &Request) -> Result<Response, Problem> {
        let name = request.path_parameter("asset");
        if name == "start.js" {
            let reply = Response::text("text/javascript; charset=utf-8", START);
            return Ok(reply.cached(Caching::Public(ASSET_MAX_AGE)));
        }
        let asset = self.assets.read(name, takes_gzip(request.header("accept-encoding")));
        let asset = asset.map_err(Problem::internal)?;
        let asset = asset.ok_or(ServiceRefusal::FileNotFound)?;
        let reply = Response::binary(asset.content_type, asset.bytes).cached(Caching::Public(ASSET_MAX_AGE));
        let reply = if asset.gzipped { reply.header(CONTENT_ENCODING, "gzip") } else { reply };
        Ok(reply.header(VARY, "accept-encoding"))
    }
}

/// True when an `Accept-Encoding` header names gzip (RFC 9110 section 12.5.3). A caller that sends no such header is
/// assumed not to support it.
fn takes_gzip(accepted: Option<&str>) -> bool {
    let refused = |weight: &str| {
        weight.trim().strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty())
    };
    accepted.unwrap_or_default().split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        ["gzip", "*"].contains(&name.trim().to_ascii_lowercase().as_str()) && !refused(weight)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_for_who_takes_it() {
        for accepted in ["gzip", "deflate, gzip;q=0.5, br", "GZIP", "*", "br, *;q=0.1"] {
            assert!(takes_gzip(Some(accepted)), "{accepted}");
        }
        for refused in ["", "identity", "br", "gzip;q=0", "gzip; q=0.000, br", "gzipped"] {
            assert!(!takes_gzip(Some(refused)), "{refused}");
        }
        assert!(!takes_gzip(None));
    }

    #[test]
    fn the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline() {
        let page = PAGE.to_lowercase();
        for foreign in ["http:", "https:", "//", "<style", " style=", " onload", "href=\"/", "src=\"/"] {
            assert!(!page.contains(foreign), "{foreign}");
        }
        assert_eq!(page.matches("<script").count(), page.matches("<script src=\"docs/").count());
    }
}
