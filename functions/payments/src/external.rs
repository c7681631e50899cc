//! Money that was received outside of this system: the way in which it came, and the reference by which it is found in other books.

use std::str::FromStr;

use kernel::Problem;
use kernel::faults::Faults;
use kernel::text::{ONE_LINE_RULE, is_one_line};
use serde::{Deserialize, Serialize};

/// The longest reference of an external payment, in characters. SEPA's end-to-end identifications have 35, and card terminals print fewer.
pub const MAX_EXTERNAL_REFERENCE: usize = 100;

/// The way in which money was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExternalMethod {
    /// Notes and coins.
    Cash,
    /// A transfer to the merchant's account.
    BankTransfer,
    /// A card, at a terminal of the merchant.
    CardTerminal,
    /// Any other way, such as a voucher.
    Other,
}

impl ExternalMethod {
    /// The name that clients see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::BankTransfer => "bank_transfer",
            Self::CardTerminal => "card_terminal",
            Self::Other => "other",
        }
    }
}

impl FromStr for ExternalMethod {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Cash, Self::BankTransfer, Self::CardTerminal, Self::Other];
        let found = all.into_iter().find(|method| method.name() == text);
        found.ok_or("must be cash, bank_transfer, card_terminal or other")
    }
}

/// How an external payment was received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalPayment {
    /// The way.
    pub method: ExternalMethod,
    /// The text by which the money is found in other books, such as a transfer's purpose or a terminal's receipt number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl ExternalPayment {
    /// Reads the members `method` and `reference` of a body; each one that breaks a rule is named. A reference that is blank is none.
    pub fn parse(method: &str, reference: Option<&str>) -> Result<Self, Problem> {
        let mut faults = Faults::default();
        let method = faults.parse(method, "/method");
        let length = reference.map_or(0, |text| text.chars().count());
        let limit = format!("must be at most {MAX_EXTERNAL_REFERENCE} characters");
        faults.require(length <= MAX_EXTERNAL_REFERENCE, "/reference", limit);
        faults.require(reference.is_none_or(is_one_line), "/reference", ONE_LINE_RULE);
        let reference = reference.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        faults.finish(method.map(|method| Self { method, reference }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_read_by_its_name() {
        for name in ["cash", "bank_transfer", "card_terminal", "other"] {
            let payment = ExternalPayment::parse(name, Some(" till 3 ")).unwrap();
            assert_eq!(payment.method.name(), name);
            assert_eq!(payment.reference.as_deref(), Some("till 3"));
            assert_eq!(serde_json::to_value(payment.method).unwrap(), name);
        }
        assert_eq!(ExternalPayment::parse("cash", Some("  ")).unwrap().reference, None);
    }

    #[test]
    fn every_fault_is_named() {
        let pointers = |method: &str, reference: &str| -> Vec<String> {
            let faults = ExternalPayment::parse(method, Some(reference)).unwrap_err().errors;
            faults.into_iter().map(|fault| fault.pointer).collect()
        };
        assert_eq!(pointers("Cash", "two\nlines"), ["/method", "/reference"]);
        assert_eq!(pointers("cash", &"x".repeat(MAX_EXTERNAL_REFERENCE + 1)), ["/reference"]);
        assert!(ExternalPayment::parse("cash", Some(&"я".repeat(MAX_EXTERNAL_REFERENCE))).is_ok());
    }
}
