//! Which messages there are, and which of them a person may do without. Pure.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A message that there are words for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "String")]
pub enum Template {
    /// An order was placed and waits for payment.
    OrderPlaced,
    /// An order was placed and paid.
    OrderPaid,
    /// The shop will send an order.
    OrderConfirmed,
    /// An order is on its way.
    OrderShipped,
    /// An order was cancelled.
    OrderCanceled,
    /// Money went back.
    OrderRefunded,
    /// The code that shows whose an address or number is.
    VerificationCode,
    /// The token that opens the way to a new password.
    PasswordReset,
    /// Something was done with an account that its owner should know.
    AccountChanged,
}

impl Template {
    /// Every template.
    pub const ALL: [Self; 9] = [
        Self::OrderPlaced,
        Self::OrderPaid,
        Self::OrderConfirmed,
        Self::OrderShipped,
        Self::OrderCanceled,
        Self::OrderRefunded,
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
            Self::VerificationCode => "verification_code",
            Self::PasswordReset => "password_reset",
            Self::AccountChanged => "account_changed",
        }
    }

    /// Whether a person can't do without it. What they owe, what was paid, what won't come and what went back they have to hear, and a code
    /// they asked for; that an order was confirmed or is on its way they may look up.
    pub fn is_necessary(self) -> bool {
        !matches!(self, Self::OrderConfirmed | Self::OrderShipped)
    }

    /// Whether it tells a secret, which travels by a queue that forgets it soon.
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
