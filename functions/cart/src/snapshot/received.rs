//! A snapshot as it comes back.
//!
//! A signature is over a reading of a document, and an order is placed from a reading of it: they have to be the same one.
//! So the text is read once, into a [`Received`], and the signature is computed over the canonical form of just the value that
//! the order is then placed from; the text is never looked at again. What other readers could take for something else is
//! refused while reading, as I-JSON (RFC 7493) and with it RFC 8785 demand: an object that has a member twice, of which some
//! readers take the first and others the last, and an integer beyond 2^53-1, which some round and others don't.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

/// The largest integer that every reader of JSON reads exactly (RFC 7493 section 2.2).
const MAX_INTEGER: u64 = (1 << 53) - 1;

/// A JSON value that all readers read alike.
///
/// There is no way to it but deserialising, so that nothing comes by whose duplicates another parser has dropped.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    value: Value,
    /// The value as compact JSON with members in the order in which they came: what JavaScript's `JSON.stringify` writes of the same object.
    compact: String,
    /// The same without the value's own member `signature`; `None` where the value is no object.
    unsigned: Option<String>,
}

/// The member that a signature does not cover.
const SIGNATURE: &str = "signature";

impl Received {
    /// The value.
    pub fn as_value(&self) -> &Value {
        &self.value
    }

    /// The value without its member `signature`, as compact JSON with members in the order in which they came; `None` where it is no object.
    pub fn unsigned_as_sent(&self) -> Option<&str> {
        self.unsigned.as_deref()
    }

    /// A value without members. RFC 8785 writes these as `JSON.stringify` does.
    fn scalar<E: Error>(value: Value) -> Result<Self, E> {
        let compact = serde_json_canonicalizer::to_string(&value).map_err(E::custom)?;
        Ok(Self { value, compact, unsigned: None })
    }
}

impl<'de> Deserialize<'de> for Received {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneReading)
    }
}

struct OneReading;

impl<'de> Visitor<'de> for OneReading {
    type Value = Received;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Received, E> {
        Received::scalar(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Received, E> {
        Received::scalar(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Received, E> {
        if value > MAX_INTEGER { Err(inexact()) } else { Received::scalar(value.into()) }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Received, E> {
        if value.unsigned_abs() > MAX_INTEGER { Err(inexact()) } else { Received::scalar(value.into()) }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Received, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("must be a finite number"))?;
        Received::scalar(Value::Number(number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Received, E> {
        Received::scalar(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Received, E> {
        Received::scalar(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Received, A::Error> {
        let (mut values, mut texts) = (Vec::new(), Vec::new());
        while let Some(element) = elements.next_element::<Received>()? {
            values.push(element.value);
            texts.push(element.compact);
        }
        let compact = format!("[{}]", texts.join(","));
        Ok(Received { value: Value::Array(values), compact, unsigned: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Received, A::Error> {
        let (mut object, mut texts, mut unsigned) = (Map::new(), Vec::new(), Vec::new());
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            let member = members.next_value::<Received>()?;
            let key = serde_json_canonicalizer::to_string(&name).map_err(A::Error::custom)?;
            let text = format!("{key}:{}", member.compact);
            if name != SIGNATURE {
                unsigned.push(text.clone());
            }
            texts.push(text);
            object.insert(name, member.value);
        }
        let object_of = |members: &[String]| format!("{{{}}}", members.join(","));
        let (compact, unsigned) = (object_of(&texts), Some(object_of(&unsigned)));
        Ok(Received { value: Value::Object(object), compact, unsigned })
    }
}

fn inexact<E: Error>() -> E {
    E::custom("must be a number that a double holds exactly: at most 2^53-1 on either side of zero")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Received, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn what_has_one_reading_is_read_as_json_is() {
        for text in [
            "null",
            "true",
            "0",
            "-9007199254740991",
            "9007199254740991",
            "0.1",
            "1e300",
            r#""\ud83d\ude00""#,
            r#"{"a": [{"b": {}}, "ы"], "c": -0.0}"#,
        ] {
            assert_eq!(read(text).unwrap().value, serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn a_member_that_is_there_twice_is_refused_at_any_depth() {
        for text in [
            r#"{"a": 1, "a": 1}"#,
            r#"{"a": 1, "b": 2, "\u0061": 3}"#,
            r#"[{"x": {"y": [{"a": null, "a": null}]}}]"#,
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with("duplicate field `a`"), "{error}");
        }
        assert!(read(r#"{"a": {"a": 1}, "b": {"a": 1}, "A": 1}"#).is_ok());
    }

    #[test]
    fn integers_that_some_readers_round_are_refused() {
        for text in
            ["9007199254740992", "-9007199254740992", "[18446744073709551615]", "-9223372036854775808"]
        {
            assert!(read(text).unwrap_err().to_string().contains("2^53-1"), "{text}");
        }
    }

    #[test]
    fn the_order_of_members_is_kept_for_who_signed_it() {
        let sent = read(
            r#" {"b": 1.50, "a": [{"y": "\u00e9\n", "signature": 1, "x": null}], "signature": "00", "c": 1e21} "#,
        );
        let unsigned = r#"{"b":1.5,"a":[{"y":"é\n","signature":1,"x":null}],"c":1e+21}"#;
        assert_eq!(sent.unwrap().unsigned_as_sent(), Some(unsigned));
        assert_eq!(read("[]").unwrap().unsigned_as_sent(), None);
    }

    #[test]
    fn half_a_character_is_no_text() {
        assert!(read(r#""\ud800""#).is_err());
    }
}
