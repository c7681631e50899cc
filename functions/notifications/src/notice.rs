//! What a message says, before it is put into words. Pure.

use identity::delivery::{AccountChange, Template as SecretKind};
use kernel::{Money, OrderNumber, PaymentId, Timestamp};

use crate::template::Template;

/// What a message says. Not `Debug`: it may hold a secret.
pub enum Content {
    /// Something about an order.
    Order(Notice),
    /// A code or token for one person alone.
    Secret(Secret),
    /// What was done with the person's account.
    Account(AccountChange),
}

impl Content {
    /// Which template puts it into words.
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
    /// What it is for.
    pub kind: SecretKind,
    /// The code or token.
    pub code: String,
    /// For how many minutes it is good.
    pub minutes: u64,
}

/// Something about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What people call the order.
    pub number: OrderNumber,
    /// The money that the message speaks of: what the order costs, or what went back.
    pub total: Money,
    /// What happened.
    pub change: Change,
}

/// What happened to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It was placed and waits for payment.
    Placed(Placed),
    /// It was paid.
    Paid(Paid),
    /// The shop will send it.
    Confirmed,
    /// It is on its way.
    Shipped,
    /// It was cancelled.
    Canceled(Canceled),
    /// Money for it went back.
    Refunded,
}

impl Change {
    /// Which template puts it into words.
    pub fn template(&self) -> Template {
        match self {
            Self::Placed(_) => Template::OrderPlaced,
            Self::Paid(_) => Template::OrderPaid,
            Self::Confirmed => Template::OrderConfirmed,
            Self::Shipped => Template::OrderShipped,
            Self::Canceled(_) => Template::OrderCanceled,
            Self::Refunded => Template::OrderRefunded,
        }
    }
}

/// What the message about a placed order says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// When the time to pay is over.
    pub expires_at: Timestamp,
    /// What was ordered.
    pub items: Vec<Item>,
    /// Where the customer can pay, if that was known already.
    pub payment_url: Option<String>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is called.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// What one costs.
    pub unit_price: Money,
}

/// What the message about a paid order says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    /// Which payment paid it.
    pub payment_id: Option<PaymentId>,
}

/// What the message about a cancelled order says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canceled {
    /// What brought it about.
    pub cause: Cause,
    /// What was said about it. It comes from the order, never from an event.
    pub reason: Option<String>,
}

/// What brought a cancellation about, as the customer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The customer asked for it.
    Customer,
    /// The shop did it.
    Shop,
    /// The payment was refused.
    Declined,
    /// It was not paid in time.
    Expired,
    /// A cause that came into the world after this was written.
    Other,
}
