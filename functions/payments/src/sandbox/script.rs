//! The sandbox's behaviour for a payment, chosen by its instrument. Pure.

use crate::method::Instrument;

/// The course of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// It succeeds at once.
    Success,
    /// It is refused at once.
    Declined,
    /// The customer decides on the payment page.
    Pending,
    /// As pending, and the customer pays at the very moment at which the merchant cancels it.
    Late,
    /// The first call fails without effect; the repeat succeeds.
    ErrorOnce,
    /// The money is captured, and the response to the first call is lost.
    Timeout,
}

/// The tokens that stand for cards. The last digit of a phone number, from 0, stands for the same in this order.
pub const TOKENS: [(&str, Script); 6] = [
    ("tok_success", Script::Success),
    ("tok_declined", Script::Declined),
    ("tok_pending", Script::Pending),
    ("tok_late", Script::Late),
    ("tok_error_once", Script::ErrorOnce),
    ("tok_timeout", Script::Timeout),
];

impl Script {
    /// The script for `instrument`; `None` when there is none.
    pub fn of(instrument: &Instrument) -> Option<Self> {
        match instrument {
            Instrument::Page => Some(Self::Pending),
            Instrument::Card(card) => {
                TOKENS.iter().find(|(token, _)| *token == card.as_str()).map(|(_, script)| *script)
            }
            Instrument::Phone(phone) => {
                let last = phone.digits().chars().next_back()?.to_digit(10)?;
                TOKENS.get(usize::try_from(last).ok()?).map(|(_, script)| *script)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::{CardToken, PhoneNumber};

    #[test]
    fn a_phone_number_ends_in_the_token_s_place() {
        for (place, (token, script)) in TOKENS.into_iter().enumerate() {
            let card = Instrument::Card(CardToken::parse(token).unwrap());
            let phone = Instrument::Phone(PhoneNumber::parse(&format!("7999123456{place}")).unwrap());
            assert_eq!((Script::of(&card), Script::of(&phone)), (Some(script), Some(script)));
        }
        let other = Instrument::Phone(PhoneNumber::parse("79991234566").unwrap());
        assert_eq!((Script::of(&other), Script::of(&Instrument::Page)), (None, Some(Script::Pending)));
    }
}
