//! Bodies into types, with an answer that names the member at fault.

use kernel::{FieldError, Kind, Problem};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use super::strict::Strict;

/// The largest JSON body that is read, in bytes.
pub(super) const MAX_JSON_BODY: usize = 256 * 1024;
/// The largest form that is read, in bytes.
const MAX_FORM_BODY: usize = 16 * 1024;

/// Reads a JSON body.
pub(super) fn parse_json<T: DeserializeOwned>(content_type: Option<&str>, body: &[u8]) -> Result<T, Problem> {
    let is_json = |essence: &str| essence == "application/json" || essence.ends_with("+json");
    check(content_type, is_json, "application/json", body, MAX_JSON_BODY)?;
    read_json("body", body)
}

/// Reads `text`, which callers know as the `what`, as a JSON object of the shape `T`; what does not fit is named by its JSON
/// Pointer. It has one reading: no array stands for an object, and no member is given twice, at whatever depth.
pub fn read_json<T: DeserializeOwned>(what: &str, text: &[u8]) -> Result<T, Problem> {
    if text.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::invalid("", "must be an object"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(Strict(&mut deserializer)).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            let (pointer, detail) = explain(&pointer, &inner.to_string());
            return Problem::invalid_all(vec![FieldError { pointer, detail }]);
        }
        match beyond_reading(&inner.to_string()) {
            Some(detail) => Problem::invalid(&pointer, detail),
            None => malformed(what, &inner),
        }
    })?;
    deserializer.end().map_err(|error| malformed(what, &error))?;
    Ok(value)
}

/// Reads an `application/x-www-form-urlencoded` body.
pub(super) fn parse_form<T: DeserializeOwned>(content_type: Option<&str>, body: &[u8]) -> Result<T, Problem> {
    let essence = "application/x-www-form-urlencoded";
    check(content_type, |given| given == essence, essence, body, MAX_FORM_BODY)?;
    serde_urlencoded::from_bytes(body).map_err(|error| {
        let (pointer, detail) = explain("", &error.to_string());
        Problem::invalid_all(vec![FieldError { pointer, detail }])
    })
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
    Problem::new(Kind::Malformed, "malformed_body", detail).because(error)
}

/// What is wrong with a member that is written as JSON is and that is not read for what it holds. For those who write JSON it is no fault of
/// syntax, though the parser calls it one.
fn beyond_reading(message: &str) -> Option<&'static str> {
    let known = [
        ("recursion limit exceeded", "is nested too deep"),
        ("number out of range", "is a number beyond all that are read"),
        ("lone leading surrogate in hex escape", "must be Unicode: it has half a character in it"),
        ("unexpected end of hex escape", "must be Unicode: it has half a character in it"),
    ];
    known.into_iter().find_map(|(beginning, detail)| message.starts_with(beginning).then_some(detail))
}

