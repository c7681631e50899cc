//! The merchant's own attributes of a product: a small JSON object of any shape.

use kernel::text::{LINES_RULE, ONE_LINE_RULE, is_lines, is_one_line};
use kernel::{FieldError, Problem};
use platform::http::MAX_FAULTS;
use serde::Serialize;
use serde_json::{Map, Value};

/// The most bytes that a product's attributes take when written as JSON: with the longest description they stay well
/// below the 400 KB of a DynamoDB item, and a full page of a batch read stays below its 16 MB.
pub const MAX_ATTRIBUTES_BYTES: usize = 8 * 1024;
/// The deepest nesting of objects and arrays; the attributes themselves are the first level.
pub const MAX_ATTRIBUTES_DEPTH: usize = 5;

/// From here on, in either direction, a float leaves whole numbers out: 2^53 (RFC 8259 section 6).
const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

/// A JSON object of at most [`MAX_ATTRIBUTES_BYTES`] and [`MAX_ATTRIBUTES_DEPTH`].
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Attributes(Map<String, Value>);

impl Attributes {
    /// Reads the member `/attributes` of a request.
    pub fn parse(members: Map<String, Value>) -> Result<Self, Problem> {
        let refuse = |detail: String| Err(Problem::invalid("/attributes", detail));
        let nested = members.values().map(depth).max().unwrap_or(0);
        if nested >= MAX_ATTRIBUTES_DEPTH {
            return refuse(format!("must be at most {MAX_ATTRIBUTES_DEPTH} levels deep"));
        }
        let mut errors = Vec::new();
        for (name, value) in &members {
            check_member("/attributes", name, value, &mut errors);
        }
        if !errors.is_empty() {
            errors.truncate(MAX_FAULTS);
            return Err(Problem::invalid_all(errors));
        }
        let attributes = Self(members);
        if attributes.to_json()?.len() > MAX_ATTRIBUTES_BYTES {
            return refuse(format!("must be at most {MAX_ATTRIBUTES_BYTES} bytes of JSON"));
        }
        Ok(attributes)
    }

    /// The object as JSON text. It is kept as text, because DynamoDB's numbers would not give every JSON number back as it
    /// was written.
    pub(crate) fn to_json(&self) -> Result<String, Problem> {
        serde_json::to_string(&self.0).map_err(Problem::internal)
    }

    /// Reads what [`Self::to_json`] wrote. Limits are not looked at: what was once taken stays readable.
    pub(crate) fn from_json(text: &str) -> Result<Self, Problem> {
        serde_json::from_str(text).map(Self).map_err(Problem::internal)
    }
}

/// Notes what is wrong with a member of the object at `pointer`: text may have line breaks and nothing else that no text may have, and the names of members
/// not even these. A number that is not kept as it was written is refused.
fn check_member(pointer: &str, name: &str, value: &Value, errors: &mut Vec<FieldError>) {
    let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
    if is_one_line(name) {
        check_value(&pointer, value, errors);
    } else {
        errors.push(FieldError { pointer, detail: ONE_LINE_RULE.to_owned() });
    }
}

fn check_value(pointer: &str, value: &Value, errors: &mut Vec<FieldError>) {
    let mut refuse = |detail: &str| {
        errors.push(FieldError { pointer: pointer.to_owned(), detail: detail.to_owned() });
    };
    match value {
        Value::String(text) if !is_lines(text) => refuse(LINES_RULE),
        Value::Number(number)
            if number.is_f64() && number.as_f64().is_none_or(|float| float.abs() >= EXACT_BELOW) =>
        {
            refuse("is a number that can't be kept exactly: send it as text");
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check_value(&format!("{pointer}/{index}"), item, errors);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                check_member(pointer, name, value, errors);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Levels of objects and arrays in `value`; 0 for what holds nothing.
fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return 0,
    };
    1 + inner.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(members) = value else { panic!("{value}") };
        members
    }

    #[test]
    fn five_levels_are_taken_and_six_are_not() {
        let five = json!({"a": {"b": [{"c": [1, "x", null]}]}});
        let six = json!({"a": {"b": [{"c": [[1]]}]}});
        assert!(Attributes::parse(object(five)).is_ok());
        assert_eq!(Attributes::parse(object(six)).unwrap_err().errors[0].pointer, "/attributes");
        assert!(Attributes::parse(object(json!({"a": {"b": [{"c": []}]}}))).is_ok());
        assert!(Attributes::parse(object(json!({"a": {"b": [{"c": [{}]}]}}))).is_err());
    }

    #[test]
    fn text_in_them_reads_as_what_it_says() {
        let bad = json!({
            "a": "x\u{202e}y", "b": [1, {"c/d": "\u{1b}[2J"}], "e\0": 1, "f": {"g\u{2028}": 1}, "h": 1e300, "i": -9.1e15, "j": 1.5, "k": i64::MAX,
        });
        let errors = Attributes::parse(object(bad)).unwrap_err().errors;
        let mut pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
        pointers.sort_unstable();
        let expected =
            ["a", "b/1/c~1d", "e\0", "f/g\u{2028}", "h", "i"].map(|name| format!("/attributes/{name}"));
        assert_eq!(pointers, expected);
        assert!(Attributes::parse(object(json!({"care": "wash\ndry"}))).is_ok());
    }

    #[test]
    fn the_size_that_counts_is_that_of_the_json() {
        let around = r#"{"a":""}"#.len();
        let fits = "x".repeat(MAX_ATTRIBUTES_BYTES - around);
        assert!(Attributes::parse(object(json!({"a": fits}))).is_ok());
        assert!(Attributes::parse(object(json!({"a": format!("{fits}x")}))).is_err());
        // A quotation mark takes two bytes in JSON.
        let quotes = "\"".repeat(MAX_ATTRIBUTES_BYTES / 2);
        assert!(Attributes::parse(object(json!({"a": quotes}))).is_err());
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(
            members in proptest::collection::btree_map("[ -~а-я☕]{0,8}", (any::<i64>(), "[ -~а-я☕\n]{0,12}", any::<bool>()), 0..6)
        ) {
            let members = members.into_iter().map(|(key, value)| (key, json!(value))).collect();
            let attributes = Attributes::parse(members).unwrap();
            prop_assert_eq!(Attributes::from_json(&attributes.to_json().unwrap()).unwrap(), attributes);
        }
    }
}
