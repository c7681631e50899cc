//! Bodies into types, with an answer that names the member at fault.

use std::borrow::Cow;

use kernel::{FieldError, Kind, Problem};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use super::strict::{self, Step, Tree};
use super::{faults, unread};

/// The largest JSON body that is read, in bytes.
pub(super) const MAX_JSON_BODY: usize = 256 * 1024;
/// The largest form that is read, in bytes.
const MAX_FORM_BODY: usize = 16 * 1024;

/// Reads a JSON body, and makes of it what `then` does.
pub(super) fn parse_json<T: DeserializeOwned, U>(
    content_type: Option<&str>,
    body: &[u8],
    then: impl FnOnce(T) -> Result<U, Problem>,
) -> Result<U, Problem> {
    let is_json = |essence: &str| essence == "application/json" || essence.ends_with("+json");
    check(content_type, is_json, "application/json", body, MAX_JSON_BODY)?;
    read_json_as("body", body, then)
}

/// Reads `text`, which callers know as the `what`, as a JSON object of the shape `T`; all that does not fit is named by JSON
/// Pointers. It has one reading: no array stands for an object, no member is given twice, at any depth, and one that is `null` is left out.
pub fn read_json<T: DeserializeOwned>(what: &str, text: &[u8]) -> Result<T, Problem> {
    read_json_as(what, text, Ok)
}

/// As [`read_json`], and makes of the object what `then` does. `then` only checks: it is also called for what is left of an object with faults, so
/// that its own ([`Problem::invalid_all`]) are named beside them.
pub fn read_json_as<T: DeserializeOwned, U>(
    what: &str,
    text: &[u8],
    then: impl FnOnce(T) -> Result<U, Problem>,
) -> Result<U, Problem> {
    let (tree, found) = tree(what, text)?;
    faults::read(tree, found, then)
}

/// The tree of `text`, and what in it is beyond reading: something else stands there.
fn tree(what: &str, text: &[u8]) -> Result<(Tree, Vec<FieldError>), Problem> {
    if text.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::invalid("", "must be an object"));
    }
    let text = std::str::from_utf8(text).map_err(|error| not_utf8(what, text, error.valid_up_to()))?;
    let (mut text, mut found) = (Cow::Borrowed(text), Vec::<FieldError>::new());
    let mut readings = 0..faults::MAX_FAULTS;
    let tree = loop {
        let (pointer, error) = match parsed(&text) {
            Ok(tree) => break tree,
            Err(stopped) => stopped,
        };
        let Some(detail) = unread::what(&error) else { return Err(malformed(what, &error)) };
        if found.iter().all(|known| known.pointer != pointer) {
            found.push(FieldError { pointer, detail: detail.to_owned() });
        }
        match readings.next().and_then(|_| unread::passed_over(&text, &error)) {
            Some(rest) => text = Cow::Owned(rest),
            None => return Err(Problem::invalid_all(found)),
        }
    };
    match tree {
        Tree::Object(_) => Ok((tree, found)),
        _ => Err(Problem::invalid("", "must be an object")),
    }
}

/// The tree of `text`, or where reading stopped and why.
fn parsed(text: &str) -> Result<Tree, (String, serde_json::Error)> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let tree = serde_path_to_error::deserialize(&mut deserializer);
    let tree = tree.map_err(|error| (pointer(error.path()), error.into_inner()))?;
    deserializer.end().map_err(|error| (String::new(), error))?;
    Ok(tree)
}

/// Reads an `application/x-www-form-urlencoded` body.
pub(super) fn parse_form<T: DeserializeOwned>(content_type: Option<&str>, body: &[u8]) -> Result<T, Problem> {
    let essence = "application/x-www-form-urlencoded";
    check(content_type, |given| given == essence, essence, body, MAX_FORM_BODY)?;
    // Any bytes can be read as pairs of texts.
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).unwrap_or_default();
    faults::read(Tree::of_pairs(pairs), Vec::new(), Ok)
}

fn check(
    content_type: Option<&str>,
    accepted: impl Fn(&str) -> bool,
    wanted: &str,
    body: &[u8],
    limit: usize,
) -> Result<(), Problem> {
    if !essence(content_type).is_some_and(|essence| accepted(&essence)) {
        return Err(unsupported(wanted));
    }
    if body.len() > limit {
        return Err(too_large(limit));
    }
    Ok(())
}

