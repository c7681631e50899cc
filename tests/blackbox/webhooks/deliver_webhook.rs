//! The consumer of the delivery queue.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Receiver, change, deliveries, delivery_after, delivery_that_is, endpoint, event, key, let_it_be_due,
    listening, message, register, remove, signed, tell, unique_type,
};
use crate::harness::{PATIENCE, eventually, invoke, journal_of, set_number, set_text, sqs_batch};

/// Deliveries given up in a row until an endpoint is disabled.
const MAX_EXHAUSTED: i64 = 5;
/// Attempts until a delivery is given up.
const MAX_ATTEMPTS: i64 = 10;

/// With nothing but the queue's own clock.
#[tokio::test]
async fn a_receiver_that_fails_once_gets_it_seconds_later() {
    let (receiver, made, kind) = listening().await;
    receiver.answer(500);
    tell(&event(&kind)).await;
    let heard = receiver.hears(2).await;
    let delivered = delivery_that_is(&made, "delivered").await;
    let statuses: Vec<&Value> =
        delivered["attempts"].as_array().unwrap().iter().map(|attempt| &attempt["statusCode"]).collect();
    assert_eq!(statuses, [&json!(500), &json!(200)]);
    assert!(delivered.get("nextAttemptAt").is_none(), "{delivered}");
    assert_eq!(heard[0].body, heard[1].body, "the same bytes");
    assert_eq!(heard[0].header("webhook-id"), heard[1].header("webhook-id"));
    let at = |at: usize| heard[at].header("webhook-timestamp").parse::<i64>().unwrap();
    assert!(at(1) - at(0) >= 5, "each attempt has its own time: {heard:?}");
    assert!(heard.iter().all(|one| signed(one, &made["secret"])));
    remove(&made).await;
}

#[tokio::test]
async fn who_is_gone_is_left_alone() {
    let (receiver, made, kind) = listening().await;
    receiver.always(410);
    tell(&event(&kind)).await;
    let failed = delivery_that_is(&made, "failed").await;
    assert_eq!(failed["attempts"].as_array().unwrap().len(), 1);
    let now = endpoint(&made).await;
    assert_eq!((&now["enabled"], &now["disabledReason"]), (&json!(false), &json!("gone")));
    tell(&event(&kind)).await;
    assert_eq!(deliveries(&made).await.len(), 1, "nothing more is sent");
    let told = journal_of(&format!("webhook-endpoint/{}", made["id"].as_str().unwrap())).await;
    assert_eq!((told.len(), &told[1]["type"]), (2, &json!("webhooks.endpoint_disabled")));
    assert_eq!(told[1]["data"]["reason"], "gone");
    assert_eq!(told[1]["actor"], json!({"kind": "system", "job": "deliver-webhook"}));
    remove(&made).await;
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (receiver, made, kind) = listening().await;
    let elsewhere = Receiver::start().await;
    for status in [301, 307] {
        receiver.answer_with(status, &format!("location: {}", elsewhere.url));
    }
    tell(&event(&kind)).await;
    let waiting = delivery_after(&made, 2).await;
    assert_eq!(waiting["status"], "pending");
    let statuses: Vec<&Value> =
        waiting["attempts"].as_array().unwrap().iter().map(|attempt| &attempt["statusCode"]).collect();
    assert_eq!(statuses, [&json!(301), &json!(307)]);
    assert!(elsewhere.heard().is_empty());
    remove(&made).await;
}

#[tokio::test]
async fn who_does_not_answer_is_tried_again() {
    let (receiver, made, kind) = listening().await;
    drop(receiver);
    tell(&event(&kind)).await;
    let waiting = delivery_after(&made, 1).await;
    assert_eq!(
        (&waiting["status"], &waiting["attempts"][0]["error"]),
        (&json!("pending"), &json!("could_not_connect"))
    );
    assert!(waiting["attempts"][0].get("statusCode").is_none());
    assert!(waiting["nextAttemptAt"].as_str() > waiting["attempts"][0]["at"].as_str());
    remove(&made).await;
}

