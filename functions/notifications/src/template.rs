//! The message templates, and which of them are necessary. Pure.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A message that has a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "String")]
pub enum Template {
    /// An order was placed and waits for payment.
    OrderPlaced,
    /// An order was placed and paid.
    OrderPaid,
    /// The merchant confirmed an order.
    OrderConfirmed,
    /// An order was shipped.
    OrderShipped,
    /// An order was cancelled.
    OrderCanceled,
    /// Money was refunded.
    OrderRefunded,
    /// A link that opens an order of a guest, who asked for it.
    OrderLink,
    /// The code that verifies an address or number.
    VerificationCode,
    /// The token for a new password.
    PasswordReset,
    /// A change of an account that its owner should know of.
    AccountChanged,
}

impl Template {
    /// Every template.
    pub const ALL: [Self; 10] = [
        Self::OrderPlaced,
        Self::OrderPaid,
        Self::OrderConfirmed,
        Self::OrderShipped,
        Self::OrderCanceled,
        Self::OrderRefunded,
        Self::OrderLink,
        Self::VerificationCode,
        Self::PasswordReset,
        Self::AccountChanged,
    ];

    /// The name, as it stands in requests, answers and file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::OrderPlaced => "order_placed",
            Self::OrderPaid => "order_paid",
            Self::OrderConfirmed => "order_confirmed",
            Self::OrderShipped => "order_shipped",
            Self::OrderCanceled => "order_canceled",
            Self::OrderRefunded => "order_refunded",
            Self::OrderLink => "order_link",
            Self::VerificationCode => "verification_code",
            Self::PasswordReset => "password_reset",
            Self::AccountChanged => "account_changed",
        }
    }

    /// Returns true for a message that can't be switched off: amounts due, payments, cancellations and refunds have to reach the person,
    /// and so does a code that they requested; that an order was confirmed or shipped they may look up.
    pub fn is_necessary(self) -> bool {
        !matches!(self, Self::OrderConfirmed | Self::OrderShipped)
    }

    /// Returns true when it has a secret, which travels by a queue that forgets it soon.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::VerificationCode | Self::PasswordReset)
    }
}

/// The text names no template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownTemplate;

impl fmt::Display for UnknownTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must be one of {}", Template::ALL.map(Template::name).join(", "))
    }
}

impl FromStr for Template {
    type Err = UnknownTemplate;

    fn from_str(text: &str) -> Result<Self, UnknownTemplate> {
        Self::ALL.into_iter().find(|template| template.name() == text).ok_or(UnknownTemplate)
    }
}

impl TryFrom<String> for Template {
    type Error = UnknownTemplate;

    fn try_from(name: String) -> Result<Self, UnknownTemplate> {
        name.parse()
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_everywhere() {
        for template in Template::ALL {
            assert_eq!(template.name().parse(), Ok(template));
            assert_eq!(serde_json::to_value(template).unwrap(), template.name());
        }
        let told = "order".parse::<Template>().unwrap_err().to_string();
        assert!(told.starts_with("must be one of order_placed, order_paid, "), "{told}");
    }

    #[test]
    fn only_progress_may_be_done_without() {
        let optional = Template::ALL.into_iter().filter(|template| !template.is_necessary());
        assert_eq!(optional.collect::<Vec<_>>(), [Template::OrderConfirmed, Template::OrderShipped]);
    }
}
