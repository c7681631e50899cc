//! Payment methods. Card numbers are never accepted: only tokens.

use std::fmt;

use identity::contact::Phone;
use serde::{Deserialize, Serialize};

/// The longest token that stands for a card, in characters.
pub const MAX_CARD_TOKEN: usize = 512;

/// A payment method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Method {
    /// Any method that the provider's page offers.
    Page,
    /// A card.
    Card,
    /// A phone number's balance.
    Phone,
    /// Money that was received outside of this system: no provider knows of it.
    External,
}

impl Method {
    /// True when beginning such a payment takes money without the payer agreeing to it on another page.
    pub fn charges_at_once(self) -> bool {
        match self {
            Self::Card | Self::Phone => true,
            Self::Page | Self::External => false,
        }
    }

    /// The name that clients see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Card => "card",
            Self::Phone => "phone",
            Self::External => "external",
        }
    }
}

/// The payer's instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Instrument {
    /// Any instrument that the provider's page offers.
    Page,
    /// A card.
    Card(CardToken),
    /// A phone number's balance.
    Phone(PhoneNumber),
}

impl Instrument {
    /// The payment method of the instrument.
    pub fn method(&self) -> Method {
        match self {
            Self::Page => Method::Page,
            Self::Card(_) => Method::Card,
            Self::Phone(_) => Method::Phone,
        }
    }
}

/// Stands for a card; made by the provider in the payer's browser. It never shows in a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CardToken(String);

impl CardToken {
    /// The token, when it is 1 to [`MAX_CARD_TOKEN`] visible ASCII characters and not a card's number.
    pub fn parse(text: &str) -> Option<Self> {
        let fits =
            (1..=MAX_CARD_TOKEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        let is_card_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        (fits && !is_card_number).then(|| Self(text.to_owned()))
    }

    /// The token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CardToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardToken(..)")
    }
}

/// A phone number as digits with the country's code. It never shows in a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads a phone number as accounts have them, by the numbering plan of its country: `8 912 ...` and `912 ...` are Russian.
    pub fn parse(text: &str) -> Option<Self> {
        let phone: Phone = text.parse().ok()?;
        Some(Self(phone.as_str().trim_start_matches('+').to_owned()))
    }

    /// The digits.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Instrument {
        Instrument::Card(CardToken::parse(text).unwrap())
    }

    fn number(text: &str) -> Instrument {
        Instrument::Phone(PhoneNumber::parse(text).unwrap())
    }

    #[test]
    fn a_card_number_is_no_token_and_a_token_shows_in_no_log() {
        for text in ["4111111111111111", "4111-1111-1111-1111", "", "tok en", "токен", "-"] {
            assert_eq!(CardToken::parse(text), None, "{text}");
        }
        assert_eq!(format!("{:?}", token("tok_success")), "Card(CardToken(..))");
    }

    #[test]
    fn a_phone_number_is_its_digits_and_shows_in_no_log() {
        assert_eq!(PhoneNumber::parse(" +7 (999) 123-45-60").unwrap().digits(), "79991234560");
        for text in ["8 912 345-67-80", "9123456780", "79123456780", "+7 912 345 67 80"] {
            assert_eq!(PhoneNumber::parse(text).unwrap().digits(), "79123456780", "{text}");
        }
        for text in ["", "12345", "0000000000", "+7 999 123 45 60 ext", "1234567890123456", "7+9991234560"] {
            assert_eq!(PhoneNumber::parse(text), None, "{text}");
        }
        assert_eq!(format!("{:?}", number("79991234560")), "Phone(PhoneNumber(..))");
    }

    #[test]
    fn what_is_stored_is_read_back() {
        for instrument in [Instrument::Page, token("tok_success"), number("79991234560")] {
            let stored = serde_json::to_value(&instrument).unwrap();
            assert_eq!(serde_json::from_value::<Instrument>(stored).unwrap(), instrument);
        }
        let method = serde_json::json!({"kind": "card"});
        assert_eq!(serde_json::from_value::<Method>(method).unwrap(), Method::Card);
    }
}
