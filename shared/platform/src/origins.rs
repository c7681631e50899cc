//! The merchant's web origins, which links and redirects are held to.
//!
//! A link in a message of the merchant's, or a redirect from the merchant's page, that leads elsewhere is what phishing is made of (OWASP, "Unvalidated
//! Redirects and Forwards"). So they are held to origins (RFC 6454) that the merchant configures, regardless of the caller.

use http::Uri;

use crate::{Init, InitError};

/// Every origin, in the parameter that says which pages may call the API. It allows no link.
const ANY: &str = "*";
/// The rule of an address that leads elsewhere.
pub const ORIGIN_RULE: &str = "must be a web address at one of the merchant's origins";

/// The place of an order's number in an address.
const NUMBER: &str = "{number}";

/// A set of origins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(Vec<Origin>);

/// Scheme and authority, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin(String, String);

impl Origins {
    /// Reads a variable: web addresses with commas between, of which the origins count. One that is none is logged, and allows nothing: a mistake in it
    /// keeps no function from starting.
    pub fn from_init(init: &Init, variable: &str) -> Result<Self, InitError> {
        let (origins, others) = Self::parse(&init.optional(variable, String::new())?);
        for address in others {
            tracing::warn!(variable, address, "this is no web address with a scheme and a host");
        }
        Ok(origins)
    }

    /// Reads web addresses with commas between, and returns those apart that are none.
    pub fn parse(text: &str) -> (Self, Vec<String>) {
        let (mut origins, mut others) = (Vec::new(), Vec::new());
        for address in text.split(',').map(str::trim).filter(|address| !address.is_empty() && *address != ANY)
        {
            match origin(address) {
                Some(origin) => origins.push(origin),
                None => others.push(address.to_owned()),
            }
        }
        (Self(origins), others)
    }

    /// Returns true when `address` is at one of the origins.
    pub fn allow(&self, address: &str) -> bool {
        origin(address).is_some_and(|origin| self.0.contains(&origin))
    }
}

/// The origin of `address`; `None` without a scheme and a host, and where a name before `@` makes one host look like another.
fn origin(address: &str) -> Option<Origin> {
    let uri: Uri = address.replace(NUMBER, "0").parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    let plain = !authority.as_str().contains('@') && !authority.host().is_empty();
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    (plain && web).then(|| Origin(scheme.to_ascii_lowercase(), authority.as_str().to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_merchants_origins_are_linked_to() {
        let links = Origins::parse(
            "https://shop.example,*,http://localhost:5173,https://pay.example/orders/{number},",
        )
        .0;
        for address in [
            "https://shop.example/p/7",
            "HTTPS://SHOP.example/p",
            "https://shop.example",
            "http://localhost:5173/p",
            "https://pay.example/other",
        ] {
            assert!(links.allow(address), "{address}");
        }
        for address in [
            "https://evil.example/p",
            "http://shop.example/p",
            "https://shop.example:8443/p",
            "https://shop.example@evil.example/",
            "https://shop.example.evil.example/",
            "https://evil.example/https://shop.example",
            "https://shop.example\\@evil.example/",
            "https:shop.example",
            "//shop.example/p",
            "javascript:alert(1)",
            "shop.example",
            "ht{tp}s://shop.example/",
            "https:/{}/shop.example",
            "https://shop.ex{}ample/",
            "",
        ] {
            assert!(!links.allow(address), "{address}");
        }
        assert!(!Origins::parse("*").0.allow("https://evil.example/"), "any page is no origin");
        let (origins, others) = Origins::parse("shop.example,https://shop.example/?tags=a,b");
        assert_eq!(others, ["shop.example", "b"]);
        assert!(origins.allow("https://shop.example/p"));
    }
}
