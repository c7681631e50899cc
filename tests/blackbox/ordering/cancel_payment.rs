//! `POST /api/v1/payments/{id}/cancel`.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    customer, customer_with, decide, journal_of, pay_for, place_order, post, product, reload, stock_of,
    wants_a_token,
};

fn path(order: &Value) -> String {
    format!("/api/v1/payments/{}/cancel", order["payment"]["paymentId"].as_str().unwrap())
}

#[tokio::test]
async fn a_pending_attempt_is_given_up_and_another_one_pays_at_once() {
    let anna = customer().await;
    let kettle = product(500, 3).await;
    let order = place_order(&anna, &kettle, 1).await;
    let given_up = anna.ask(post(&path(&order))).await.expect(200);
    assert_eq!(
        (&given_up["status"], &given_up["failure"]),
        (&json!("failed"), &json!({"code": "attempt_given_up"}))
    );
    assert_eq!(anna.ask(post(&path(&order))).await.expect(200), given_up, "once is enough");
    let waiting = reload(&anna, &order).await;
    assert_eq!(
        (&waiting["status"], &waiting["payment"]["status"]),
        (&json!("awaiting_payment"), &json!("failed"))
    );
    assert_eq!(stock_of(&kettle.sku).await, 2, "its goods are still set aside");
    let pay = format!("/api/v1/orders/{}/pay", order["number"]);
    let card = json!({"method": "card", "cardToken": "tok_success"});
    let second = anna.ask(post(&pay).json(&card)).await.expect(201);
    assert_eq!(second["status"], "succeeded");
    assert_ne!(second["paymentId"], order["payment"]["paymentId"]);
    assert_eq!(reload(&anna, &order).await["status"], "paid");
    let told = journal_of(&format!("payment/{}", order["payment"]["paymentId"].as_str().unwrap())).await;
    assert_eq!(told.last().unwrap()["type"], "payments.payment_failed");
    assert_eq!(told.last().unwrap()["actor"]["kind"], "customer");
    // The page that was given up takes no more money.
    assert_ne!(decide(&order, "pay").await.status, 303);
}

#[tokio::test]
async fn money_that_came_is_not_given_up() {
    let anna = customer().await;
    let paid = pay_for(&anna, &product(500, 3).await, 1).await;
    let told = anna.ask(post(&path(&paid))).await.problem(409, "payment_already_captured");
    assert_eq!(told["payment"]["status"], "succeeded");
    assert_eq!(reload(&anna, &paid).await["status"], "paid");
}

#[tokio::test]
async fn only_the_payer_or_a_cashier_may() {
    let anna = customer().await;
    let order = place_order(&anna, &product(500, 3).await, 1).await;
    wants_a_token(|| post(&path(&order))).await;
    customer().await.ask(post(&path(&order))).await.problem(404, "not_found");
    customer_with(&["orders:write"]).await.ask(post(&path(&order))).await.problem(404, "not_found");
    for id in [Uuid::new_v4().to_string(), "x".to_owned()] {
        anna.ask(post(&format!("/api/v1/payments/{id}/cancel"))).await.problem(404, "not_found");
    }
    assert_eq!(reload(&anna, &order).await["payment"]["status"], "pending");
    let cashier = customer_with(&["payments:write"]).await;
    assert_eq!(cashier.ask(post(&path(&order))).await.expect(200)["status"], "failed");
    let told = journal_of(&format!("payment/{}", order["payment"]["paymentId"].as_str().unwrap())).await;
    assert_eq!(told.last().unwrap()["actor"]["kind"], "operator");
}
