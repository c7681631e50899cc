//! The payments that `YooKassa` accepts, as far as that is published.

use identity::contact::PHONE_RULE;
use kernel::Currency;

use crate::method::Instrument;
use crate::provider::ProviderRules;

/// The least amount of a payment in roubles, in kopecks: one rouble by card (<https://yookassa.ru/developers/payment-methods/bank-card>, limits). The
/// minimum in other currencies is not published.
const MIN_ROUBLE_AMOUNT: i64 = 100;

/// The rules of `YooKassa`.
pub struct YooKassaRules;

impl ProviderRules for YooKassaRules {
    fn minimum(&self, currency: Currency) -> i64 {
        if currency.code() == "RUB" { MIN_ROUBLE_AMOUNT } else { 1 }
    }

    /// Only the provider can validate a token or a number.
    fn accepts(&self, _: &Instrument) -> bool {
        true
    }

    fn card_rule(&self) -> String {
        "must be a token of the payment provider, never a card's number".to_owned()
    }

    fn phone_rule(&self) -> String {
        PHONE_RULE.to_owned()
    }
}
