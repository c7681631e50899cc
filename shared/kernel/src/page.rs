//! Lists in pages: a limit, an opaque cursor, and the answer's shape.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::decimal::decimal;
use crate::problem::Problem;

/// The most items on one page.
pub const MAX_LIMIT: u32 = 100;
/// Items on a page when the caller names no limit.
pub const DEFAULT_LIMIT: u32 = 20;
/// The longest cursor that is looked at, in characters. The longest position is that in a search, a word of a product's name of 200 letters
/// of four bytes with a SKU, which makes about 1,190.
const MAX_CURSOR_LENGTH: usize = 2_048;

/// The most items on a page: 1 to [`MAX_LIMIT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    /// Reads the query parameter `limit`.
    pub fn parse(text: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = text else { return Ok(Self(DEFAULT_LIMIT)) };
        match decimal(text).and_then(|count| u32::try_from(count).ok()) {
            Some(count) if (1..=MAX_LIMIT).contains(&count) => Ok(Self(count)),
            _ => Err(Problem::invalid_parameter(
                "limit",
                format!("must be a whole number from 1 to {MAX_LIMIT}"),
            )),
        }
    }

    /// The limit for a caller that requests `count` items, at most as many as a page holds.
    pub fn at_most(count: usize) -> Self {
        Self(u32::try_from(count).unwrap_or(MAX_LIMIT).clamp(1, MAX_LIMIT))
    }

    /// The number of items.
    pub fn get(self) -> u32 {
        self.0
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Asks for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// The position at which the next page of a list begins.
///
/// It holds a position *within* one list and never the list's own key: the partition that is read is made from the
/// authenticated caller and the request alone. A forged cursor can therefore move its sender about in the list they may
/// read anyway, and in no other. The list's fingerprint keeps a cursor of one list, or of the same list with other
/// filters, from being taken for one of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

/// The query parameter `cursor` as far as it is read without the list that it is for: it has the form of one, or is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedCursor(Option<Sealed>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sealed {
    #[serde(rename = "l")]
    list: String,
    #[serde(rename = "p")]
    position: String,
}

impl Cursor {
    /// The position after the last item read.
    pub fn after(position: impl Into<String>) -> Self {
        Self(position.into())
    }

    /// The position.
    pub fn position(&self) -> &str {
        &self.0
    }

    /// The text a client carries; `list` names the list, its owner and its filters.
    pub fn encode(&self, list: &str) -> String {
        let sealed = Sealed { list: fingerprint(list), position: self.0.clone() };
        // A struct of two strings always serialises.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&sealed).unwrap_or_default())
    }
}

impl EncodedCursor {
    /// Reads the query parameter `cursor`.
    pub fn read(text: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = text else { return Ok(Self(None)) };
        let bytes = (text.len() <= MAX_CURSOR_LENGTH).then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten();
        let sealed = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        sealed.map(|sealed| Self(Some(sealed))).ok_or_else(refused)
    }

    /// The position, if there is one; the cursor has to come from this `list`.
    pub fn decode(self, list: &str) -> Result<Option<Cursor>, Problem> {
        let Some(Sealed { list: sealed, position }) = self.0 else { return Ok(None) };
        if sealed != fingerprint(list) || position.is_empty() {
            return Err(refused());
        }
        Ok(Some(Cursor(position)))
    }
}

fn refused() -> Problem {
    Problem::invalid_parameter("cursor", "is not a cursor of this list")
}

/// The first 72 bits of the list's SHA-256: enough to tell lists apart, short enough for a URL.
fn fingerprint(list: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(list)[..9])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_returns_to_its_own_list_only() {
        let sealed = Cursor::after("ORDER#7").encode("orders/user-1/status=paid");
        let open = |list| EncodedCursor::read(Some(&sealed)).unwrap().decode(list);
        assert_eq!(open("orders/user-1/status=paid").unwrap().unwrap().position(), "ORDER#7");
        assert!(open("orders/user-2/status=paid").is_err());
        assert!(open("orders/user-1/").is_err());
        assert_eq!(EncodedCursor::read(None).unwrap().decode("list"), Ok(None));
    }

    #[test]
    fn nonsense_is_refused_and_named() {
        for text in ["", "%%%", "bm9wZQ", &"A".repeat(3_000)] {
            let problem = EncodedCursor::read(Some(text)).unwrap_err();
            assert_eq!(problem.errors[0].pointer, "/query/cursor", "{text}");
        }
    }

    #[test]
    fn limits_have_edges() {
        assert_eq!(Limit::parse(None).unwrap().get(), 20);
        assert_eq!(Limit::parse(Some("100")).unwrap().get(), 100);
        for text in ["0", "101", "-1", "ten", "1.5", "", "+5", "007", " 5", "5 ", "1e1", "٣"] {
            assert!(Limit::parse(Some(text)).is_err(), "{text}");
        }
    }
}
