//! Missing, late and final decisions of the provider: no customer is charged without having asked for it, and no money is kept.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use super::double::{Scene, control, object, written};
use crate::harness::{
    decide, expire, invoke, item, journal_of, order_directly, post, put_in_cart, set_text,
    set_texts_of_existing, sqs_batch, stock_of,
};

const LONG_AGO: &str = "2026-01-01T00:00:00.000Z";
/// As often as one request asks while the outcome is unknown.
const EVERY_ATTEMPT: u32 = 3;

fn key(payment: &str) -> String {
    format!("PAYMENT#{payment}")
}

/// The reconciliation schedule polls the payment now.
async fn poll(payment: &str) {
    let due = [("lookKey", LONG_AGO), ("watch.next", LONG_AGO)];
    if set_texts_of_existing("PAYMENTS_TABLE", &key(payment), "PAYMENT", &due, "lookKey").await {
        let batch = sqs_batch(&[("poll", json!({"paymentId": payment}).to_string())]);
        assert_eq!(invoke("ReconcilePayment", &batch).await.unwrap()["batchItemFailures"], json!([]));
    }
}

async fn is_watched(payment: &str) -> bool {
    item("PAYMENTS_TABLE", &key(payment), "PAYMENT").await.unwrap().contains_key("lookKey")
}

/// An order for one unit, and the payment by card that could not be begun because the provider did `effect`.
async fn unanswered(scene: &Scene, effect: &str, times: u32) -> (Value, String) {
    let order = order_directly(&scene.anna, &scene.kettle, 1, &json!({})).await;
    scene.script("create_payment", &json!({"kind": effect}), times).await;
    let pay = json!({"method": "card", "cardToken": "tok_success"});
    let path = format!("/api/v1/orders/{}/pay", order["number"]);
    let problem = scene.anna.ask(post(&path).json(&pay)).await.problem(503, "unavailable");
    assert_eq!((&problem["orderId"], &problem["number"]), (&order["orderId"], &order["number"]), "{effect}");
    (order, problem["paymentId"].as_str().unwrap().to_owned())
}

async fn cancel(scene: &Scene, order: &Value) {
    scene.anna.ask(post(&format!("/api/v1/orders/{}/cancel", order["number"]))).await.expect(200);
}

#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn who_cancels_after_a_503_is_not_charged_later() {
    for effect in ["unauthorized", "throttle"] {
        let scene = Scene::with(1).await;
        let (order, payment) = unanswered(&scene, effect, 1).await;
        cancel(&scene, &order).await;
        assert!(!is_watched(&payment).await, "{effect}: the provider certainly has nothing");
        assert!(scene.payments(&order).await.is_empty(), "{effect}");
    }
    let scene = Scene::with(1).await;
    let (order, payment) = unanswered(&scene, "fail_before", EVERY_ATTEMPT).await;
    let asked = scene.keys("create_payment").await.len();
    cancel(&scene, &order).await;
    poll(&payment).await;
    assert!(is_watched(&payment).await, "a request may still be on its way");
    set_text("PAYMENTS_TABLE", &key(&payment), "PAYMENT", "sentAt", LONG_AGO).await;
    poll(&payment).await;
    assert!(!is_watched(&payment).await);
    assert_eq!(scene.keys("create_payment").await.len(), asked, "no poll begins it");
    assert!(scene.payments(&order).await.is_empty());
}

#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn who_was_charged_without_an_answer_and_cancels_gets_the_money_back() {
    let scene = Scene::with(1).await;
    scene.deliver(&json!({"hold": true})).await;
    let (order, payment) = unanswered(&scene, "drop_after", EVERY_ATTEMPT).await;
    cancel(&scene, &order).await;
    poll(&payment).await;
    scene.becomes(&order, "cancelled", "refunded").await;
    assert_eq!(scene.refunds(&order).await.len(), 1);
    scene.adds_up(&order).await;
}

#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn an_expired_order_is_not_charged_and_revived() {
    let scene = Scene::with(1).await;
    let (order, payment) = unanswered(&scene, "fail_before", EVERY_ATTEMPT).await;
    expire(&order).await;
    assert_eq!(scene.reload(&order).await["status"], "cancelled");
    poll(&payment).await;
    assert_eq!(scene.reload(&order).await["status"], "cancelled");
    assert!(scene.payments(&order).await.is_empty());
    assert_eq!(stock_of(&scene.kettle.sku).await, 1);
}

