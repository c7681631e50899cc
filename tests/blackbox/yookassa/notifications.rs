//! What the webhook takes, what it refuses, and what it makes of things that it does not know.

use serde_json::{Value, json};
use uuid::Uuid;

use super::double::{FUNCTION, Scene, WEBHOOK, base_url, notification, object, tell};
use crate::harness::{
    Answer, decide, http, invoke, journal_of, names_the_member_at_fault, post, post_from, request_event,
    secret, wants_a_json_object,
};

#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn nothing_of_a_notification_is_believed() {
    let scene = Scene::with(1).await;
    let placed = scene.order().await;
    for event in ["payment.succeeded", "payment.canceled", "payment.waiting_for_capture", "payment.newborn"] {
        tell(event, &object(&placed)).await.expect(200);
        let order = scene.reload(&placed).await;
        assert_eq!((&order["status"], &order["version"]), (&json!("awaiting_payment"), &json!(1)), "{event}");
    }
    scene.adds_up(&placed).await;
}

#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn what_comes_out_of_order_changes_nothing() {
    let scene = Scene::with(1).await;
    let placed = scene.order().await;
    assert_eq!(decide(&placed, "pay").await.status, 303);
    let paid = scene.becomes(&placed, "paid", "succeeded").await;
    for event in ["payment.canceled", "payment.waiting_for_capture", "payment.succeeded", "payment.canceled"]
    {
        assert_eq!(tell(event, &object(&placed)).await.expect(200)["outcome"], "applied");
        assert_eq!(scene.reload(&placed).await, paid, "{event}");
    }
    scene.adds_up(&placed).await;
}

/// A notification that `event` happened to `id` is journalled once, with the `reason` that Holdfast finds. Repeats are not journalled.
async fn is_journalled_once(event: &str, id: &str, reason: &str) {
    for _ in 0..3 {
        assert_eq!(tell(event, id).await.expect(200)["outcome"], "unknown", "{event}");
    }
    let rows = journal_of(&format!("provider/yookassa/{id}")).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["type"], "payments.unknown_object_reported");
    let data = json!({"provider": "yookassa", "reference": id, "event": event, "reason": reason});
    assert_eq!((&rows[0]["data"], &rows[0]["actor"]["kind"]), (&data, &json!("provider")));
}

#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn what_the_shop_does_not_know_is_acknowledged_and_journalled_once() {
    let nowhere = || Uuid::new_v4().to_string();
    is_journalled_once("payment.succeeded", &nowhere(), "not_there").await;
    is_journalled_once("refund.succeeded", &nowhere(), "not_there").await;
    is_journalled_once("payout.succeeded", &format!("po-{}", nowhere()), "event").await;
    is_journalled_once("deal.closed", &format!("dl-{}", nowhere()), "event").await;
    // Others may use the same account: by hand, or from another installation, which has its own orders.
    for metadata in [json!({}), json!({"payment_id": Uuid::new_v4(), "order_number": "7"})] {
        is_journalled_once("payment.succeeded", &foreign(&metadata).await, "not_ours").await;
    }
}

/// A second payment at the provider for one of Holdfast's: nothing here makes one, and a person has to know of it.
#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn a_second_payment_for_the_same_order_is_noticed() {
    let scene = Scene::with(1).await;
    let placed = scene.order().await;
    let second = foreign(&json!({"payment_id": placed["payment"]["paymentId"]})).await;
    is_journalled_once("payment.succeeded", &second, "second_payment").await;
    assert_eq!(scene.reload(&placed).await["status"], "awaiting_payment", "the first is the order's");
    assert_eq!(decide(&placed, "pay").await.status, 303);
    scene.becomes(&placed, "paid", "succeeded").await;
    scene.adds_up(&placed).await;
}

/// The id of a payment over 1.00 that was begun outside Holdfast with the merchant's account, and that is paid.
pub(super) async fn foreign(metadata: &Value) -> String {
    let account: Value = serde_json::from_str(&secret(FUNCTION, "YOOKASSA_SECRET_ARN").await).unwrap();
    let (shop, key) = (account["shopId"].as_str().unwrap(), account["secretKey"].as_str());
    let body = json!({
        "amount": {"value": "1.00", "currency": "RUB"}, "capture": true, "metadata": metadata,
        "confirmation": {"type": "redirect", "return_url": "https://shop.example/back"}, "payment_token": "tok_success",
    });
    let request = http().post(format!("{}/v3/payments", base_url().await)).basic_auth(shop, key);
    let made = Answer::to(request.header("Idempotence-Key", Uuid::new_v4().to_string()).json(&body)).await;
    made.expect(200)["id"].as_str().unwrap().to_owned()
}

/// The provider sends for a day what is not acknowledged. What it never sends may be refused.
#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn a_body_that_is_no_notification_is_refused() {
    wants_a_json_object(|| post(WEBHOOK)).await;
    let id = Uuid::new_v4().to_string();
    let cases = [
        ("event", json!(null)),
        ("event", json!(7)),
        ("event", json!("")),
        ("event", json!("Payment succeeded")),
        ("object", json!(null)),
        ("object", json!("x")),
    ];
    let body = notification("payment.succeeded", &id);
    names_the_member_at_fault(&body, cases, || post(WEBHOOK)).await;
    let mut nameless = body.clone();
    nameless["object"].as_object_mut().unwrap().remove("id");
    for body in [nameless, notification("refund.succeeded", "../payments"), notification("payout.x", "")] {
        Answer::to(post(WEBHOOK).json(&body)).await.problem_at(422, "invalid_input", "/object/id");
    }
    assert!(journal_of(&format!("provider/yookassa/{id}")).await.is_empty());
}

#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn only_the_providers_addresses_are_heard() {
    let scene = Scene::with(1).await;
    let placed = scene.order().await;
    scene.deliver(&json!({"hold": true})).await;
    assert_eq!(decide(&placed, "pay").await.status, 303);
    let body = notification("payment.succeeded", &object(&placed));
    post_from("203.0.113.7", FUNCTION, WEBHOOK, &body).await.problem(403, "source_not_allowed");
    // A header about the source of a request can hold any text that its sender wrote.
    let claimed = json!({"x-forwarded-for": "127.0.0.1", "forwarded": "for=127.0.0.1"});
    let event = request_event(&format!("POST {WEBHOOK}"), "", &claimed, &body);
    assert_eq!(invoke(FUNCTION, &event).await.unwrap()["statusCode"], 403);
    assert_eq!(scene.reload(&placed).await["status"], "awaiting_payment");
    assert_eq!(post_from("127.0.0.1", FUNCTION, WEBHOOK, &body).await.expect(200)["outcome"], "applied");
    scene.becomes(&placed, "paid", "succeeded").await;
    scene.adds_up(&placed).await;
}
