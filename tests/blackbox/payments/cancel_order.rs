//! `POST /api/v1/orders/{id}/cancel`.

use futures_util::future::join;
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Answer, customer, decide, get, operator, place_order, post, product, stock_of};

#[tokio::test]
async fn the_owner_cancels_and_the_goods_come_back() {
    let anna = customer().await;
    let kettle = product(100, 4).await;
    let placed = place_order(&anna, &kettle, 4).await;
    let path = format!("/api/v1/orders/{}/cancel", placed["id"].as_str().unwrap());
    let reason = json!({"reason": " Передумала 🙃 "});
    let cancelled = anna.ask(post(&path).json(&reason)).await.expect(200);
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(cancelled["cancellationReason"], "Передумала 🙃");
    assert!(cancelled["canceledAt"].is_string());
    assert!(cancelled.get("expiresAt").is_none());
    assert_eq!(cancelled["payment"]["status"], "failed");
    assert_eq!(cancelled["version"], 2);
    assert_eq!(stock_of(&kettle.sku).await, 4);
    let again = anna.ask(post(&path)).await.problem(409, "order_already_finalized");
    assert_eq!(again["order"], cancelled, "with the order as it is");
    assert_eq!(stock_of(&kettle.sku).await, 4, "nothing comes back twice");
    // The page takes no money for it any more.
    let page = decide(&placed, "pay").await;
    assert!(page.text.contains("closed this payment"), "{}", page.text);
}

#[tokio::test]
async fn only_the_owner_and_operators_may() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let path = format!("/api/v1/orders/{}/cancel", placed["number"]);
    Answer::to(post(&path)).await.problem(401, "token_required");
    customer().await.ask(post(&path)).await.problem(403, "not_your_order");
    let cancelled = operator().await.ask(post(&path)).await.expect(200);
    assert_eq!(cancelled["cancellationReason"], "cancelled on request");
}

#[tokio::test]
async fn bad_input_is_named() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let path = format!("/api/v1/orders/{}/cancel", placed["number"]);
    let long = json!({"reason": "я".repeat(501)});
    anna.ask(post(&path).json(&long)).await.problem_at(422, "invalid_input", "/reason");
    anna.ask(post(&path).json(&json!({"reason": 1}))).await.problem_at(422, "invalid_input", "/reason");
    anna.ask(post(&path).json(&json!({"why": "x"}))).await.problem_at(422, "invalid_input", "/why");
    for reference in [&*Uuid::new_v4().to_string(), "77", "nothing"] {
        anna.ask(post(&format!("/api/v1/orders/{reference}/cancel"))).await.problem(404, "not_found");
    }
    let exact = json!({"reason": "я".repeat(500)});
    anna.ask(post(&path).json(&exact)).await.expect(200);
}

#[tokio::test]
async fn a_paid_order_is_not_cancelled_by_its_owner() {
    let anna = customer().await;
    let kettle = product(100, 1).await;
    let placed = place_order(&anna, &kettle, 1).await;
    assert_eq!(decide(&placed, "pay").await.status, 303);
    let refused = anna.ask(post(&format!("/api/v1/orders/{}/cancel", placed["number"]))).await;
    assert_eq!(refused.problem(409, "order_already_finalized")["order"]["status"], "paid");
    assert_eq!(stock_of(&kettle.sku).await, 0);
}

/// Whoever is first: the customer is never charged without an order, and goods are never both sold and back.
#[tokio::test]
async fn paying_and_cancelling_at_once_ends_in_one_of_both() {
    for _ in 0..6 {
        let anna = customer().await;
        let kettle = product(100, 1).await;
        let placed = place_order(&anna, &kettle, 1).await;
        let path = format!("/api/v1/orders/{}", placed["number"]);
        let (_, cancelled) = join(decide(&placed, "pay"), anna.ask(post(&format!("{path}/cancel")))).await;
        assert!(cancelled.status == 200 || cancelled.status == 409, "{}", cancelled.text);
        let order = anna.ask(get(&path)).await.expect(200);
        let stock = stock_of(&kettle.sku).await;
        match order["status"].as_str().unwrap() {
            "paid" => assert_eq!((&order["payment"]["status"], stock), (&json!("succeeded"), 0)),
            "cancelled" => assert_eq!((&order["payment"]["status"], stock), (&json!("failed"), 1)),
            other => panic!("{other}"),
        }
    }
}
