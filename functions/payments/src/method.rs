//! How a customer pays. Card numbers are never accepted: only tokens.

use std::fmt;

use identity::contact::{PHONE_RULE, Phone};
use kernel::Problem;
use serde::{Deserialize, Serialize};

use crate::provider::ProviderKind;
use crate::sandbox::script::{Script, TOKENS};

/// The longest token that stands for a card, in characters.
pub const MAX_CARD_TOKEN: usize = 512;

/// A way to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Method {
    /// The provider's page offers what it has.
    Page,
    /// A card.
    Card,
    /// A phone number's balance.
    Phone,
    /// Money that was received outside of this system: no provider knows of it.
    External,
}

impl Method {
    /// Whether beginning such a payment takes money without the payer agreeing to it on another page.
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

/// What is paid with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Instrument {
    /// Whatever the provider's page offers.
    Page,
    /// A card.
    Card(CardToken),
    /// A phone number's balance.
    Phone(PhoneNumber),
}

impl Instrument {
    /// Which way to pay it is.
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

/// A way to pay as it stands in a request body.
#[derive(Debug, Clone, Default)]
pub struct MethodBody {
    /// `card` or `phone`; the payment page without it.
    pub method: Option<String>,
    /// With `card`.
    pub card_token: Option<String>,
    /// With `phone`.
    pub phone: Option<String>,
}

impl MethodBody {
    /// What is paid with, as `provider` takes it. A missing, bad or surplus member is named.
    pub fn parse(&self, provider: ProviderKind) -> Result<Instrument, Problem> {
        match (self.method.as_deref(), &self.card_token, &self.phone) {
            (None, None, None) => Ok(Instrument::Page),
            (Some("card"), Some(token), None) => card(provider, token, "/cardToken"),
            (Some("phone"), None, Some(number)) => phone(provider, number),
            (Some("card"), None, _) => {
                Err(Problem::invalid("/cardToken", "is required with the method card"))
            }
            (Some("card"), _, Some(_)) => Err(Problem::invalid("/phone", "does not go with the method card")),
            (Some("phone"), _, None) => Err(Problem::invalid("/phone", "is required with the method phone")),
            (Some("phone"), Some(_), _) => {
                Err(Problem::invalid("/cardToken", "does not go with the method phone"))
            }
            (Some(_), _, _) => Err(Problem::invalid("/method", "must be card or phone")),
            (None, _, _) => Err(Problem::invalid("/method", "is required with cardToken or phone")),
        }
    }
}

/// What is paid with when `card`, a token, or `phone` names it; `None` when neither was sent.
pub fn by_member(
    provider: ProviderKind,
    card: Option<&str>,
    phone: Option<&str>,
) -> Result<Option<Instrument>, Problem> {
    match (card, phone) {
        (None, None) => Ok(None),
        (Some(token), None) => self::card(provider, token, "/card").map(Some),
        (None, Some(number)) => self::phone(provider, number).map(Some),
        (Some(_), Some(_)) => Err(Problem::invalid("/phone", "does not go with card")),
    }
}

fn card(provider: ProviderKind, token: &str, pointer: &str) -> Result<Instrument, Problem> {
    let card = CardToken::parse(token).map(Instrument::Card);
    card.filter(|card| takes(provider, card)).ok_or_else(|| {
        let detail = match provider {
            ProviderKind::Sandbox => {
                format!("must be a token of the sandbox: {}", TOKENS.map(|(token, _)| token).join(", "))
            }
            ProviderKind::YooKassa => {
                "must be a token of the payment provider, never a card's number".to_owned()
            }
        };
        Problem::invalid(pointer, detail)
    })
}

fn phone(provider: ProviderKind, number: &str) -> Result<Instrument, Problem> {
    let phone = PhoneNumber::parse(number).map(Instrument::Phone);
    phone.filter(|phone| takes(provider, phone)).ok_or_else(|| {
        let detail = match provider {
            ProviderKind::Sandbox => "must be a phone number that ends in 0 to 5 in the sandbox",
            ProviderKind::YooKassa => PHONE_RULE,
        };
        Problem::invalid("/phone", detail)
    })
}

/// Whether the provider can be told from here to take it: the sandbox takes what it has a script for, a real one is asked.
fn takes(provider: ProviderKind, instrument: &Instrument) -> bool {
    provider == ProviderKind::YooKassa || Script::of(instrument).is_some()
}

#[cfg(test)]
mod tests {
    use ProviderKind::{Sandbox, YooKassa};

    use super::*;

    fn body(method: Option<&str>, card_token: Option<&str>, phone: Option<&str>) -> MethodBody {
        let text = |value: Option<&str>| value.map(str::to_owned);
        MethodBody { method: text(method), card_token: text(card_token), phone: text(phone) }
    }

    fn token(text: &str) -> Instrument {
        Instrument::Card(CardToken::parse(text).unwrap())
    }

    fn number(text: &str) -> Instrument {
        Instrument::Phone(PhoneNumber::parse(text).unwrap())
    }

    #[test]
    fn every_way_to_pay() {
        for provider in [Sandbox, YooKassa] {
            assert_eq!(body(None, None, None).parse(provider).unwrap(), Instrument::Page);
            let card = body(Some("card"), Some("tok_late"), None);
            assert_eq!(card.parse(provider).unwrap(), token("tok_late"));
            let phone = body(Some("phone"), None, Some("+7 999 123-45-65"));
            assert_eq!(phone.parse(provider).unwrap(), number("79991234565"));
        }
        let real = "+u7PDjMTkf08NtD66P6+eYWa2yjU3gsSIhOOO+OWsOg=";
        assert_eq!(body(Some("card"), Some(real), None).parse(YooKassa).unwrap(), token(real));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let everywhere = [
            (body(Some("card"), None, None), "/cardToken"),
            (body(Some("card"), Some("4111111111111111"), None), "/cardToken"),
            (body(Some("card"), Some("4111 1111 1111 1111"), None), "/cardToken"),
            (body(Some("card"), Some("tok_success"), Some("1")), "/phone"),
            (body(Some("phone"), None, None), "/phone"),
            (body(Some("phone"), None, Some("0")), "/phone"),
            (body(Some("cash"), None, None), "/method"),
            (body(None, Some("tok_success"), None), "/method"),
        ];
        for (body, pointer) in everywhere {
            for provider in [Sandbox, YooKassa] {
                assert_eq!(body.parse(provider).unwrap_err().errors[0].pointer, pointer);
            }
        }
        let unscripted = [
            (body(Some("card"), Some("tok_other"), None), "/cardToken"),
            (body(Some("phone"), None, Some("+79991234566")), "/phone"),
        ];
        for (body, pointer) in unscripted {
            assert_eq!(body.parse(Sandbox).unwrap_err().errors[0].pointer, pointer);
        }
    }

    #[test]
    fn a_direct_order_names_its_method_by_the_member() {
        let read = |card, phone| by_member(Sandbox, card, phone);
        assert_eq!(read(None, None).unwrap(), None);
        assert_eq!(read(Some("tok_success"), None).unwrap(), Some(token("tok_success")));
        assert_eq!(read(None, Some("+79991234561")).unwrap(), Some(number("79991234561")));
        for (card, phone, pointer) in [
            (Some("x"), None, "/card"),
            (None, Some("1"), "/phone"),
            (Some("tok_success"), Some("1"), "/phone"),
        ] {
            assert_eq!(read(card, phone).unwrap_err().errors[0].pointer, pointer);
        }
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