/// A JSON Pointer (RFC 6901) to where reading stopped.
fn pointer(path: &Path) -> String {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", escape(key))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Serde's sentence in the caller's terms: the member itself instead of the object around it, and no name of ours.
fn explain(pointer: &str, message: &str) -> (String, String) {
    let message = message.split(" at line ").next().unwrap_or(message);
    let quoted = || message.split('`').nth(1).unwrap_or_default();
    if message.starts_with("missing field") {
        return (format!("{pointer}/{}", escape(quoted())), "is required".to_owned());
    }
    if message.starts_with("unknown field") {
        // The path ends in the member.
        return (pointer.to_owned(), "is not a member of this body".to_owned());
    }
    // A member that has two names, under both of them.
    if message.starts_with("duplicate field") {
        return (format!("{pointer}/{}", escape(quoted())), "is given twice".to_owned());
    }
    let wrong_type = ["invalid type: ", "invalid value: ", "invalid length "]
        .into_iter()
        .find_map(|prefix| message.strip_prefix(prefix));
    let detail = match wrong_type.and_then(|rest| rest.split_once(", expected ")) {
        None => message.to_owned(),
        Some((_, expected)) => format!("must be {}", plain(expected)),
    };
    (pointer.to_owned(), detail)
}

/// What serde expects, without the names of our types.
fn plain(expected: &str) -> &str {
    match expected {
        "i64" | "u64" | "i32" | "u32" | "u16" | "u8" => "a whole number",
        "a map" => "an object",
        "a sequence" => "an array",
        other if other.starts_with("enum ") => "a string",
        other if other.starts_with("struct ") || other.starts_with("internally tagged") => "an object",
        other if other.starts_with("tuple") || other.starts_with("a sequence") => "an array",
        other => other,
    }
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
        parse_json::<Order>(Some("application/json; charset=utf-8"), body.as_bytes()).unwrap_err()
    }

    #[test]
    fn the_member_at_fault_is_named() {
        let cases = [
            (r#"{"items": []}"#, "/firstName", "is required"),
            (r#"{"items": [{"sku": "a"}], "firstName": "A"}"#, "/items/0/quantity", "is required"),
            (r#"{"items": [{"sku": "a b", "quantity": 1}]}"#, "/items/0/sku", kernel::sku::SKU_RULE),
            (
                r#"{"items": [{"sku": "a", "quantity": 0}]}"#,
                "/items/0/quantity",
                "must be a whole number from 1 to 65535",
            ),
            (r#"{"items": [{"sku": "a", "quantity": "1"}]}"#, "/items/0/quantity", "must be a whole number"),
            (r#"{"items": {}, "firstName": "A"}"#, "/items", "must be an array"),
            (r#"{"items": [7], "firstName": "A"}"#, "/items/0", "must be an object"),
            (r#"{"items": [[]], "firstName": "A"}"#, "/items/0", "must be an object"),
            (r#"[[], "A"]"#, "", "must be an object"),
            (r#"{"items": [], "items": []}"#, "/items", "is given twice"),
            (r#"{"items": [], "firstName": "A", "a/b": 1}"#, "/a~1b", "is not a member of this body"),
            (r#"{"items": [], "a`b at line 1": 1}"#, "/a`b at line 1", "is not a member of this body"),
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
                r#"{"items": [{"sku": "a", "quantity": 1e999}]}"#,
                "/items/0/quantity",
                "is a number beyond all that are read",
            ),
            (r#"{"items": [{"sku": "a", "quantity": 1.0}]}"#, "/items/0/quantity", "must be a whole number"),
            (r#"{"items": [{"sku": "a", "quantity": 1e2}]}"#, "/items/0/quantity", "must be a whole number"),
            (
                r#"{"items": [{"sku": "a", "quantity": 18446744073709551616}]}"#,
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
    fn what_is_not_json_is_malformed() {
        for body in ["", "{", "\u{feff}{}", "nope", r#"{"firstName": "\ud8"}"#, "{\"firstName\": \"\0\"}"] {
            assert_eq!(problem(body).kind, Kind::Malformed, "{body}");
        }
        let not_text =
            parse_json::<Order>(Some("application/json"), b"{\"firstName\": \"\xff\"}").unwrap_err();
        assert_eq!(not_text.kind, Kind::Malformed);
        let trailing = parse_json::<serde_json::Value>(Some("application/json"), b"{} []").unwrap_err();
        assert_eq!(trailing.kind, Kind::Malformed);
    }

    #[test]
    fn other_types_and_sizes_are_refused() {
        assert_eq!(parse_json::<Order>(None, b"{}").unwrap_err().kind, Kind::UnsupportedType);
        assert_eq!(parse_json::<Order>(Some("text/plain"), b"{}").unwrap_err().kind, Kind::UnsupportedType);
        let large = vec![b' '; MAX_JSON_BODY + 1];
        assert_eq!(parse_json::<Order>(Some("application/json"), &large).unwrap_err().kind, Kind::TooLarge);
    }
}
