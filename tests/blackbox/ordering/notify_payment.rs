//! `POST /api/v1/payments/{id}/notify`.

use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use uuid::Uuid;

use crate::harness::{
    Answer, Person, Product, change_of_stock, customer, expire, http, operator, place_order, post, product,
    put, reload, secret, set_text, stock_of,
};

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn path(order: &Value) -> String {
    format!("/api/v1/payments/{}/notify", order["payment"]["paymentId"].as_str().unwrap())
}

/// A callback with `body` about the payment of `path`, signed `age` seconds ago.
async fn callback(path: &str, body: &Value, age: i64) -> RequestBuilder {
    let payment = path.split('/').nth(4).unwrap();
    callback_for(payment, path, body, age).await
}

/// A callback that was signed for `payment`.
async fn callback_for(payment: &str, path: &str, body: &Value, age: i64) -> RequestBuilder {
    let secret = secret("NotifyPayment", "CALLBACK_SECRET_ARN").await;
    // As a library takes the secret; in the other half of the cases by the bytes of its text, as callbacks were signed before.
    let webhook = match age % 2 {
        0 => Webhook::new(&secret).unwrap(),
        _ => Webhook::from_bytes(secret.into_bytes()).unwrap(),
    };
    let (id, at, body) = (format!("{payment}.{}", Uuid::new_v4()), now() - age, body.to_string());
    let signature = webhook.sign(&id, at, body.as_bytes()).unwrap();
    post(path)
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", at.to_string())
        .header("webhook-signature", signature)
        .body(body)
}

/// What was signed by the bytes of the secret's text is heard as what a library signs is.
#[tokio::test]
async fn a_callback_that_is_signed_as_before_is_heard() {
    let anna = customer().await;
    let order = place_order(&anna, &product(500, 5).await, 1).await;
    Answer::to(callback(&path(&order), &json!({"status": "succeeded"}), 1).await).await.expect(200);
    assert_eq!(reload(&anna, &order).await["status"], "paid");
}

pub(super) async fn tell(order: &Value, status: &str) -> Answer {
    Answer::to(callback(&path(order), &json!({"status": status}), 0).await).await
}

/// The customer paid, and Holdfast has received no notification of it.
pub(crate) async fn paid_unheard(order: &Value) {
    let url = order["paymentUrl"].as_str().unwrap();
    let reference = url.rsplit('/').next().unwrap();
    set_text("PAYMENTS_TABLE", &format!("SANDBOX#{reference}"), "SANDBOX", "status", "paid").await;
}

async fn set_stock(product: &Product, available: u64) {
    let stock = json!({"warehouse": "msk-1", "available": available});
    operator().await.ask(put(&format!("/api/v1/stocks/{}", product.sku)).json(&stock)).await.expect(200);
}

#[tokio::test]
async fn what_was_signed_for_one_payment_settles_no_other() {
    let anna = customer().await;
    let kettle = product(100, 9).await;
    let (first, second) = (place_order(&anna, &kettle, 1).await, place_order(&anna, &kettle, 1).await);
    let body = json!({"status": "succeeded"});
    let signed_for = first["payment"]["paymentId"].as_str().unwrap();
    for id in [signed_for, "msg_1", &format!("x{signed_for}")] {
        let moved = callback_for(id, &path(&second), &body, 0).await;
        Answer::to(moved).await.problem(401, "invalid_signature");
    }
    assert_eq!(reload(&anna, &second).await["status"], "awaiting_payment");
    tell(&second, "succeeded").await.expect(200);
    assert_eq!(reload(&anna, &second).await["status"], "paid");
}

#[tokio::test]
async fn only_what_is_signed_is_heard() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let path = path(&placed);
    let body = json!({"status": "succeeded"});
    Answer::to(post(&path).json(&body)).await.problem(401, "invalid_signature");
    let old = callback(&path, &body, 330).await;
    Answer::to(old).await.problem(401, "invalid_signature");
    let future = callback(&path, &body, -330).await;
    Answer::to(future).await.problem(401, "invalid_signature");
    let changed = callback(&path, &json!({"status": "failed"}), 0).await.body(body.to_string());
    Answer::to(changed).await.problem(401, "invalid_signature");
    anna.ask(post(&path).json(&body)).await.problem(401, "invalid_signature");
    assert_eq!(reload(&anna, &placed).await["status"], "awaiting_payment");
}

