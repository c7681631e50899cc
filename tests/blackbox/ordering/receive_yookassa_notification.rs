//! `POST /api/v1/webhooks/payment/yookassa` in a shop whose provider is another. What it does where `YooKassa` is the provider is shown in
//! `yookassa`.

use serde_json::json;
use uuid::Uuid;

use crate::harness::{Answer, customer, get, item, journal_of, place_order, post, product};

const PATH: &str = "/api/v1/webhooks/payment/yookassa";

#[tokio::test]
async fn there_is_no_such_route_where_the_provider_is_another() {
    let id = Uuid::new_v4().to_string();
    let body = json!({"type": "notification", "event": "payment.succeeded", "object": {"id": id}});
    Answer::to(post(PATH).json(&body)).await.problem(404, "not_found");
    Answer::to(post(PATH).body("no notification")).await.problem(404, "not_found");
    assert!(journal_of(&format!("provider/yookassa/{id}")).await.is_empty());
}

#[tokio::test]
async fn nobody_pays_a_sandbox_payment_through_it() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let payment = format!("PAYMENT#{}", placed["payment"]["paymentId"].as_str().unwrap());
    let reference = placed["paymentUrl"].as_str().unwrap().rsplit('/').next().unwrap();
    let before = item("PAYMENTS_TABLE", &payment, "PAYMENT").await;
    assert!(before.is_some());
    let body = json!({"type": "notification", "event": "payment.succeeded", "object": {"id": reference}});
    Answer::to(post(PATH).json(&body)).await.problem(404, "not_found");
    assert_eq!(item("PAYMENTS_TABLE", &payment, "PAYMENT").await, before);
    let order = anna.ask(get(&format!("/api/v1/orders/{}", placed["number"]))).await.expect(200);
    assert_eq!(order["status"], "awaiting_payment");
}
