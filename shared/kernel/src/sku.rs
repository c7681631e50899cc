//! The key of a product.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

/// The longest SKU, in characters.
pub const MAX_SKU_LENGTH: usize = 64;
/// Decimal digits that the sort key of a numeric SKU is padded to: enough for any that is at most
/// [`MAX_SKU_LENGTH`] long.
const SORT_DIGITS: usize = MAX_SKU_LENGTH;

/// A stock keeping unit: 1 to [`MAX_SKU_LENGTH`] letters, digits, `.`, `_` or `-`, letters of ASCII only,
/// so that it travels in a path without escaping.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("minLength" = 1, "maxLength" = MAX_SKU_LENGTH))]
pub struct Sku(String);

/// The rule that is returned for a refused SKU.
pub const SKU_RULE: &str = "must be 1 to 64 letters, digits, dots, underscores or hyphens";

impl Sku {
    /// The SKU as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A key that sorts numeric SKUs by their number, before all others in the order of their text.
    pub fn sort_key(&self) -> String {
        if self.0.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("0#{:0>SORT_DIGITS$}", self.0)
        } else {
            format!("1#{}", self.0)
        }
    }

    /// The sort key of a listing index: as [`Self::sort_key`], and with the SKU at the end. SKUs such as `7` and `007` are different
    /// products of the same value; the end gives them an order too, so that no page skips one of them.
    pub fn listing_sort(&self) -> String {
        format!("{}#{self}", self.sort_key())
    }
}

/// The text is not a SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotASku;

impl fmt::Display for NotASku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SKU_RULE)
    }
}

impl FromStr for Sku {
    type Err = NotASku;

    fn from_str(text: &str) -> Result<Self, NotASku> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        // A path segment of dots alone is folded away by HTTP clients (RFC 3986 section 5.2.4).
        let only_dots = text.bytes().all(|byte| byte == b'.');
        if (1..=MAX_SKU_LENGTH).contains(&text.len()) && text.bytes().all(allowed) && !only_dots {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotASku)
        }
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Sku {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_sort_by_value_and_before_words(a: u32, b: u32, word in "[a-z][a-z0-9]{0,20}") {
            let (left, right): (Sku, Sku) = (a.to_string().parse().unwrap(), b.to_string().parse().unwrap());
            prop_assert_eq!(left.sort_key().cmp(&right.sort_key()), a.cmp(&b));
            let word: Sku = word.parse().unwrap();
            prop_assert!(left.sort_key() < word.sort_key());
        }

        #[test]
        fn the_suffix_of_a_listing_leaves_the_order_of_the_sort_key_alone(
            left in "[0-9]{1,6}|[A-Za-z0-9._-]{1,6}x", right in "[0-9]{1,6}|[A-Za-z0-9._-]{1,6}x",
        ) {
            let (left, right): (Sku, Sku) = (left.parse().unwrap(), right.parse().unwrap());
            let by_key = left.sort_key().cmp(&right.sort_key());
            let by_listing = left.listing_sort().cmp(&right.listing_sort());
            prop_assert_eq!(by_listing, by_key.then_with(|| left.cmp(&right)));
        }
    }

    #[test]
    fn refuses_what_a_path_cannot_carry() {
        for text in ["", "a b", "a/b", "..", ".", "ы", "a#b", &"x".repeat(65)] {
            assert!(text.parse::<Sku>().is_err(), "{text}");
        }
    }
}