#[tokio::test]
async fn what_is_signed_still_has_to_make_sense() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let path = path(&placed);
    let cases = [
        (json!({}), "/status"),
        (json!({"status": "maybe"}), "/status"),
        (json!({"status": "failed", "x": 1}), "/x"),
    ];
    for (body, pointer) in cases {
        Answer::to(callback(&path, &body, 0).await).await.problem_at(422, "invalid_input", pointer);
    }
    let nobody = format!("/api/v1/payments/{}/notify", Uuid::new_v4());
    Answer::to(callback(&nobody, &json!({"status": "failed"}), 0).await).await.problem(404, "not_found");
}

#[tokio::test]
async fn ten_callbacks_at_once_settle_once() {
    let anna = customer().await;
    let kettle = product(100, 3).await;
    let placed = place_order(&anna, &kettle, 2).await;
    let answers = join_all((0..10).map(|_| tell(&placed, "succeeded"))).await;
    for answer in answers {
        assert_eq!(answer.expect(200)["status"], "succeeded");
    }
    let late = tell(&placed, "failed").await.expect(200);
    assert_eq!(late["status"], "succeeded", "what is settled stays settled");
    let order = reload(&anna, &placed).await;
    assert_eq!((&order["status"], &order["version"]), (&json!("paid"), &json!(2)));
    assert_eq!(stock_of(&kettle.sku).await, 1);
    let delta = json!({"warehouse": "msk-1", "delta": 1});
    let stock = operator().await.ask(change_of_stock(&kettle.sku, &delta)).await.expect(200);
    assert_eq!(stock["warehouses"][0]["reserved"], 0, "the reserve is removed");
}

#[tokio::test]
async fn money_that_comes_late_buys_the_goods_after_all() {
    let anna = customer().await;
    let kettle = product(100, 2).await;
    let placed = place_order(&anna, &kettle, 2).await;
    expire(&placed).await;
    assert_eq!(stock_of(&kettle.sku).await, 2);
    paid_unheard(&placed).await;
    tell(&placed, "succeeded").await.expect(200);
    let order = reload(&anna, &placed).await;
    assert_eq!((&order["status"], &order["payment"]["status"]), (&json!("paid"), &json!("succeeded")));
    assert!(order.get("cancellationReason").is_none());
    assert_eq!(stock_of(&kettle.sku).await, 0);
}

/// Its goods are there, and lie on more rows than one transaction can take.
#[tokio::test]
async fn money_that_comes_late_for_goods_that_are_scattered_goes_back() {
    const SCATTERED: u32 = 90;
    let anna = customer().await;
    let kettle = product(100, SCATTERED.into()).await;
    let placed = place_order(&anna, &kettle, SCATTERED).await;
    expire(&placed).await;
    set_stock(&kettle, 0).await;
    let operator = operator().await;
    let path = format!("/api/v1/stocks/{}", kettle.sku);
    for warehouse in 0..SCATTERED {
        let stock = json!({"warehouse": format!("scattered-{warehouse}"), "available": 1});
        operator.ask(put(&path).json(&stock)).await.expect(200);
    }
    goes_back(&anna, &placed).await;
    assert_eq!(stock_of(&kettle.sku).await, u64::from(SCATTERED));
}

#[tokio::test]
async fn money_that_comes_late_for_goods_that_are_gone_goes_back() {
    let anna = customer().await;
    let kettle = product(100, 2).await;
    let placed = place_order(&anna, &kettle, 2).await;
    expire(&placed).await;
    set_stock(&kettle, 1).await;
    goes_back(&anna, &placed).await;
    assert_eq!(stock_of(&kettle.sku).await, 1);
}

#[tokio::test]
async fn money_for_an_order_that_was_called_off_goes_back() {
    let anna = customer().await;
    let kettle = product(100, 2).await;
    let placed = place_order(&anna, &kettle, 2).await;
    anna.ask(post(&format!("/api/v1/orders/{}/cancel", placed["number"]))).await.expect(200);
    goes_back(&anna, &placed).await;
    assert_eq!(stock_of(&kettle.sku).await, 2, "the goods can be had, and nobody wants them");
}

/// The customer of a cancelled order paid all the same; the money goes back, once.
async fn goes_back(person: &Person, placed: &Value) {
    paid_unheard(placed).await;
    for _ in 0..2 {
        assert_eq!(tell(placed, "succeeded").await.expect(200)["status"], "refunded");
    }
    let order = reload(person, placed).await;
    assert_eq!((&order["status"], &order["payment"]["status"]), (&json!("cancelled"), &json!("refunded")));
    let page = Answer::to(http().get(placed["paymentUrl"].as_str().unwrap())).await;
    assert!(page.text.contains("Refunded"), "{}", page.text);
}
