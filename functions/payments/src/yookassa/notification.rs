//! The body of a notification that `YooKassa` sends.

use kernel::Problem;
use serde::Deserialize;

use crate::notification::{About, EventName, Notification};
use crate::provider::{BadReference, ObjectReference, PaymentReference, RefundReference};

/// The provider's name in the journal.
const PROVIDER: &str = "yookassa";

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
        Ok(Self { provider: PROVIDER, event, about: about.map_err(bad)? })
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
