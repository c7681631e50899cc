//! The content that two bodies must share to be the same request. Pure.

use serde_json::{Number, Value};

use crate::http::Request;

/// Floats below this, in either direction, hold whole numbers exactly: 2^53.
const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

/// The value of the request's body: JSON in one form, regardless of the order of members, white space and the spelling of numbers, and without the
/// members that are `null`; or the bytes of a body that is no JSON. A body that is empty or `null` is an object without members, as routes read it.
/// No route with a key takes data whose `null` means something.
pub(super) fn request_value(request: &Request) -> Vec<u8> {
    if matches!(request.body().trim_ascii(), b"" | b"null") {
        return b"{}".to_vec();
    }
    let value = serde_json::from_slice(request.body()).map(canonical);
    value.and_then(|value| serde_json::to_vec(&value)).unwrap_or_else(|_| request.body().to_vec())
}

/// `value` with members in one order, whether or not this build's JSON keeps another, and numbers in one form.
fn canonical(value: Value) -> Value {
    let mut value = normal(value);
    value.sort_all_objects();
    value
}

/// `value` without members that are `null`, and with numbers in one form: whole ones as integers, `1.0` and `1e0` too.
fn normal(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(whole(&number).unwrap_or(number)),
        Value::Array(items) => items.into_iter().map(normal).collect(),
        Value::Object(members) => {
            let given = members.into_iter().filter(|(_, value)| !value.is_null());
            given.map(|(name, value)| (name, normal(value))).collect()
        }
        value => value,
    }
}

/// `number` as an integer, if it was written otherwise and is one that a float holds exactly.
fn whole(number: &Number) -> Option<Number> {
    let is_whole = |float: &f64| number.is_f64() && float.fract() == 0.0 && float.abs() < EXACT_BELOW;
    let float = number.as_f64().filter(is_whole)?;
    format!("{float:.0}").parse::<i64>().ok().map(Number::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_and_not_the_way_of_writing_them() {
        let same = |one: &str, other: &str| {
            let form =
                |text: &str| serde_json::to_vec(&canonical(serde_json::from_str(text).unwrap())).unwrap();
            form(one) == form(other)
        };
        assert!(same(r#"{"a": 1, "b": [1.0, {"c": 2, "d": 3}]}"#, r#"{"b":[1,{"d":3.0,"c":2e0}],"a":1}"#));
        assert!(same(r#"{"a": "\u0041"}"#, r#"{"a": "A"}"#));
        assert!(same(r#"{"a": null, "b": [{"c": null}]}"#, r#"{"b": [{}]}"#), "null is left out");
        for (one, other) in [
            (r#"{"a": 1}"#, r#"{"a": "1"}"#),
            (r#"{"a": [1, 2]}"#, r#"{"a": [2, 1]}"#),
            (r#"{"a": 9007199254740993}"#, r#"{"a": 9007199254740992}"#),
            (r#"{"a": 1.5}"#, r#"{"a": 1}"#),
            (r#"{"a": [null]}"#, r#"{"a": []}"#),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }
}
