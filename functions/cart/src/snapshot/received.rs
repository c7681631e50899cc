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
pub struct Received(Value);

impl Received {
    /// The value.
    pub fn as_value(&self) -> &Value {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Received {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneReading).map(Self)
    }
}

struct OneReading;

impl<'de> Visitor<'de> for OneReading {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        if value > MAX_INTEGER { Err(inexact()) } else { Ok(value.into()) }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > MAX_INTEGER { Err(inexact()) } else { Ok(value.into()) }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("must be a finite number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Received(value)) = elements.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            let Received(value) = members.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
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
            assert_eq!(read(text).unwrap().0, serde_json::from_str::<Value>(text).unwrap(), "{text}");
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
    fn half_a_character_is_no_text() {
        assert!(read(r#""\ud800""#).is_err());
    }
}
