//! The payer's instrument in request bodies.

use kernel::Problem;
use orders::Order;
use payments::method::{CardToken, Instrument, PhoneNumber};
use payments::providers::ProviderKind;

/// A payment method as it stands in a request body.
#[derive(Debug, Clone, Default)]
pub(super) struct MethodBody {
    /// `card` or `phone`; the payment page without it.
    pub(super) method: Option<String>,
    /// With `card`.
    pub(super) card_token: Option<String>,
    /// With `phone`.
    pub(super) phone: Option<String>,
}

impl MethodBody {
    /// The instrument, as `provider` accepts it. A missing, invalid or surplus member is named.
    pub(super) fn parse(&self, provider: ProviderKind) -> Result<Instrument, Problem> {
        match (self.method.as_deref(), &self.card_token, &self.phone) {
            (None, None, None) => Ok(Instrument::Page),
            (Some("card"), Some(token), None) => card(provider, token, "/cardToken"),
            (Some("phone"), None, Some(number)) => phone(provider, number),
            (Some(method @ ("card" | "phone")), token, number) => {
                let (own, is_there, other, is_foreign) = match method {
                    "card" => ("/cardToken", token.is_some(), "/phone", number.is_some()),
                    _ => ("/phone", number.is_some(), "/cardToken", token.is_some()),
                };
                let fault = |applies: bool, pointer, what: &str| {
                    applies.then(|| Problem::invalid(pointer, format!("{what} with the method {method}")))
                };
                let found = [fault(!is_there, own, "is required"), fault(is_foreign, other, "does not go")];
                Err(Problem::joined(found).unwrap_or_else(|| Problem::internal("a method without a fault")))
            }
            (Some(_), _, _) => Err(Problem::invalid("/method", "must be card or phone")),
            (None, _, _) => Err(Problem::invalid("/method", "is required with cardToken or phone")),
        }
    }
}

/// The instrument that `card`, a token, or `phone` names; `None` when neither was sent.
pub(super) fn by_member(
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

/// Refuses an amount that is not the total of `order`: it shows that the caller means the same order.
pub(super) fn check_amount(amount: i64, order: &Order) -> Result<(), Problem> {
    let total = order.total.amount();
    if amount == total {
        return Ok(());
    }
    Err(Problem::invalid("/amount", format!("must be the order's total, {total}")))
}

fn card(provider: ProviderKind, token: &str, pointer: &str) -> Result<Instrument, Problem> {
    let card = CardToken::parse(token).map(Instrument::Card);
    let accepted = card.filter(|card| provider.rules().accepts(card));
    accepted.ok_or_else(|| Problem::invalid(pointer, provider.rules().card_rule()))
}

fn phone(provider: ProviderKind, number: &str) -> Result<Instrument, Problem> {
    let phone = PhoneNumber::parse(number).map(Instrument::Phone);
    let accepted = phone.filter(|phone| provider.rules().accepts(phone));
    accepted.ok_or_else(|| Problem::invalid("/phone", provider.rules().phone_rule()))
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
}
