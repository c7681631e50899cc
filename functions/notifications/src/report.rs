//! Delivery reports of SES.
//!
//! A configuration set publishes each report to an SNS topic, and that puts it into a queue as it is (SES developer guide, "Examples of event data
//! that Amazon SES publishes to Amazon SNS"). A report names its notification by the tag that the email was sent with.

use kernel::Problem;
use kernel::ids::NotificationId;
use platform::InvocationContext;
use platform::metrics::Metrics;
use platform::queue::Message;
use serde::Deserialize;

use crate::record::{Report, Reported, reported};
use crate::store::Store;

/// The metric that counts emails that recipients marked as spam.
const COMPLAINTS: &str = "EmailComplaints";

/// The message that SES publishes once, when it is given the topic.
const GREETING: &str = "Successfully validated SNS topic for Amazon SES event publishing.";

/// An event that SES publishes about an email.
#[derive(Debug, PartialEq, Eq)]
enum DeliveryEvent {
    /// A report on the delivery of a message.
    Report(NotificationId, Report),
    /// A complaint: the recipient marked the message as spam.
    Complaint(NotificationId),
    /// An event that is not used.
    Nothing,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SesEvent {
    event_type: String,
    mail: Mail,
    bounce: Option<Bounce>,
}

#[derive(Deserialize)]
struct Mail {
    #[serde(default)]
    tags: Tags,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tags {
    /// The tag's name is the one in `carrier::ses`.
    #[serde(default)]
    notification_id: Vec<NotificationId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    bounce_sub_type: String,
}

/// The event in `message`, with its notification.
fn read(message: &Message) -> Result<DeliveryEvent, Problem> {
    if message.body.trim() == GREETING {
        return Ok(DeliveryEvent::Nothing);
    }
    // Reports name the recipient, and the parser's errors may quote it.
    let event: SesEvent =
        serde_json::from_str(&message.body).map_err(|_| Problem::internal("not a report of SES"))?;
    let Some(id) = event.mail.tags.notification_id.first() else { return Ok(DeliveryEvent::Nothing) };
    let report = match (event.event_type.as_str(), event.bounce) {
        ("Delivery", _) => Report::Delivered,
        ("Bounce", Some(Bounce { bounce_type, bounce_sub_type })) => {
            Report::Returned(format!("came back: {bounce_type}, {bounce_sub_type}"))
        }
        ("Reject", _) => Report::Returned("rejected by the carrier".to_owned()),
        ("Complaint", _) => return Ok(DeliveryEvent::Complaint(*id)),
        _ => return Ok(DeliveryEvent::Nothing),
    };
    Ok(DeliveryEvent::Report(*id, report))
}

/// Records the event in `message`. A report may come twice, and before it was recorded that the email was taken. A complaint is counted: the email
/// was delivered, and SES sends nothing more to a recipient who complained (SES developer guide, "Using the Amazon SES account-level suppression
/// list").
pub async fn note(
    store: &Store,
    metrics: &Metrics,
    call: &InvocationContext,
    message: &Message,
) -> Result<(), Problem> {
    let (id, report) = match read(message)? {
        DeliveryEvent::Report(id, report) => (id, report),
        DeliveryEvent::Complaint(id) => {
            metrics.count(&[(COMPLAINTS, 1)]);
            tracing::warn!(notification_id = %id, "the recipient called this message spam");
            return Ok(());
        }
        DeliveryEvent::Nothing => {
            tracing::debug!("a report that says nothing of arriving");
            return Ok(());
        }
    };
    let Some(kept) = store.find(id).await? else {
        tracing::warn!(notification_id = %id, "a report of a message that is not known");
        return Ok(());
    };
    match reported(kept.status, report) {
        Reported::Nothing => Ok(()),
        Reported::TooEarly => Err(Problem::unavailable("the message is still being sent")),
        Reported::Becomes(outcome) => {
            if store.settle(call, id, &kept, outcome).await? {
                return Ok(());
            }
            Err(Problem::unavailable("the message changed meanwhile"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::carrier::NOTIFICATION_TAG;

    const ID: &str = "36c4f99e-9b85-5833-b23d-83e41eb93cb2";

    fn read_json(event: &Value) -> Result<DeliveryEvent, Problem> {
        read(&Message::new("1", event.to_string()))
    }

    fn event(kind: &str, more: &Value) -> Value {
        let mail = json!({
            "destination": ["anna@example.com"], "messageId": "1",
            "tags": {NOTIFICATION_TAG: [ID], "ses:configuration-set": ["shop"]},
        });
        let mut event = json!({"eventType": kind, "mail": mail});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    }

    #[test]
    fn reports_are_read() {
        let bounce = json!({"bounce": {
            "bounceType": "Permanent", "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": "anna@example.com", "diagnosticCode": "smtp; 550 anna"}],
        }});
        let id: NotificationId = ID.parse().unwrap();
        let returned = |why: &str| DeliveryEvent::Report(id, Report::Returned(why.to_owned()));
        for (event, told) in [
            (event("Delivery", &json!({"delivery": {}})), DeliveryEvent::Report(id, Report::Delivered)),
            (event("Bounce", &bounce), returned("came back: Permanent, General")),
            (
                event("Reject", &json!({"reject": {"reason": "Bad content"}})),
                returned("rejected by the carrier"),
            ),
            (event("Send", &json!({"send": {}})), DeliveryEvent::Nothing),
            (event("Complaint", &json!({"complaint": {}})), DeliveryEvent::Complaint(id)),
            (json!({"eventType": "Delivery", "mail": {}}), DeliveryEvent::Nothing),
        ] {
            assert_eq!(read_json(&event).unwrap(), told, "{event}");
        }
    }

    #[test]
    fn that_reports_will_come_is_no_report() {
        let greeting = "Successfully validated SNS topic for Amazon SES event publishing.";
        assert_eq!(read(&Message::new("1", greeting.to_owned())).unwrap(), DeliveryEvent::Nothing);
    }

    #[test]
    fn what_is_no_report_is_not_quoted() {
        let problem = read_json(&json!({"mail": "anna@example.com"})).unwrap_err();
        assert!(!format!("{problem} {problem:?}").contains("anna"));
    }

    #[test]
    fn the_sample_is_what_the_queue_delivers() {
        let sample = include_str!("../../../events/note-delivery.json");
        let sample: Value = serde_json::from_str(sample).unwrap();
        let body = sample["Records"][0]["body"].as_str().unwrap().to_owned();
        let read = read(&Message::new("1", body)).unwrap();
        assert_eq!(read, DeliveryEvent::Report(ID.parse().unwrap(), Report::Delivered));
    }
}