/// The 503 says that the same request may be sent again. Without a key that is the same request still, until it is answered.
#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn a_repeat_without_a_key_is_charged_once() {
    let scene = Scene::with(3).await;
    let product = json!([{"productId": scene.kettle.sku, "quantity": 1}]);
    let mut body = crate::harness::address();
    body["items"] = product;
    body["card"] = json!("tok_success");
    let order = || scene.anna.ask(post("/api/v1/orders").json(&body));
    for effect in ["unauthorized", "fail_before", "drop_after"] {
        let times = if effect == "unauthorized" { 1 } else { EVERY_ATTEMPT };
        scene.script("create_payment", &json!({"kind": effect}), times).await;
        let first = order().await.problem(503, "unavailable");
        let again = order().await.expect(201);
        assert_eq!(again["orderId"], first["orderId"], "{effect}");
        scene.becomes(&again, "paid", "succeeded").await;
        scene.adds_up(&again).await;
    }
    assert_eq!(stock_of(&scene.kettle.sku).await, 0, "each that was answered is another order");
}

#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn a_checkout_without_a_key_goes_on_although_the_cart_is_empty() {
    let scene = Scene::with(1).await;
    put_in_cart(&scene.anna, &scene.kettle.sku, 1).await;
    let body = json!({"method": "card", "cardToken": "tok_success"});
    let checkout = || scene.anna.ask(post("/api/v1/orders/checkout").json(&body));
    scene.script("create_payment", &json!({"kind": "drop_after"}), EVERY_ATTEMPT).await;
    let first = checkout().await.problem(503, "unavailable");
    let order = checkout().await.expect(201);
    assert_eq!((&order["id"], &order["status"]), (&first["orderId"], &json!("paid")));
    scene.adds_up(&order).await;
    checkout().await.problem(409, "cart_empty");
}

#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn another_card_can_be_tried_when_the_first_never_reached_the_provider() {
    let scene = Scene::with(1).await;
    let (order, payment) = unanswered(&scene, "unauthorized", 1).await;
    let path = format!("/api/v1/orders/{}/pay", order["number"]);
    let page = scene.anna.ask(post(&path).json(&json!({}))).await.expect(201);
    assert_ne!(page["paymentId"], payment.as_str());
    let former = journal_of(&format!("payment/{payment}")).await;
    assert_eq!(former.last().unwrap()["data"]["failureCode"], "not_begun");
    assert_eq!(decide(&page, "pay").await.status, 303);
    scene.becomes(&order, "paid", "succeeded").await;
    scene.adds_up(&order).await;
}

/// The customer paid in time, and the message is lost.
#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn who_paid_in_time_keeps_the_goods() {
    let scene = Scene::with(1).await;
    let order = scene.order().await;
    scene.deliver(&json!({"hold": true})).await;
    assert_eq!(decide(&order, "pay").await.status, 303);
    expire(&order).await;
    let kept = scene.reload(&order).await;
    assert_eq!((&kept["status"], &kept["payment"]["status"]), (&json!("paid"), &json!("succeeded")));
    assert_eq!(
        scene.happened(&order, "orders.order_canceled").await,
        0,
        "nobody was told that it was cancelled"
    );
    scene.adds_up(&order).await;
}

/// While the provider can't be asked an order is kept a little longer, and not for ever.
#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn an_order_waits_a_little_for_a_provider_that_is_down() {
    let scene = Scene::with(1).await;
    let order = scene.order().await;
    let id = order["id"].as_str().unwrap();
    let expire_now = async |due: String| {
        scene.script("get_payment", &json!({"kind": "fail_before"}), EVERY_ATTEMPT).await;
        set_text("ORDERS_TABLE", &format!("ORDER#{id}"), "ORDER", "expiresAt", &due).await;
        let batch = sqs_batch(&[("due", json!({"orderId": id}).to_string())]);
        let failures = invoke("ExpireOrder", &batch).await.unwrap()["batchItemFailures"].clone();
        (failures, scene.reload(&order).await["status"].clone())
    };
    let just_now = jiff::Timestamp::now() - std::time::Duration::from_secs(20);
    let (failures, status) = expire_now(format!("{just_now:.3}")).await;
    assert_eq!((failures[0]["itemIdentifier"].as_str(), &status), (Some("due"), &json!("awaiting_payment")));
    let (failures, status) = expire_now(LONG_AGO.to_owned()).await;
    assert_eq!((failures, status), (json!([]), json!("cancelled")));
}

