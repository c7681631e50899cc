//! The subject of an incoming notification.
//!
//! Notifications are not signed. So only the object's id is taken from one, and the object is read back from the provider: a false notification
//! triggers that read, and nothing else.

use kernel::Problem;
use serde::Deserialize;

use crate::provider::{BadReference, ObjectReference, PaymentReference, RefundReference};

/// The longest name of an event, in characters. Those that are published have at most 27.
pub const MAX_EVENT_NAME: usize = 64;

/// The body, as it is sent: `{"type": "notification", "event": "payment.succeeded", "object": {"id": ...}}` and more.
#[derive(Debug, Deserialize)]
pub struct NotificationBody {
    event: String,
    object: ObjectBody,
}

#[derive(Debug, Deserialize)]
struct ObjectBody {
    id: String,
}

/// The trusted part of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
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
    fn subject(&self) -> &str {
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

impl TryFrom<NotificationBody> for Notification {
    type Error = Problem;

    /// Refuses names and ids that the provider does not give. The id becomes a part of a path and of a key.
    fn try_from(
        NotificationBody { event, object: ObjectBody { id } }: NotificationBody,
    ) -> Result<Self, Problem> {
        let bad = |error: BadReference| Problem::invalid("/object/id", error.to_string());
        let event =
            EventName::parse(event).ok_or_else(|| Problem::invalid("/event", "is no event's name"))?;
        let about = match event.subject() {
            "payment" => PaymentReference::try_from(id).map(About::Payment),
            "refund" => RefundReference::try_from(id).map(About::Refund),
            _ => ObjectReference::try_from(id).map(About::Other),
        };
        Ok(Self { about: about.map_err(bad)?, event })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "22e12f66-000f-5000-8000-18db351245c7";

    fn notification(event: &str, id: &str) -> Result<Notification, Problem> {
        let body = json!({
            "type": "notification",
            "event": event,
            "object": {"id": id, "status": "succeeded", "amount": {"value": "1.00", "currency": "RUB"}},
            "unheard": {"of": []},
        });
        serde_json::from_value::<NotificationBody>(body).unwrap().try_into()
    }

    #[test]
    fn the_object_is_named_and_nothing_else_is_taken() {
        let payment = PaymentReference::try_from(ID.to_owned()).unwrap();
        for event in [
            "payment.succeeded",
            "payment.canceled",
            "payment.waiting_for_capture",
            "payment.newborn",
            "payment",
        ] {
            let heard = notification(event, ID).unwrap();
            assert_eq!((heard.about, heard.event.as_str()), (About::Payment(payment.clone()), event));
        }
        let refund = RefundReference::try_from(ID.to_owned()).unwrap();
        assert_eq!(notification("refund.succeeded", ID).unwrap().about, About::Refund(refund));
        for event in ["payout.succeeded", "deal.closed", "payment_method.active", "paymentsucceeded"] {
            let about = notification(event, ID).unwrap().about;
            assert!(matches!(about, About::Other(_)), "{event}: {about:?}");
            assert_eq!(about.reference(), ID);
        }
    }

    #[test]
    fn what_the_provider_never_sends_is_refused() {
        for id in ["", "../refunds", "a/b", "a?b", "x%2f", &"x".repeat(65)] {
            for event in ["payment.succeeded", "refund.succeeded", "payout.succeeded"] {
                assert_eq!(notification(event, id).unwrap_err().errors[0].pointer, "/object/id", "{id}");
            }
        }
        for event in ["", "Payment", "payment succeeded", "payment\n", &"x".repeat(65)] {
            assert_eq!(notification(event, ID).unwrap_err().errors[0].pointer, "/event", "{event}");
        }
        let incomplete: [Value; 3] =
            [json!({}), json!({"event": "payment.succeeded"}), json!({"object": {"id": "x"}})];
        for body in incomplete {
            assert!(serde_json::from_value::<NotificationBody>(body).is_err());
        }
    }
}