/// The deliveries before it, and the first nine attempts of this one, are made up: they would take weeks.
#[tokio::test]
async fn who_fails_again_and_again_is_disabled() {
    let (receiver, made, kind) = listening().await;
    receiver.always(503);
    tell(&event(&kind)).await;
    let waiting = delivery_after(&made, 2).await;
    let sort = format!("ENDPOINT#{}", made["id"].as_str().unwrap());
    set_number("WEBHOOKS_TABLE", "ENDPOINTS", &sort, "exhausted", MAX_EXHAUSTED - 1).await;
    set_number("WEBHOOKS_TABLE", &key(&waiting), "DELIVERY", "tries", MAX_ATTEMPTS - 1).await;
    let_it_be_due(&waiting).await;
    invoke("DeliverWebhook", &sqs_batch(&[("m", message(&waiting))])).await.unwrap();
    let failed = delivery_that_is(&made, "failed").await;
    assert_eq!(failed["attempts"].as_array().unwrap().len(), 3);
    assert!(failed.get("nextAttemptAt").is_none());
    let now = endpoint(&made).await;
    assert_eq!((&now["enabled"], &now["disabledReason"]), (&json!(false), &json!("failing")));
    assert_eq!(now["failedDeliveries"], MAX_EXHAUSTED);
    let told = journal_of(&format!("webhook-endpoint/{}", made["id"].as_str().unwrap())).await;
    assert_eq!(told[1]["data"]["reason"], "failing");
    let mended = change(&made, &json!({"enabled": true})).await.expect(200);
    assert_eq!((&mended["failedDeliveries"], mended.get("disabledReason")), (&json!(0), None));
    remove(&made).await;
}

#[tokio::test]
async fn one_that_is_delivered_makes_up_for_those_before() {
    let (_receiver, made, kind) = listening().await;
    let sort = format!("ENDPOINT#{}", made["id"].as_str().unwrap());
    set_number("WEBHOOKS_TABLE", "ENDPOINTS", &sort, "exhausted", MAX_EXHAUSTED - 1).await;
    tell(&event(&kind)).await;
    eventually("the endpoint to be forgiven", PATIENCE, || async {
        (endpoint(&made).await["failedDeliveries"] == 0).then_some(())
    })
    .await;
    remove(&made).await;
}

/// However many messages there are about one delivery, each attempt is made once.
#[tokio::test]
async fn two_messages_make_one_attempt() {
    let (receiver, made, kind) = listening().await;
    receiver.answer(500);
    receiver.answer(500);
    tell(&event(&kind)).await;
    let waiting = delivery_after(&made, 2).await;
    let batch = sqs_batch(&[("m0", message(&waiting)), ("m1", message(&waiting))]);
    invoke("DeliverWebhook", &batch).await.unwrap();
    assert_eq!(receiver.heard().len(), 2, "it is not due for five minutes");
    let_it_be_due(&waiting).await;
    for answer in join_all((0..5).map(|_| invoke("DeliverWebhook", &batch))).await {
        assert_eq!(answer.unwrap()["batchItemFailures"], json!([]));
    }
    let delivered = delivery_that_is(&made, "delivered").await;
    assert_eq!(delivered["attempts"].as_array().unwrap().len(), 3);
    assert_eq!(receiver.heard().len(), 3);
    remove(&made).await;
}

/// The rule holds when something is sent as well: the address came into the table behind the system's back.
#[tokio::test]
async fn an_address_that_is_not_public_is_not_sent_to() {
    let kind = unique_type();
    let made = register("https://erp.example.com/", &[&kind]).await;
    let sort = format!("ENDPOINT#{}", made["id"].as_str().unwrap());
    let inside = "http://169.254.169.254/latest/meta-data/";
    set_text("WEBHOOKS_TABLE", "ENDPOINTS", &sort, "url", inside).await;
    tell(&event(&kind)).await;
    let waiting = delivery_after(&made, 1).await;
    assert_eq!(waiting["attempts"][0]["error"], "address_not_allowed");
    remove(&made).await;
}

#[tokio::test]
async fn only_what_is_not_understood_comes_again() {
    let batch = sqs_batch(&[
        ("m0", "no json".to_owned()),
        ("m1", json!({"deliveryId": Uuid::new_v4()}).to_string()),
        ("m2", json!({"deliveryId": "x"}).to_string()),
    ]);
    let answer = invoke("DeliverWebhook", &batch).await.unwrap();
    let failed = ["m0", "m2"].map(|id| json!({"itemIdentifier": id}));
    assert_eq!(answer["batchItemFailures"], json!(failed));
}
