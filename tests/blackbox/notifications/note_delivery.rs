//! The consumer of what SES reports of letters. That SES sends the reports is its own business: the emulator does not.

use serde_json::{Value, json};
use uuid::Uuid;

use super::sending::{notification, once, send, wish};
use crate::harness::alarms::{now, raised};
use crate::harness::{invoke, journal_of, set_text, sqs_batch, unique_email};

/// A report as a configuration set publishes it.
fn report(id: &Value, kind: &str) -> Value {
    let mail = json!({
        "source": "shop@example.com", "messageId": "0100018b", "destination": ["anna@example.com"],
        "tags": {"notificationId": [id], "template": ["order_paid"]},
    });
    match kind {
        "Bounce" => json!({
            "eventType": kind, "mail": mail,
            "bounce": {
                "bounceType": "Permanent", "bounceSubType": "General",
                "bouncedRecipients": [{"emailAddress": "anna@example.com"}],
            },
        }),
        _ => json!({"eventType": kind, "mail": mail, "delivery": {"recipients": ["anna@example.com"]}}),
    }
}

/// Hands the reports over, and answers the ids of those that failed: `m0` is the first.
async fn note(reports: &[Value]) -> Vec<String> {
    let ids: Vec<String> = (0..reports.len()).map(|index| format!("m{index}")).collect();
    let messages: Vec<(&str, String)> =
        ids.iter().map(String::as_str).zip(reports.iter().map(Value::to_string)).collect();
    let answer = invoke("NoteDelivery", &sqs_batch(&messages)).await.unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap();
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

/// A letter that was sent.
async fn sent() -> Value {
    let id = send(&wish("email", &unique_email(), "order_paid")).await.expect(201)["notificationId"].clone();
    once(&id, "sent").await;
    id
}

/// The email arrived, so its status stays, and an alarm notifies the operators of the complaint.
#[tokio::test]
async fn a_letter_that_is_called_spam_raises_an_alarm() {
    let (id, since) = (sent().await, now());
    assert!(note(&[report(&id, "Complaint")]).await.is_empty());
    assert_eq!(notification(&id).await["status"], "sent");
    raised("EmailComplaintsAlarm", "EmailComplaints", 0.0, since).await;
}

#[tokio::test]
async fn a_letter_that_arrived_is_delivered_and_one_that_came_back_has_failed() {
    let id = sent().await;
    for _ in 0..2 {
        assert!(note(&[report(&id, "Delivery")]).await.is_empty());
        assert_eq!(notification(&id).await["status"], "delivered");
    }
    for kind in ["Bounce", "Delivery"] {
        assert!(note(&[report(&id, kind)]).await.is_empty());
        let failed = notification(&id).await;
        assert_eq!(
            (&failed["status"], &failed["errorMessage"]),
            (&json!("failed"), &json!("came back: Permanent, General"))
        );
    }
    let told = journal_of(&format!("notification/{}", id.as_str().unwrap())).await;
    let kinds: Vec<&str> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let steps =
        ["queued", "sent", "delivered", "failed"].map(|step| format!("notifications.notification_{step}"));
    assert_eq!(kinds, steps);
    assert!(!json!(told).to_string().contains("anna@"), "{told:?}");
}

#[tokio::test]
async fn a_report_that_comes_too_early_comes_again() {
    let id = sent().await;
    let pk = format!("NOTIFICATION#{}", id.as_str().unwrap());
    set_text("NOTIFICATIONS_TABLE", &pk, "NOTIFICATION", "status", "queued").await;
    assert_eq!(note(&[report(&id, "Delivery")]).await, ["m0"]);
    set_text("NOTIFICATIONS_TABLE", &pk, "NOTIFICATION", "status", "sent").await;
    assert!(note(&[report(&id, "Delivery")]).await.is_empty());
    assert_eq!(notification(&id).await["status"], "delivered");
}

#[tokio::test]
async fn what_says_nothing_of_a_known_letter_is_passed_over_and_what_is_no_report_comes_again() {
    let id = sent().await;
    let unknown = report(&json!(Uuid::new_v4()), "Delivery");
    let untagged = json!({"eventType": "Delivery", "mail": {}});
    let batch = [report(&id, "Send"), unknown, untagged, json!({"mail": 7}), report(&id, "Delivery")];
    assert_eq!(note(&batch).await, ["m3"]);
    assert_eq!(notification(&id).await["status"], "delivered");
}
