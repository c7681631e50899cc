//! A provider's notification that an object has changed.
//!
//! A notification need not be signed. So only the object's id is taken from one, and the object is read back from the provider: a false notification
//! triggers that read, and nothing else.

use crate::provider::{ObjectReference, PaymentReference, RefundReference};

/// The longest name of an event, in characters. Those that are published have at most 27.
pub const MAX_EVENT_NAME: usize = 64;

/// The trusted part of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The name of the provider that sent it.
    pub provider: &'static str,
    /// The reported event: only for the journal, it has no effect.
    pub event: EventName,
    /// The object to read back.
    pub about: About,
}

/// The name of an event: small letters, digits, `_` and `.`, at most [`MAX_EVENT_NAME`] of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventName(String);

impl EventName {
    /// The name, when it is one.
    pub fn parse(text: String) -> Option<Self> {
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.');
        ((1..=MAX_EVENT_NAME).contains(&text.len()) && text.bytes().all(plain)).then_some(Self(text))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The event's subject: the part before the first dot.
    pub fn subject(&self) -> &str {
        self.0.split_once('.').map_or(&self.0, |(subject, _)| subject)
    }
}

/// The object to read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A payment.
    Payment(PaymentReference),
    /// A refund.
    Refund(RefundReference),
    /// An object that Holdfast does not have, such as a payout.
    Other(ObjectReference),
}

impl About {
    /// The object's id at the provider.
    pub fn reference(&self) -> String {
        match self {
            Self::Payment(reference) => reference.to_string(),
            Self::Refund(reference) => reference.to_string(),
            Self::Other(reference) => reference.to_string(),
        }
    }
}
