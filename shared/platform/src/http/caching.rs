//! The caches that may keep a response, and not sending again the one that the caller has (RFC 9110 section 13.1.2, RFC 9111).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, VARY};
use http::{HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use super::{Request, Response};

/// The caches that may keep a response, and the time for which they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caching {
    /// Any cache, those on the way included, for this time before it revalidates.
    Public(Duration),
    /// The caller's own cache, which revalidates each time.
    Private,
}

impl Response {
    /// Says who may keep the answer. What is answered depends on who asks, so no cache gives one caller's answer to another.
    #[must_use]
    pub fn cached(mut self, caching: Caching) -> Self {
        self.headers.insert(VARY, HeaderValue::from_static("authorization"));
        match caching {
            Caching::Public(age) => self.header(CACHE_CONTROL, &format!("public, max-age={}", age.as_secs())),
            Caching::Private => self.header(CACHE_CONTROL, "private, no-cache"),
        }
    }

    /// The same answer, or 304 without a body when the request's `If-None-Match` names its entity tag. An answer that has no
    /// tag yet gets a strong one, made of its body.
    #[must_use]
    pub fn unless_known(self, request: &Request) -> Self {
        self.unless_named(request.header("if-none-match"))
    }

    fn unless_named(mut self, known: Option<&str>) -> Self {
        if !self.headers.contains_key(ETAG) {
            let body = if self.bytes.is_empty() { self.body.as_bytes() } else { &self.bytes };
            let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(body));
            self = self.header(ETAG, &format!("\"{digest}\""));
        }
        let etag = self.headers.get(ETAG).and_then(|etag| etag.to_str().ok());
        if known.zip(etag).is_some_and(|(known, etag)| names(known, etag)) {
            self.status = StatusCode::NOT_MODIFIED;
            self.body.clear();
            self.bytes.clear();
            self.headers.remove(CONTENT_TYPE);
        }
        self
    }
}

/// True when an `If-None-Match` header names `etag`; tags are compared weakly (RFC 9110 section 13.1.2).
fn names(known: &str, etag: &str) -> bool {
    known.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(body: &str) -> Response {
        Response::ok(&body).unwrap().cached(Caching::Public(Duration::from_secs(7)))
    }

    #[test]
    fn entity_tags_are_compared_weakly() {
        for known in ["\"1-0\"", "W/\"1-0\"", "\"9\", \"1-0\"", "*"] {
            assert!(names(known, "\"1-0\""), "{known}");
        }
        for known in ["\"2-0\"", "1-0", "", "\"1-0"] {
            assert!(!names(known, "\"1-0\""), "{known}");
        }
    }

    #[test]
    fn the_tag_is_that_of_the_body_and_what_is_known_is_not_sent() {
        let first = reply("tea").unless_named(None);
        assert_eq!((first.status, first.body.as_str()), (StatusCode::OK, "\"tea\""));
        let etag = first.headers[ETAG].to_str().unwrap();
        assert_eq!(etag.len(), 45, "{etag}: 256 bits in quotes");
        let again = reply("tea").unless_named(Some(etag));
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
        assert_eq!(again.headers[ETAG], etag);
        assert_eq!(again.headers[CACHE_CONTROL], "public, max-age=7");
        assert_eq!(again.headers[VARY], "authorization");
        assert!(!again.headers.contains_key(CONTENT_TYPE));
        assert_eq!(reply("coffee").unless_named(Some(etag)).status, StatusCode::OK);
    }

    #[test]
    fn what_is_no_text_has_a_tag_of_its_bytes() {
        let picture = |bytes: &[u8]| Response::binary("image/png", bytes.to_vec()).unless_named(None);
        let (one, other) = (picture(&[0x89, 0xFF]), picture(&[0x89, 0xFE]));
        assert_ne!(one.headers[ETAG], other.headers[ETAG]);
        let etag = one.headers[ETAG].to_str().unwrap();
        let again = Response::binary("image/png", vec![0x89, 0xFF]).unless_named(Some(etag));
        assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
    }

    #[test]
    fn a_tag_of_its_own_is_kept() {
        let tagged = || reply("tea").cached(Caching::Private).header(ETAG, "\"3-1\"");
        assert_eq!(tagged().unless_named(None).headers[ETAG], "\"3-1\"");
        let known = tagged().unless_named(Some("W/\"3-1\""));
        assert_eq!(known.status, StatusCode::NOT_MODIFIED);
        assert_eq!(known.headers[CACHE_CONTROL], "private, no-cache");
    }
}
