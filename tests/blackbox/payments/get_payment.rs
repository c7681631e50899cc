//! `GET /api/v1/payments/{id}`.

use serde_json::json;
use uuid::Uuid;

use crate::harness::{Answer, customer, decide, get, place_order, product};

#[tokio::test]
async fn the_payer_sees_the_payment() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(1_234, 2).await, 2).await;
    let id = placed["payment"]["paymentId"].as_str().unwrap();
    let path = format!("/api/v1/payments/{id}");
    let seen = anna.ask(get(&path)).await.expect(200);
    let pending = json!({
        "paymentId": id, "orderId": placed["id"], "status": "pending", "amount": 2_468, "currency": "RUB", "method": "page",
        "refundedAmount": 0, "refunds": [], "createdAt": placed["createdAt"], "updatedAt": seen["updatedAt"],
    });
    assert_eq!(seen, pending);
    decide(&placed, "decline").await;
    let failed = anna.ask(get(&path)).await.expect(200);
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["failure"]["code"], "card_declined");
}

#[tokio::test]
async fn nobody_else_learns_that_it_exists() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let path = format!("/api/v1/payments/{}", placed["payment"]["paymentId"].as_str().unwrap());
    let boris = customer().await;
    let theirs = boris.ask(get(&path)).await.problem(404, "not_found");
    let nothing =
        boris.ask(get(&format!("/api/v1/payments/{}", Uuid::new_v4()))).await.problem(404, "not_found");
    assert_eq!(theirs["detail"], nothing["detail"]);
    boris.ask(get("/api/v1/payments/7")).await.problem(404, "not_found");
    Answer::to(get(&path)).await.problem(401, "token_required");
}