/// A content type without its parameters, in lower case.
pub(super) fn essence(content_type: Option<&str>) -> Option<String> {
    content_type.and_then(|value| value.split(';').next()).map(|value| value.trim().to_ascii_lowercase())
}

/// The body is of another type than `wanted`.
pub(super) fn unsupported(wanted: &str) -> Problem {
    let detail = format!("The body has to be sent as Content-Type: {wanted}.");
    Problem::new(Kind::UnsupportedType, "unsupported_media_type", detail)
}

/// The body is larger than `limit` bytes.
pub(super) fn too_large(limit: usize) -> Problem {
    Problem::new(Kind::TooLarge, "body_too_large", format!("The body is larger than {limit} bytes."))
}

fn malformed(what: &str, error: &serde_json::Error) -> Problem {
    let detail = format!("The {what} is not JSON: line {}, column {}.", error.line(), error.column());
    Problem::new(Kind::Malformed, "malformed_body", detail).with_internal_detail(error)
}

/// The text is not UTF-8 from the byte `at` on.
fn not_utf8(what: &str, text: &[u8], at: usize) -> Problem {
    let lines: Vec<&[u8]> = text[..at].split(|byte| *byte == b'\n').collect();
    let line = lines.len();
    let column = 1 + lines.last().map_or(0, |before| String::from_utf8_lossy(before).chars().count());
    let detail = format!("The {what} is not UTF-8: line {line}, column {column}. Send it as UTF-8.");
    Problem::new(Kind::Malformed, "malformed_body", detail)
}

