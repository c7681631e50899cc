//! The instruments that the sandbox accepts: those that it has a script for.

use kernel::Currency;

use super::script::{Script, TOKENS};
use crate::method::Instrument;
use crate::provider::ProviderRules;

/// The rules of the sandbox.
pub struct SandboxRules;

impl ProviderRules for SandboxRules {
    fn minimum(&self, _: Currency) -> i64 {
        1
    }

    fn accepts(&self, instrument: &Instrument) -> bool {
        Script::of(instrument).is_some()
    }

    fn card_rule(&self) -> String {
        format!("must be a token of the sandbox: {}", TOKENS.map(|(token, _)| token).join(", "))
    }

    fn phone_rule(&self) -> String {
        "must be a phone number that ends in 0 to 5 in the sandbox".to_owned()
    }
}
