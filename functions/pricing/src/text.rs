//! Names that settings and baskets refer to each other by. Each has one form.

use std::fmt;
use std::str::FromStr;

use kernel::text::{cleaned, is_one_line};
use serde::{Deserialize, Deserializer, Serialize, de};

/// The longest id of a setting, in characters.
pub const MAX_SETTING_ID_LENGTH: usize = 64;
/// The longest tax category, in characters.
pub const MAX_TAX_CATEGORY_LENGTH: usize = 40;
/// The longest promotion code, in characters.
pub const MAX_CODE_LENGTH: usize = 40;
/// The longest name of a product category, in characters.
pub const MAX_CATEGORY_LENGTH: usize = 100;

/// A text breaks the rule of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadText(pub(crate) String);

impl fmt::Display for BadText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadText {}

/// A text that a customer sent, in a form that a problem can show: cleaned, and not longer than an id.
pub(crate) fn shown(text: &str) -> String {
    cleaned(text.trim()).chars().take(MAX_SETTING_ID_LENGTH).collect()
}

/// Declares a text type whose values were read by its `FromStr`.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}
pub(crate) use text_type;

text_type! {
    /// The id of a shipping method, a tax rate or a promotion: 1 to [`MAX_SETTING_ID_LENGTH`] letters, digits, `_` or `-` of ASCII.
    SettingId
}

text_type! {
    /// The tax category of a product: 1 to [`MAX_TAX_CATEGORY_LENGTH`] lower-case letters, digits, `_` or `-` of ASCII.
    TaxCategory
}

text_type! {
    /// A promotion code in its one form: trimmed and in upper case.
    PromotionCode
}

text_type! {
    /// The category of a product, as the catalog names it; compared exactly.
    Category
}

impl FromStr for SettingId {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if (1..=MAX_SETTING_ID_LENGTH).contains(&text.len()) && text.bytes().all(allowed) {
            return Ok(Self(text.to_owned()));
        }
        Err(BadText(format!("must be 1 to {MAX_SETTING_ID_LENGTH} letters, digits, underscores or hyphens")))
    }
}

impl TaxCategory {
    /// The category of goods that name none, and of those whose category has no rate at a destination.
    pub fn standard() -> Self {
        Self("standard".to_owned())
    }

    /// The category of shipping.
    pub fn shipping() -> Self {
        Self("shipping".to_owned())
    }
}

impl FromStr for TaxCategory {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
        if (1..=MAX_TAX_CATEGORY_LENGTH).contains(&text.len()) && text.bytes().all(allowed) {
            return Ok(Self(text.to_owned()));
        }
        let rule = format!(
            "must be 1 to {MAX_TAX_CATEGORY_LENGTH} lower-case letters, digits, underscores or hyphens"
        );
        Err(BadText(rule))
    }
}

impl FromStr for PromotionCode {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let code = text.trim().to_uppercase();
        let allowed = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
        if (1..=MAX_CODE_LENGTH).contains(&code.chars().count()) && code.chars().all(allowed) {
            return Ok(Self(code));
        }
        Err(BadText(format!("must be 1 to {MAX_CODE_LENGTH} letters, digits, underscores, hyphens or dots")))
    }
}

impl FromStr for Category {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let fits = (1..=MAX_CATEGORY_LENGTH).contains(&text.chars().count());
        if fits && is_one_line(text) && text.trim() == text {
            return Ok(Self(text.to_owned()));
        }
        let rule =
            format!("must be 1 to {MAX_CATEGORY_LENGTH} characters on one line, without spaces at its ends");
        Err(BadText(rule))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_compared_trimmed_and_in_any_case() {
        let code: PromotionCode = "SPRING-10".parse().unwrap();
        for spelling in ["spring-10", "  Spring-10 ", "\tSPRING-10\n", "\u{a0}sPRING-10"] {
            assert_eq!(spelling.parse(), Ok(code.clone()), "{spelling:?}");
        }
        assert_eq!("весна".parse::<PromotionCode>().unwrap().as_str(), "ВЕСНА");
        for text in ["", "  ", "TWO WORDS", "A\u{202e}B", "50%", &"X".repeat(MAX_CODE_LENGTH + 1)] {
            assert!(text.parse::<PromotionCode>().is_err(), "{text:?}");
        }
        assert!("X".repeat(MAX_CODE_LENGTH).parse::<PromotionCode>().is_ok());
    }

    #[test]
    fn ids_and_categories_have_edges() {
        assert!("a".repeat(MAX_SETTING_ID_LENGTH).parse::<SettingId>().is_ok());
        for text in ["", "a/b", "a b", "ы", &"a".repeat(MAX_SETTING_ID_LENGTH + 1)] {
            assert!(text.parse::<SettingId>().is_err(), "{text:?}");
        }
        assert!("x".repeat(MAX_TAX_CATEGORY_LENGTH).parse::<TaxCategory>().is_ok());
        for text in ["", "Standard", "a b", &"x".repeat(MAX_TAX_CATEGORY_LENGTH + 1)] {
            assert!(text.parse::<TaxCategory>().is_err(), "{text:?}");
        }
        assert!("Книги".repeat(MAX_CATEGORY_LENGTH / 5).parse::<Category>().is_ok());
        for text in ["", " books", "books\n", &"x".repeat(MAX_CATEGORY_LENGTH + 1)] {
            assert!(text.parse::<Category>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_code_has_one_form(text in r"\PC{0,12}|[ a-zA-Zß-ſ_.-]{1,12}") {
            if let Ok(code) = text.parse::<PromotionCode>() {
                prop_assert_eq!(code.as_str().parse::<PromotionCode>(), Ok(code.clone()));
                prop_assert_eq!(code.as_str(), text.trim().to_uppercase());
                prop_assert_eq!(format!(" {text}\t").parse::<PromotionCode>(), Ok(code));
            }
        }
    }
}
