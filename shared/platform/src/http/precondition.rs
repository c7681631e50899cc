//! `If-Match`: a change is made only to what its sender has seen (RFC 9110 section 13.1.1).

use http::HeaderValue;
use kernel::{Kind, Problem};

use super::Request;

/// The condition that a request states for the resource that it means to change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Precondition {
    /// None: the resource is changed regardless of its version.
    #[default]
    Any,
    /// The resource exists.
    Exists,
    /// The resource has one of these entity tags.
    Tags(Vec<String>),
}

impl Precondition {
    /// Reads the header `If-Match` of `request`.
    pub fn of(request: &Request) -> Self {
        let headers: Vec<&[u8]> =
            request.headers().get_all("if-match").iter().map(HeaderValue::as_bytes).collect();
        if headers.is_empty() { Self::Any } else { Self::parse(&headers.join(&b',')) }
    }

    /// Several headers are one list. A tag may have bytes that are no text; none of ours has, so it matches nothing.
    fn parse(header: &[u8]) -> Self {
        let header = String::from_utf8_lossy(header);
        let tags: Vec<String> = header.split(',').map(|tag| tag.trim().to_owned()).collect();
        if tags.iter().any(|tag| tag == "*") { Self::Exists } else { Self::Tags(tags) }
    }

    /// True when the request has no such header.
    pub fn is_absent(&self) -> bool {
        *self == Self::Any
    }

    /// Refuses a resource, such as a `cart`, when its `current` entity tag is not among those named: 412 `etag_mismatch` with the current one. Tags are
    /// compared strongly, so that a weak one matches nothing.
    pub fn check(&self, resource: &str, current: &str) -> Result<(), Problem> {
        self.check_version(resource, Some(current), |tag| tag == current)
    }

    /// As [`Self::check`], for a resource that may not exist, or whose tags cover more than a change of it touches: `is_same` returns whether a tag
    /// is of the same version of the part that would be changed.
    pub fn check_version(
        &self,
        resource: &str,
        current: Option<&str>,
        is_same: impl Fn(&str) -> bool,
    ) -> Result<(), Problem> {
        let holds = match self {
            Self::Any => true,
            Self::Exists => current.is_some(),
            Self::Tags(tags) => current.is_some() && tags.iter().any(|tag| is_same(tag)),
        };
        if holds {
            return Ok(());
        }
        let Some(current) = current else {
            let detail = format!("There is no such {resource}, and If-Match requires one.");
            return Err(Problem::new(Kind::Stale, "etag_mismatch", detail));
        };
        let detail = format!("The {resource} has changed since it was read; read it again.");
        Err(Problem::new(Kind::Stale, "etag_mismatch", detail).with("etag", current))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: &str = "\"3-1\"";

    #[test]
    fn only_the_tag_that_is_current_matches() {
        for header in ["*", CURRENT, "\"0-0\", \"3-1\"", "\"0-0\",\"3-1\" , \"x\""] {
            assert_eq!(Precondition::parse(header.as_bytes()).check("order", CURRENT), Ok(()), "{header}");
        }
        for header in ["", "\"0-0\"", "W/\"3-1\"", "3-1", "\"*\""] {
            let problem = Precondition::parse(header.as_bytes()).check("order", CURRENT).unwrap_err();
            assert_eq!((problem.kind, &problem.extensions["etag"]), (Kind::Stale, &CURRENT.into()));
        }
        for header in ["\"ы\"".as_bytes(), b"\"\xff\"", b"\xff"] {
            let problem = Precondition::parse(header).check("order", CURRENT).unwrap_err();
            assert_eq!(problem.kind, Kind::Stale, "{header:?}");
        }
    }

    #[test]
    fn what_does_not_exist_has_no_tag() {
        let check = |header: &[u8]| Precondition::parse(header).check_version("product", None, |_| true);
        assert!(check(b"*").is_err() && check(b"\"3\"").is_err());
        assert_eq!(Precondition::Any.check_version("product", None, |_| false), Ok(()));
    }
}
