//! The consumer of the queue of codes and reset tokens. That they get there is shown where they are asked for.

use serde_json::{Value, json};
use uuid::Uuid;

use super::sending::notification;
use crate::harness::{
    Answer, PATIENCE, emails, eventually, everything_in, invoke, journal_of, post, registration, set_text,
    sqs_batch, texts,
};

/// A message of the queue to `user`.
fn secret(user: &str, channel: &str, template: &str, code: &str) -> Value {
    json!({
        "notificationId": Uuid::new_v4(), "userId": user, "channel": channel, "template": template,
        "variables": {"code": code, "minutes": 10}, "expiresAt": "2999-01-01T00:00:00.000Z",
    })
}

/// Hands the messages over, and answers the ids of those that failed: `m0` is the first.
async fn deliver(messages: &[Value]) -> Vec<String> {
    let ids: Vec<String> = (0..messages.len()).map(|index| format!("m{index}")).collect();
    let messages: Vec<(&str, String)> =
        ids.iter().map(String::as_str).zip(messages.iter().map(Value::to_string)).collect();
    let answer = invoke("DeliverCode", &sqs_batch(&messages)).await.unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap();
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

/// Somebody new whose client likes `language`.
async fn reader(language: &str) -> Value {
    let request = post("/api/v1/auth/register/email").header("accept-language", language);
    Answer::to(request.json(&registration())).await.expect(201)
}

async fn the_email(person: &Value) -> Value {
    let address = person["email"].as_str().unwrap();
    let found = eventually("an email", PATIENCE, || async {
        Some(emails(address).await).filter(|found| !found.is_empty())
    });
    let [email] = <[Value; 1]>::try_from(found.await).unwrap();
    email
}

#[tokio::test]
async fn a_code_goes_the_way_it_is_meant_to_in_the_persons_language() {
    for (language, subject, words) in [
        ("en", "Your verification code", "Your code is 012345."),
        ("ru", "Код подтверждения", "Ваш код: 012345."),
    ] {
        let anna = reader(language).await;
        let id = anna["id"].as_str().unwrap();
        assert!(deliver(&[secret(id, "email", "verification_code", "012345")]).await.is_empty());
        let email = the_email(&anna).await;
        assert_eq!((&email["template"], &email["subject"]), (&json!("verification_code"), &json!(subject)));
        assert!(email["text"].as_str().unwrap().contains(words), "{email}");
        let phone = anna["phone"].as_str().unwrap();
        assert!(texts(phone).await.is_empty(), "and no other way");
        assert!(deliver(&[secret(id, "sms", "password_reset", "AbCdEfGhIjKlMnOpQrSt-_")]).await.is_empty());
        let text = eventually("a text message", PATIENCE, || async { texts(phone).await.pop() }).await;
        assert!(text.starts_with("Holdfast: ") && text.contains(" AbCdEfGhIjKlMnOpQrSt-_ "), "{text}");
    }
}

#[tokio::test]
async fn a_message_that_comes_again_is_sent_once_and_kept_without_its_secret() {
    let anna = reader("en").await;
    let token = Uuid::new_v4().simple().to_string();
    let message = secret(anna["id"].as_str().unwrap(), "email", "password_reset", &token[..22]);
    for _ in 0..2 {
        assert!(deliver(std::slice::from_ref(&message)).await.is_empty());
    }
    assert!(the_email(&anna).await["text"].as_str().unwrap().contains(&token[..22]));
    for table in ["NOTIFICATIONS_TABLE", "JOURNAL_TABLE"] {
        let all = everything_in(table).await;
        assert!(
            all.contains(message["notificationId"].as_str().unwrap()),
            "{table}: that it was sent is kept"
        );
        assert!(!all.contains(&token[..22]), "{table}");
    }
}

/// As an invocation leaves it that ends between offering a message and writing down the outcome, once its claim has run out.
#[tokio::test]
async fn a_message_whose_outcome_was_lost_is_unconfirmed_and_not_sent_again() {
    let anna = reader("en").await;
    let message = secret(anna["id"].as_str().unwrap(), "email", "verification_code", "012345");
    assert!(deliver(std::slice::from_ref(&message)).await.is_empty());
    the_email(&anna).await;
    let id = message["notificationId"].as_str().unwrap();
    for (attribute, text) in [("claimedUntil", "2020-01-01T00:00:00.000Z"), ("status", "queued")] {
        set_text("NOTIFICATIONS_TABLE", &format!("NOTIFICATION#{id}"), "NOTIFICATION", attribute, text).await;
    }

    for _ in 0..2 {
        assert!(deliver(std::slice::from_ref(&message)).await.is_empty(), "it does not come again");
        let found = notification(&message["notificationId"]).await;
        assert_eq!(found["status"], "unconfirmed");
        assert!(found["errorMessage"].as_str().unwrap().starts_with("possibly sent"), "{found}");
    }
    let told = journal_of(&format!("notification/{id}")).await;
    let last = told.last().unwrap();
    assert_eq!(
        (&last["type"], &last["sequence"]),
        (&json!("notifications.notification_unconfirmed"), &json!(2))
    );
    the_email(&anna).await;

    // What SES reports decides it.
    let report = json!({"eventType": "Delivery", "mail": {"tags": {"notificationId": [id]}}, "delivery": {}});
    let answer = invoke("NoteDelivery", &sqs_batch(&[("m0", report.to_string())])).await.unwrap();
    assert_eq!(answer["batchItemFailures"], json!([]));
    let found = notification(&message["notificationId"]).await;
    assert_eq!((&found["status"], found.get("errorMessage")), (&json!("delivered"), None));
}

#[tokio::test]
async fn what_is_too_old_or_for_nobody_is_dropped() {
    let anna = reader("en").await;
    let mut old = secret(anna["id"].as_str().unwrap(), "email", "verification_code", "012345");
    old["expiresAt"] = json!("2020-01-01T00:00:00.000Z");
    let nobody = secret(&Uuid::new_v4().to_string(), "email", "verification_code", "012345");
    let good = secret(anna["id"].as_str().unwrap(), "email", "verification_code", "543210");
    assert!(deliver(&[old, nobody, good]).await.is_empty());
    assert!(the_email(&anna).await["text"].as_str().unwrap().contains("543210"), "and nothing else");
}

#[tokio::test]
async fn what_is_not_understood_comes_again() {
    let good = secret(&Uuid::new_v4().to_string(), "email", "verification_code", "012345");
    let mut unknown = good.clone();
    unknown["template"] = json!("advertisement");
    assert_eq!(deliver(&[json!({}), good, unknown]).await, ["m0", "m2"]);
}