/// A JSON Pointer (RFC 6901) to where reading stopped.
fn pointer(path: &Path) -> String {
    let steps: Vec<Step> = path
        .iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(Step::Element(*index)),
            Segment::Map { key } => Some(Step::Member(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect();
    strict::pointer(&steps)
}

#[cfg(test)]
mod tests {
    use kernel::{Quantity, Sku};
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Order {
        #[serde(rename = "items")]
        _items: Vec<Line>,
        #[serde(rename = "firstName")]
        _first_name: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Line {
        #[serde(rename = "sku")]
        _sku: Sku,
        #[serde(rename = "quantity")]
        _quantity: Quantity,
    }

    fn problem(body: &str) -> Problem {
        parse(Some("application/json; charset=utf-8"), body.as_bytes()).unwrap_err()
    }

    fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Order, Problem> {
        parse_json(content_type, body, Ok)
    }

    #[test]
    fn the_member_at_fault_is_named() {
        let cases = [
            (r#"{"items": []}"#, "/firstName", "is required"),
            (r#"{"items": [{"sku": "a"}], "firstName": "A"}"#, "/items/0/quantity", "is required"),
            (r#"{"items": [], "firstName": null}"#, "/firstName", "is required"),
            (
                r#"{"items": [{"sku": "a b", "quantity": 1}], "firstName": "A"}"#,
                "/items/0/sku",
                kernel::sku::SKU_RULE,
            ),
            (
                r#"{"items": [{"sku": "a", "quantity": 0}], "firstName": "A"}"#,
                "/items/0/quantity",
                "must be a whole number from 1 to 65535",
            ),
            (
                r#"{"items": [{"sku": "a", "quantity": "1"}], "firstName": "A"}"#,
                "/items/0/quantity",
                "must be a whole number",
            ),
            (r#"{"items": {}, "firstName": "A"}"#, "/items", "must be an array"),
            (r#"{"items": [7], "firstName": "A"}"#, "/items/0", "must be an object"),
            (r#"{"items": [[]], "firstName": "A"}"#, "/items/0", "must be an object"),
            (r#"[[], "A"]"#, "", "must be an object"),
            (r#"{"items": [], "firstName": "A", "items": []}"#, "/items", "is given twice"),
            (r#"{"items": [], "firstName": "A", "a/b": 1}"#, "/a~1b", "is not a member of this body"),
            (
                r#"{"items": [], "firstName": "A", "a`b at line 1": 1}"#,
                "/a`b at line 1",
                "is not a member of this body",
            ),
        ];
        for (body, pointer, detail) in cases {
            let problem = problem(body);
            assert_eq!(problem.kind, Kind::Invalid, "{body}");
            assert_eq!(
                problem.errors,
                [FieldError { pointer: pointer.to_owned(), detail: detail.to_owned() }],
                "{body}"
            );
        }
    }

    #[test]
    fn what_is_json_and_beyond_reading_is_named() {
        let half = "must be Unicode: it has half a character in it";
        let cases = [
            (r#"{"items": [], "firstName": "\ud800"}"#, "/firstName", half),
            (r#"{"items": [], "firstName": "\udc00\ud800"}"#, "/firstName", half),
            (r#"{"items": [], "firstName": "\ud800\u0041"}"#, "/firstName", half),
            (
                r#"{"items": [{"sku": "a", "quantity": 1e999}], "firstName": "A"}"#,
                "/items/0/quantity",
                "is a number beyond all that are read",
            ),
            (
                r#"{"items": [{"sku": "a", "quantity": 1.0}], "firstName": "A"}"#,
                "/items/0/quantity",
                "must be a whole number",
            ),
            (
                r#"{"items": [{"sku": "a", "quantity": 1e2}], "firstName": "A"}"#,
                "/items/0/quantity",
                "must be a whole number",
            ),
            (
                r#"{"items": [{"sku": "a", "quantity": 18446744073709551616}], "firstName": "A"}"#,
                "/items/0/quantity",
                "must be a whole number",
            ),
        ];
        for (body, pointer, detail) in cases {
            let errors = problem(body).errors;
            assert_eq!(
                errors,
                [FieldError { pointer: pointer.to_owned(), detail: detail.to_owned() }],
                "{body}"
            );
        }
    }

    #[test]
    fn what_is_beyond_reading_hides_no_other_fault() {
        let body = r#"{"items": [{"sku": "\ud800", "quantity": -1e999}, {"sku": "\\ud800"}], "x": "a\uDC00", "y": "\ud83d\ude00", "lastName": [1E400]}"#;
        let pointers: Vec<_> = problem(body).errors.into_iter().map(|error| error.pointer).collect();
        let expected = [
            "/items/0/sku",
            "/items/0/quantity",
            "/x",
            "/lastName/0",
            "/items/1/sku",
            "/items/1/quantity",
            "/y",
            "/firstName",
        ];
        assert_eq!(pointers, expected);
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for body in ["", "{", "\u{feff}{}", "nope", r#"{"firstName": "\ud8"}"#, "{\"firstName\": \"\0\"}"] {
            assert_eq!(problem(body).kind, Kind::Malformed, "{body}");
        }
        let trailing = read_json::<serde_json::Value>("body", b"{} []").unwrap_err();
        assert_eq!(trailing.kind, Kind::Malformed);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_found_by_line_and_column() {
        let cp1251 = b"{\n  \"firstName\": \"\xd0\x90\xd7\xe0\xe9\"}";
        let problem = parse(Some("application/json"), cp1251).unwrap_err();
        assert_eq!((problem.kind, problem.code), (Kind::Malformed, "malformed_body"));
        assert_eq!(problem.detail, "The body is not UTF-8: line 2, column 18. Send it as UTF-8.");
    }

    #[test]
    fn a_form_is_held_to_the_rules_of_a_body() {
        #[derive(Debug, Deserialize)]
        struct Form {
            #[serde(rename = "a")]
            _a: Option<String>,
            #[serde(rename = "b")]
            _b: String,
        }
        let read = |text: &str| {
            parse_form::<Form>(Some("application/x-www-form-urlencoded"), text.as_bytes())
                .map_err(|problem| problem.errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>())
        };
        assert!(read("b=%D0%B9&c=1").is_ok());
        assert_eq!(read("").unwrap_err(), ["/b"]);
        assert_eq!(read("a=1&a=1&x=1&x=2").unwrap_err(), ["/a", "/x", "/b"]);
        assert_eq!(read("b=%E9").unwrap_err(), ["/b"], "no UTF-8");
    }

    #[test]
    fn other_types_and_sizes_are_refused() {
        assert_eq!(parse(None, b"{}").unwrap_err().kind, Kind::UnsupportedType);
        assert_eq!(parse(Some("text/plain"), b"{}").unwrap_err().kind, Kind::UnsupportedType);
        let large = vec![b' '; MAX_JSON_BODY + 1];
        assert_eq!(parse(Some("application/json"), &large).unwrap_err().kind, Kind::TooLarge);
    }
}
