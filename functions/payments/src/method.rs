//! How a customer wants to pay. Card numbers are never accepted: only tokens.

use kernel::Problem;
use serde::{Deserialize, Serialize};

/// What the sandbox provider does with a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Script {
    /// The payment succeeds at once.
    Success,
    /// The payment is refused at once.
    Declined,
    /// The customer decides on the payment page.
    Pending,
}

/// A way to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "script", rename_all = "snake_case")]
pub enum Method {
    /// The provider's page offers what it has.
    Page,
    /// A card, by a token of the provider.
    Card(Script),
    /// A phone number's balance.
    Phone(Script),
}

impl Method {
    /// The name that clients see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Card(_) => "card",
            Self::Phone(_) => "phone",
        }
    }

    /// What the sandbox does with it.
    pub fn script(self) -> Script {
        match self {
            Self::Page => Script::Pending,
            Self::Card(script) | Self::Phone(script) => script,
        }
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
    /// The way to pay. A missing, bad or surplus member is named.
    pub fn parse(&self) -> Result<Method, Problem> {
        match (self.method.as_deref(), &self.card_token, &self.phone) {
            (None, None, None) => Ok(Method::Page),
            (Some("card"), Some(token), None) => card(token, "/cardToken"),
            (Some("phone"), None, Some(phone)) => by_phone(phone),
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

/// The way to pay that `card`, a token, or `phone` names; `None` when neither was sent.
pub fn by_member(card: Option<&str>, phone: Option<&str>) -> Result<Option<Method>, Problem> {
    match (card, phone) {
        (None, None) => Ok(None),
        (Some(token), None) => self::card(token, "/card").map(Some),
        (None, Some(phone)) => by_phone(phone).map(Some),
        (Some(_), Some(_)) => Err(Problem::invalid("/phone", "does not go with card")),
    }
}

fn card(token: &str, pointer: &str) -> Result<Method, Problem> {
    match token {
        "tok_success" => Ok(Method::Card(Script::Success)),
        "tok_declined" => Ok(Method::Card(Script::Declined)),
        "tok_pending" => Ok(Method::Card(Script::Pending)),
        _ => {
            Err(Problem::invalid(pointer, "must be tok_success, tok_declined or tok_pending in the sandbox"))
        }
    }
}

fn by_phone(phone: &str) -> Result<Method, Problem> {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let script = match digits.chars().last().filter(|_| digits.len() >= 10) {
        Some('0') => Script::Success,
        Some('1') => Script::Declined,
        Some('2') => Script::Pending,
        _ => {
            return Err(Problem::invalid(
                "/phone",
                "must be a phone number that ends in 0, 1 or 2 in the sandbox",
            ));
        }
    };
    Ok(Method::Phone(script))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(method: Option<&str>, card_token: Option<&str>, phone: Option<&str>) -> Result<Method, Problem> {
        let text = |value: Option<&str>| value.map(str::to_owned);
        MethodBody { method: text(method), card_token: text(card_token), phone: text(phone) }.parse()
    }

    #[test]
    fn every_way_to_pay() {
        assert_eq!(body(None, None, None).unwrap(), Method::Page);
        assert_eq!(body(Some("card"), Some("tok_declined"), None).unwrap(), Method::Card(Script::Declined));
        assert_eq!(
            body(Some("phone"), None, Some("+7 999 123-45-60")).unwrap(),
            Method::Phone(Script::Success)
        );
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let cases = [
            (body(Some("card"), None, None), "/cardToken"),
            (body(Some("card"), Some("4111111111111111"), None), "/cardToken"),
            (body(Some("card"), Some("tok_success"), Some("1")), "/phone"),
            (body(Some("phone"), None, None), "/phone"),
            (body(Some("phone"), None, Some("0")), "/phone"),
            (body(Some("cash"), None, None), "/method"),
            (body(None, Some("tok_success"), None), "/method"),
        ];
        for (outcome, pointer) in cases {
            assert_eq!(outcome.unwrap_err().errors[0].pointer, pointer);
        }
    }

    #[test]
    fn a_direct_order_names_its_method_by_the_member() {
        assert_eq!(by_member(None, None).unwrap(), None);
        assert_eq!(by_member(Some("tok_success"), None).unwrap(), Some(Method::Card(Script::Success)));
        assert_eq!(by_member(None, Some("+79991234561")).unwrap(), Some(Method::Phone(Script::Declined)));
        for (card, phone, pointer) in [
            (Some("x"), None, "/card"),
            (None, Some("1"), "/phone"),
            (Some("tok_success"), Some("1"), "/phone"),
        ] {
            assert_eq!(by_member(card, phone).unwrap_err().errors[0].pointer, pointer);
        }
    }
}
