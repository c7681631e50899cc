//! Inputs as text, so that a seed can be written and a finding can be read.
//!
//! ```text
//! place-order                     the function
//! ? limit=3&cursor=abc            the query string
//! @ id=42                         a path parameter
//! / /api/orders/42                the path
//! = {"PK": "ORDER#1", "SK": ...}  an item that reads return
//! content-type: application/json  a header
//!
//! the body, of any form
//! ```
//!
//! A line that is none of these is passed over, so that no input is wasted.

use serde_json::Value;

/// Separates the lines from the body.
const BLANK: &[u8] = b"\n\n";

/// An input.
#[derive(Debug, Default)]
pub struct Input<'a> {
    /// The first line.
    pub name: &'a str,
    /// The query string.
    pub query: Option<&'a str>,
    /// The path.
    pub path: Option<&'a str>,
    /// Path parameters.
    pub parameters: Vec<(&'a str, &'a str)>,
    /// Headers.
    pub headers: Vec<(&'a str, &'a str)>,
    /// Items that reads return.
    pub items: Vec<Value>,
    /// What follows the first blank line; `None` without one.
    pub body: Option<&'a [u8]>,
}

impl<'a> Input<'a> {
    /// Takes an input apart. `None` when what stands before its body is no UTF-8.
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let end = data.windows(BLANK.len()).position(|window| window == BLANK);
        let (head, body) = end.map_or((data, None), |end| (&data[..end], Some(&data[end + BLANK.len()..])));
        let mut lines = std::str::from_utf8(head).ok()?.split('\n');
        let mut input = Self { name: lines.next().unwrap_or_default(), body, ..Self::default() };
        for line in lines {
            match line.split_once(' ') {
                Some(("?", query)) => input.query = Some(query),
                Some(("/", path)) => input.path = Some(path),
                Some(("@", parameter)) => input.parameters.extend(parameter.split_once('=')),
                Some(("=", item)) => input.items.extend(serde_json::from_str::<Value>(item)),
                _ => input.headers.extend(line.split_once(": ")),
            }
        }
        Some(input)
    }

    /// The body as text; empty when it is no UTF-8.
    pub fn text(&self) -> &'a str {
        self.body.and_then(|body| std::str::from_utf8(body).ok()).unwrap_or_default()
    }
}

/// The one of `all` that `name` names; some other one, always the same, for a name that none has.
pub fn named<'a, T>(all: &'a [(&str, T)], name: &str) -> &'a T {
    let found = all.iter().find(|(known, _)| *known == name);
    let hash = name.bytes().fold(5_381_usize, |hash, byte| hash.wrapping_mul(33) ^ usize::from(byte));
    &found.unwrap_or(&all[hash % all.len()]).1
}
