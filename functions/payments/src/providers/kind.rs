//! The kinds of payment providers, and the payments that each accepts.

use std::str::FromStr;

use kernel::Money;
use platform::{Init, InitError};

use crate::provider::ProviderRules;
use crate::refusal::BelowMinimum;
use crate::sandbox::rules::SandboxRules;
use crate::yookassa::rules::YooKassaRules;

/// The kind of the configured provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProviderKind {
    /// The built-in one.
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

    /// The rules of the provider.
    pub fn rules(self) -> &'static dyn ProviderRules {
        match self {
            Self::Sandbox => &SandboxRules,
            Self::YooKassa => &YooKassaRules,
        }
    }

    /// Refuses a `total` below the least payment that the provider accepts.
    pub fn check_minimum(self, total: Money) -> Result<(), BelowMinimum> {
        let currency = total.currency();
        let minimum = self.rules().minimum(currency);
        if total.amount() >= minimum { Ok(()) } else { Err(BelowMinimum { minimum, currency }) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_configured_by_its_name() {
        assert_eq!("yookassa".parse(), Ok(ProviderKind::YooKassa));
        assert_eq!("sandbox".parse(), Ok(ProviderKind::default()));
        assert!("".parse::<ProviderKind>().is_err());
    }
}
