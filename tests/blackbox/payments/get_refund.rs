//! `GET /api/v1/refunds/{id}`.

use serde_json::json;
use uuid::Uuid;

use crate::harness::{Answer, customer, customer_with, get, operator, pay_for, post, product};

#[tokio::test]
async fn the_payer_and_operators_see_it_and_nobody_else() {
    let anna = customer().await;
    let paid = pay_for(&anna, &product(900, 1).await, 1).await;
    operator().await.ask(post(&format!("/api/v1/orders/{}/cancel", paid["number"]))).await.expect(200);
    let payment = format!("/api/v1/payments/{}", paid["payment"]["paymentId"].as_str().unwrap());
    let refund = anna.ask(get(&payment)).await.expect(200)["refunds"][0].clone();
    assert_eq!((&refund["amount"], &refund["status"]), (&json!(900), &json!("succeeded")));
    let path = format!("/api/v1/refunds/{}", refund["refundId"].as_str().unwrap());
    assert_eq!(anna.ask(get(&path)).await.expect(200), refund);
    assert_eq!(customer_with(&["payments:write"]).await.ask(get(&path)).await.expect(200), refund);

    let boris = customer().await;
    let theirs = boris.ask(get(&path)).await.problem(404, "not_found");
    let nothing =
        boris.ask(get(&format!("/api/v1/refunds/{}", Uuid::new_v4()))).await.problem(404, "not_found");
    assert_eq!(theirs["detail"], nothing["detail"]);
    boris.ask(get("/api/v1/refunds/7")).await.problem(404, "not_found");
    Answer::to(get(&path)).await.problem(401, "token_required");
}
