//! `If-Match`: a change is made only to the order that its sender has seen (RFC 9110 section 13.1.1).

use http::HeaderValue;
use kernel::{Kind, Problem};
use platform::http::Request;

use crate::order::Order;
use crate::view::etag;

/// What a request says of the order that it means to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing: it is changed whatever it is.
    Any,
    /// It has one of these entity tags.
    Tags(Vec<String>),
}

impl Precondition {
    /// The header `If-Match` of `request`. `*` is true of every order there is.
    pub fn of(request: &Request) -> Self {
        let headers: Vec<&[u8]> =
            request.headers().get_all("if-match").iter().map(HeaderValue::as_bytes).collect();
        if headers.is_empty() { Self::Any } else { Self::parse(&headers.join(&b',')) }
    }

    /// Several headers are one list. A tag may have bytes that are no text; none of ours has, so it matches nothing.
    fn parse(header: &[u8]) -> Self {
        let header = String::from_utf8_lossy(header);
        let tags: Vec<String> = header.split(',').map(|tag| tag.trim().to_owned()).collect();
        if tags.iter().any(|tag| tag == "*") { Self::Any } else { Self::Tags(tags) }
    }

    /// Refuses `order` when it is not the one that was meant. Tags are compared strongly: a weak one matches nothing.
    pub fn check(&self, order: &Order) -> Result<(), Problem> {
        let current = etag(order);
        match self {
            Self::Tags(tags) if !tags.contains(&current) => {
                let detail = "The order has changed since it was read; read it again.";
                Err(Problem::new(Kind::Stale, "etag_mismatch", detail).with("etag", current))
            }
            Self::Any | Self::Tags(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::tests::placed;

    #[test]
    fn only_the_tag_that_is_current_matches() {
        let order = placed();
        let current = etag(&order);
        for header in ["*", &current, &format!("\"0-0\", {current}"), &format!("\"0-0\",{current} , \"x\"")] {
            assert_eq!(Precondition::parse(header.as_bytes()).check(&order), Ok(()), "{header}");
        }
        for header in ["", "\"0-0\"", &format!("W/{current}"), current.trim_matches('"'), "\"*\""] {
            let problem = Precondition::parse(header.as_bytes()).check(&order).unwrap_err();
            assert_eq!((problem.kind, &problem.extensions["etag"]), (Kind::Stale, &current.clone().into()));
        }
        for header in ["\"ы\"".as_bytes(), b"\"\xff\"", b"\xff"] {
            assert_eq!(
                Precondition::parse(header).check(&order).unwrap_err().kind,
                Kind::Stale,
                "{header:?}"
            );
        }
    }
}