async fn refund_of(scene: &Scene, order: &Value) -> Value {
    let payment = scene.reload(order).await["payment"]["paymentId"].as_str().unwrap().to_owned();
    let row = item("PAYMENTS_TABLE", &key(&payment), "PAYMENT").await.unwrap();
    let AttributeValue::L(refunds) = &row["refunds"] else { panic!("{row:?}") };
    let AttributeValue::M(refund) = &refunds[0] else { panic!("{refunds:?}") };
    let text = |name: &str| refund.get(name).and_then(|value| value.as_s().ok()).cloned();
    json!({"id": text("id"), "status": text("status"), "payment": payment})
}

/// The provider works on a refund for days: it is asked daily, nothing is sent in its place, and its late word is heard.
#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn a_refund_that_takes_days_goes_back_once() {
    let scene = Scene::with(1).await;
    let order = order_directly(&scene.anna, &scene.kettle, 1, &json!({"card": "tok_success"})).await;
    scene.script("create_refund", &json!({"kind": "stay_open"}), 1).await;
    let operator = crate::harness::operator().await;
    operator.ask(post(&format!("/api/v1/orders/{}/cancel", order["number"]))).await.expect(200);
    let payment = refund_of(&scene, &order).await["payment"].as_str().unwrap().to_owned();
    let since = [("watch.since", LONG_AGO)];
    set_texts_of_existing("PAYMENTS_TABLE", &key(&payment), "PAYMENT", &since, "lookKey").await;
    poll(&payment).await;
    assert!(is_watched(&payment).await, "it is polled on");
    assert_eq!(refund_of(&scene, &order).await["status"], "pending");
    let again = json!({"orderId": order["orderId"], "paymentId": payment, "amount": 1});
    let payments = crate::harness::customer_with(&["payments:write"]).await;
    payments.ask(post("/api/v1/refunds").json(&again)).await.problem(409, "refund_exceeds_payment");
    let refund = scene.refunds(&order).await[0]["id"].as_str().unwrap().to_owned();
    control(&format!("refunds/{refund}/decide"), &json!({"decision": "succeed"})).await;
    scene.becomes(&order, "cancelled", "refunded").await;
    assert_eq!(scene.refunds(&order).await.len(), 1);
    scene.adds_up(&order).await;
}

/// The provider has sent money whose refund was given up: its word corrects the books.
#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn the_providers_word_about_a_refund_that_was_given_up_counts() {
    let scene = Scene::with(1).await;
    let order = order_directly(&scene.anna, &scene.kettle, 1, &json!({"card": "tok_success"})).await;
    scene.deliver(&json!({"hold": true})).await;
    // Each attempt is made, and no answer comes.
    scene.script("create_refund", &json!({"kind": "drop_after"}), 100).await;
    let operator = crate::harness::operator().await;
    operator.ask(post(&format!("/api/v1/orders/{}/cancel", order["number"]))).await.expect(200);
    let payment = refund_of(&scene, &order).await["payment"].as_str().unwrap().to_owned();
    let since = [("watch.since", LONG_AGO)];
    set_texts_of_existing("PAYMENTS_TABLE", &key(&payment), "PAYMENT", &since, "lookKey").await;
    poll(&payment).await;
    assert_eq!(refund_of(&scene, &order).await["status"], "unknown");
    let again = json!({"orderId": order["orderId"], "paymentId": payment, "amount": scene.kettle.price});
    let payments = crate::harness::customer_with(&["payments:write"]).await;
    payments.ask(post("/api/v1/refunds").json(&again)).await.problem(409, "refund_exceeds_payment");
    let refund = scene.refunds(&order).await[0]["id"].as_str().unwrap().to_owned();
    control("notifications/release", &json!({"object": refund})).await;
    scene.becomes(&order, "cancelled", "refunded").await;
    scene.adds_up(&order).await;
}

/// A second payment at the provider for one of the merchant's is undone: money goes back, a hold is let go of.
#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn what_a_second_payment_took_goes_back() {
    let scene = Scene::with(1).await;
    let order = scene.order().await;
    let second = super::notifications::foreign(&json!({"payment_id": order["payment"]["paymentId"]})).await;
    super::double::tell("payment.succeeded", &second).await.expect(200);
    let refunds = super::double::list("refunds").await;
    let back: Vec<_> = refunds.iter().filter(|refund| refund["payment_id"] == second.as_str()).collect();
    assert_eq!((back.len(), &back[0]["amount"]["value"]), (1, &json!(written(100))));
    assert_eq!(decide(&order, "pay").await.status, 303);
    scene.becomes(&order, "paid", "succeeded").await;
    assert_eq!(object(&order), scene.payments(&order).await[0]["id"].as_str().unwrap());
}
