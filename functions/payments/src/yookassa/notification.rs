//! What an incoming notification is about.
//!
//! Notifications are not signed. So of all that one says only the object's id is taken, and the object is read back from the provider: whoever
//! sends a false one makes the shop look, and nothing else.

use kernel::Problem;
use serde::Deserialize;

use crate::provider::{PaymentReference, RefundReference};

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

/// What is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A payment.
    Payment(PaymentReference),
    /// A refund.
    Refund(RefundReference),
}

impl NotificationBody {
    /// What is to be looked at; `None` for events of things that the shop does not have, such as payouts, which are acknowledged and forgotten.
    pub fn about(self) -> Result<Option<About>, Problem> {
        let bad = |error: crate::provider::BadReference| Problem::invalid("/object/id", error.to_string());
        let (kind, _) = self.event.split_once('.').unwrap_or((&self.event, ""));
        match kind {
            "payment" => {
                PaymentReference::try_from(self.object.id).map(About::Payment).map(Some).map_err(bad)
            }
            "refund" => RefundReference::try_from(self.object.id).map(About::Refund).map(Some).map_err(bad),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn about(event: &str, id: &str) -> Result<Option<About>, Problem> {
        let body = json!({
            "type": "notification",
            "event": event,
            "object": {"id": id, "status": "succeeded", "amount": {"value": "1.00", "currency": "RUB"}},
            "unheard": {"of": []},
        });
        serde_json::from_value::<NotificationBody>(body).unwrap().about()
    }

    #[test]
    fn the_object_is_named_and_nothing_else_is_taken() {
        let id = "22e12f66-000f-5000-8000-18db351245c7";
        let payment = PaymentReference::try_from(id.to_owned()).unwrap();
        for event in
            ["payment.succeeded", "payment.canceled", "payment.waiting_for_capture", "payment.newborn"]
        {
            assert_eq!(about(event, id).unwrap(), Some(About::Payment(payment.clone())), "{event}");
        }
        let refund = RefundReference::try_from(id.to_owned()).unwrap();
        assert_eq!(about("refund.succeeded", id).unwrap(), Some(About::Refund(refund)));
        for event in ["payout.succeeded", "deal.closed", "paymentsucceeded", ""] {
            assert_eq!(about(event, id).unwrap(), None, "{event}");
        }
    }

    #[test]
    fn an_id_that_leads_elsewhere_is_refused() {
        for id in ["", "../refunds", "a/b", "a?b", "x%2f", &"x".repeat(65)] {
            let problem = about("payment.succeeded", id).unwrap_err();
            assert_eq!(problem.errors[0].pointer, "/object/id", "{id}");
        }
        let incomplete: [Value; 3] =
            [json!({}), json!({"event": "payment.succeeded"}), json!({"object": {"id": "x"}})];
        for body in incomplete {
            assert!(serde_json::from_value::<NotificationBody>(body).is_err());
        }
    }
}
