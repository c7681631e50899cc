//! `POST /api/v1/orders/{id}/payment-status`.

use serde_json::{Value, json};
use standardwebhooks::Webhook;
use uuid::Uuid;

use super::notify_payment::now;
use crate::harness::{Answer, customer, customer_with, place_order, post, product, reload, secret, stock_of};

fn path(order: &Value) -> String {
    format!("/api/v1/orders/{}/payment-status", order["number"])
}

fn report(order: &Value, status: &str) -> Value {
    json!({"paymentId": order["payment"]["paymentId"], "status": status})
}

#[tokio::test]
async fn a_payment_service_with_the_scope_is_heard() {
    let (anna, service) = (customer().await, customer_with(&["payments:write"]).await);
    let kettle = product(100, 3).await;
    let paid = place_order(&anna, &kettle, 1).await;
    for _ in 0..2 {
        let answer = service.ask(post(&path(&paid)).json(&report(&paid, "succeeded"))).await.expect(200);
        assert_eq!(answer["status"], "succeeded");
    }
    assert_eq!(reload(&anna, &paid).await["status"], "paid");
    let late = service.ask(post(&path(&paid)).json(&report(&paid, "failed"))).await.expect(200);
    assert_eq!(late["status"], "succeeded", "what is settled stays settled");

    let refused = place_order(&anna, &kettle, 1).await;
    let mut body = report(&refused, "failed");
    body["failureCode"] = json!("insufficient_funds");
    body["failureMessage"] = json!("Not enough money.");
    let answer = service.ask(post(&path(&refused)).json(&body)).await.expect(200);
    let why = json!({"code": "insufficient_funds", "message": "Not enough money."});
    assert_eq!((&answer["status"], &answer["failure"]), (&json!("failed"), &why));
    let order = reload(&anna, &refused).await;
    assert_eq!(
        (&order["status"], &order["cancellationReason"]),
        (&json!("cancelled"), &json!("Not enough money."))
    );
    assert_eq!(stock_of(&kettle.sku).await, 2);
}

#[tokio::test]
async fn a_signature_is_as_good_and_nothing_else_is() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let body = report(&placed, "succeeded").to_string();
    let webhook =
        Webhook::from_bytes(secret("ReportPaymentStatus", "CALLBACK_SECRET_ARN").await.into_bytes()).unwrap();
    let (id, at) = (format!("msg_{}", Uuid::new_v4()), now());
    let signed = |signature: String| {
        post(&path(&placed))
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", at.to_string())
            .header("webhook-signature", signature)
            .body(body.clone())
    };
    let signature = webhook.sign(&id, at, body.as_bytes()).unwrap();
    Answer::to(signed(signature.replace("v1,", "v1,AAAA"))).await.problem(401, "invalid_signature");
    Answer::to(post(&path(&placed)).json(&report(&placed, "succeeded")))
        .await
        .problem(401, "invalid_signature");
    anna.ask(post(&path(&placed)).json(&report(&placed, "succeeded")))
        .await
        .problem(403, "insufficient_scope");
    assert_eq!(reload(&anna, &placed).await["status"], "awaiting_payment");
    assert_eq!(Answer::to(signed(signature)).await.expect(200)["status"], "succeeded");
    assert_eq!(reload(&anna, &placed).await["status"], "paid");
}

#[tokio::test]
async fn what_does_not_belong_together_is_named() {
    let (anna, service) = (customer().await, customer_with(&["payments:write"]).await);
    let (one, other) = (
        place_order(&anna, &product(100, 1).await, 1).await,
        place_order(&anna, &product(100, 1).await, 1).await,
    );
    let cases = [
        (report(&other, "succeeded"), "/paymentId"),
        (json!({"paymentId": Uuid::new_v4(), "status": "succeeded"}), "/paymentId"),
        (json!({"paymentId": "x", "status": "succeeded"}), "/paymentId"),
        (report(&one, "maybe"), "/status"),
        (json!({"status": "succeeded"}), "/paymentId"),
    ];
    for (body, pointer) in cases {
        service.ask(post(&path(&one)).json(&body)).await.problem_at(422, "invalid_input", pointer);
    }
    let nowhere = "/api/v1/orders/1/payment-status";
    service.ask(post(nowhere).json(&report(&one, "succeeded"))).await.problem(404, "not_found");
    for order in [one, other] {
        assert_eq!(reload(&anna, &order).await["status"], "awaiting_payment");
    }
}
