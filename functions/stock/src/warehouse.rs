//! Names of warehouses.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

/// The longest name of a warehouse, in characters.
pub const MAX_WAREHOUSE_LENGTH: usize = 40;

/// A warehouse's name: 1 to [`MAX_WAREHOUSE_LENGTH`] lower-case letters of ASCII, digits or hyphens. It exists once it is named.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Warehouse(String);

impl FromStr for Warehouse {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=MAX_WAREHOUSE_LENGTH).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be 1 to 40 lower-case letters, digits or hyphens")
        }
    }
}

impl fmt::Display for Warehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Warehouse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warehouses_have_plain_names() {
        assert!("msk-1".parse::<Warehouse>().is_ok());
        for text in ["", "MSK", "a#b", "a b", "склад", &"x".repeat(41)] {
            assert!(text.parse::<Warehouse>().is_err(), "{text}");
        }
    }
}
