//! The content of a message, before it is rendered. Pure.

use identity::delivery::{AccountChange, Template as SecretKind};
use kernel::{Money, OrderNumber, PaymentId, Timestamp};

use crate::template::Template;

/// The content of a message. Not `Debug`: it may hold a secret.
pub enum Content {
    /// Something about an order.
    Order(Notice),
    /// A code or token for one person alone.
    Secret(Secret),
    /// A change of the person's account.
    Account(AccountChange),
}

impl Content {
    /// The template that renders it.
    pub fn template(&self) -> Template {
        match self {
            Self::Order(notice) => notice.change.template(),
            Self::Secret(secret) => match secret.kind {
                SecretKind::VerificationCode => Template::VerificationCode,
                SecretKind::PasswordReset => Template::PasswordReset,
            },
            Self::Account(_) => Template::AccountChanged,
        }
    }
}

/// A code or token for one person alone. Deliberately not `Debug`.
pub struct Secret {
    /// The purpose.
    pub kind: SecretKind,
    /// The code or token.
    pub code: String,
    /// The minutes for which it is valid.
    pub minutes: u64,
}

/// Something about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The number by which people refer to the order.
    pub number: OrderNumber,
    /// The amount: the order's total, or the refund.
    pub total: Money,
    /// The change.
    pub change: Change,
}

/// A change of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It was placed and waits for payment.
    Placed(Placed),
    /// It was paid.
    Paid(Paid),
    /// The merchant confirmed it.
    Confirmed,
    /// It was shipped.
    Shipped,
    /// It was cancelled.
    Canceled(Canceled),
    /// Money was refunded.
    Refunded,
    /// None: its guest asked for a link to it.
    Link,
}

impl Change {
    /// The template that renders it.
    pub fn template(&self) -> Template {
        match self {
            Self::Placed(_) => Template::OrderPlaced,
            Self::Paid(_) => Template::OrderPaid,
            Self::Confirmed => Template::OrderConfirmed,
            Self::Shipped => Template::OrderShipped,
            Self::Canceled(_) => Template::OrderCanceled,
            Self::Refunded => Template::OrderRefunded,
            Self::Link => Template::OrderLink,
        }
    }
}

/// The content of the message about a placed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The time at which the payment is due.
    pub expires_at: Timestamp,
    /// The order's lines.
    pub items: Vec<Item>,
    /// The page at which the customer can pay, if it was known already.
    pub payment_url: Option<String>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The name of the product.
    pub name: String,
    /// The quantity.
    pub quantity: u32,
    /// The unit price.
    pub unit_price: Money,
}

/// The content of the message about a paid order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    /// The payment that paid it.
    pub payment_id: Option<PaymentId>,
}

/// The content of the message about a cancelled order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canceled {
    /// The cause.
    pub cause: Cause,
    /// The reason that was given. It comes from the order, never from an event.
    pub reason: Option<String>,
}

/// The cause of a cancellation, as shown to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The customer asked for it.
    Customer,
    /// The merchant cancelled it.
    Shop,
    /// The payment was refused.
    Declined,
    /// It was not paid in time.
    Expired,
    /// A cause that was introduced after this was written.
    Other,
}
