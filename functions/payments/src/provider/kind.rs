//! Which provider a shop has, and what it takes.

use std::str::FromStr;

use kernel::{Currency, Money, Problem};
use platform::{Init, InitError};

/// Which provider a shop has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProviderKind {
    /// The one that comes with the system.
    #[default]
    Sandbox,
    /// `YooKassa`.
    YooKassa,
}

impl ProviderKind {
    /// `PAYMENT_PROVIDER`; the sandbox without it.
    pub fn from_init(init: &Init) -> Result<Self, InitError> {
        init.optional("PAYMENT_PROVIDER", Self::default())
    }

    /// Returns the least amount of a payment, in minor units of `currency`. `YooKassa` takes no payment by card of less than one rouble
    /// (<https://yookassa.ru/developers/payment-methods/bank-card>, limits); what it takes of other currencies is not published.
    pub fn minimum(self, currency: Currency) -> i64 {
        match self {
            Self::YooKassa if currency.code() == "RUB" => 100,
            Self::Sandbox | Self::YooKassa => 1,
        }
    }

    /// Refuses a `total` that the provider takes no payment of: 409 `amount_below_minimum`.
    pub(crate) fn check_minimum(self, total: Money) -> Result<(), Problem> {
        let minimum = self.minimum(total.currency());
        if total.amount() >= minimum {
            return Ok(());
        }
        let detail = format!("The payment provider takes no payment of less than {minimum} minor units.");
        Err(Problem::conflict("amount_below_minimum", detail)
            .with("minimum", minimum)
            .with("currency", total.currency().code()))
    }
}

impl FromStr for ProviderKind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sandbox" => Ok(Self::Sandbox),
            "yookassa" => Ok(Self::YooKassa),
            _ => Err("must be sandbox or yookassa"),
        }
    }
}
