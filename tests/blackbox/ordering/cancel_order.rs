//! `POST /api/v1/orders/{id}/cancel`, `POST /orders/{id}/cancel` and `POST /api/orders/{id}/cancel`.

use futures_util::future::{join, join_all};
use serde_json::json;
use uuid::Uuid;

use crate::harness::{
    Answer, customer, decide, get, operator, order_directly, patch, pay_for, place_order, post, product,
    stock_of,
};

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
    assert_eq!(cancelled.get("cancellationReason"), None, "nobody gave one");
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
    for words in ["a\0b", "\u{1b}[2J", "a\u{202e}b", "a\u{2028}b"] {
        anna.ask(post(&path).json(&json!({"reason": words}))).await.problem_at(
            422,
            "invalid_input",
            "/reason",
        );
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

/// Whichever request is first, the customer is never charged without an order, and goods are never both sold and returned to stock.
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
            "cancelled" => {
                // Money that comes after the customer has called the order off goes back.
                let payment = order["payment"]["status"].as_str().unwrap();
                assert!(["failed", "refunded"].contains(&payment), "{payment}");
                assert_eq!(stock, 1);
            }
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn what_was_paid_goes_back_when_an_operator_cancels() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(100, 5).await;
    for confirmed in [false, true] {
        let paid = pay_for(&anna, &kettle, 2).await;
        assert_eq!(stock_of(&kettle.sku).await, 3);
        let path = format!("/api/v1/orders/{}", paid["number"]);
        if confirmed {
            operator.ask(post(&format!("{path}/confirm"))).await.expect(200);
        }
        let reason = json!({"reason": "the kettle leaks"});
        let cancelled = operator.ask(post(&format!("{path}/cancel")).json(&reason)).await.expect(200);
        assert_eq!(cancelled["status"], "cancelled");
        assert_eq!(cancelled["cancellationReason"], "the kettle leaks");
        assert_eq!(cancelled["payment"]["status"], "refunded", "reloaded after the money went back");
        assert_eq!(stock_of(&kettle.sku).await, 5, "the goods can be sold again");
        assert_eq!(anna.ask(get(&path)).await.expect(200), cancelled);
        let payment = format!("/api/v1/payments/{}", cancelled["payment"]["paymentId"].as_str().unwrap());
        assert_eq!(anna.ask(get(&payment)).await.expect(200)["status"], "refunded");
        let again = operator.ask(post(&format!("{path}/cancel"))).await;
        assert_eq!(again.problem(409, "order_already_finalized")["order"], cancelled);
        assert_eq!(stock_of(&kettle.sku).await, 5);
    }
}

#[tokio::test]
async fn what_was_shipped_is_not_cancelled() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(100, 5).await;
    let paid = pay_for(&anna, &kettle, 2).await;
    let path = format!("/api/v1/orders/{}", paid["number"]);
    operator.ask(post(&format!("{path}/confirm"))).await.expect(200);
    for status in ["shipped", "delivered"] {
        operator.ask(patch(&path).json(&json!({"status": status}))).await.expect(200);
        let told = operator.ask(post(&format!("{path}/cancel"))).await;
        assert_eq!(told.problem(409, "order_already_finalized")["order"]["status"], status);
    }
    assert_eq!(stock_of(&kettle.sku).await, 3);
}

#[tokio::test]
async fn ten_operators_at_once_send_the_money_back_once() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(100, 5).await;
    let paid = pay_for(&anna, &kettle, 2).await;
    let path = format!("/api/v1/orders/{}/cancel", paid["number"]);
    let answers = join_all((0..10).map(|_| operator.ask(post(&path)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 200) {
        answer.problem(409, "order_already_finalized");
    }
    assert_eq!(stock_of(&kettle.sku).await, 5);
    let order = anna.ask(get(&format!("/api/v1/orders/{}", paid["number"]))).await.expect(200);
    assert_eq!((&order["payment"]["status"], &order["version"]), (&json!("refunded"), &json!(3)));
}

#[tokio::test]
async fn an_order_for_which_nothing_was_set_aside_is_cancelled() {
    let anna = customer().await;
    let kettle = product(100, 5).await;
    for (more, left) in [(json!({"reserve": false}), 5), (json!({}), 5)] {
        let placed = order_directly(&anna, &kettle, 2, &more).await;
        let path = format!("/api/v1/orders/{}/cancel", placed["orderId"].as_str().unwrap());
        let cancelled = anna.ask(post(&path)).await.expect(200);
        assert_eq!((&cancelled["status"], &cancelled["payment"]), (&json!("cancelled"), &json!(null)));
        assert_eq!(stock_of(&kettle.sku).await, left);
    }
}

#[tokio::test]
async fn clients_of_order_services_are_told_in_their_terms() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(100, 5).await;
    for prefix in ["/orders", "/api/orders"] {
        let placed = order_directly(&anna, &kettle, 2, &json!({})).await;
        let id = placed["orderId"].as_str().unwrap();
        let path = format!("{prefix}/{id}/cancel");
        let denied = customer().await.ask(post(&path)).await.problem(403, "not_your_order");
        assert_eq!(denied["error"], "Not your order");
        let answer = operator.ask(post(&path).json(&json!({"reason": "by phone"}))).await.expect(200);
        assert_eq!(answer["status"], "canceled");
        let order = &answer["order"];
        assert_eq!((&order["id"], &order["status"]), (&placed["orderId"], &json!("canceled")));
        assert_eq!(order["cancellationReason"], "by phone");
        assert_eq!(
            order["totals"],
            json!({"itemCount": 1, "totalQuantity": 2, "subtotalCents": 200, "currency": "RUB"})
        );
        assert_eq!((&order["userId"], &order["cartSnapshot"]), (&json!(anna.id), &json!(null)));
        let own = order_directly(&anna, &kettle, 1, &json!({})).await;
        let own = format!("{prefix}/{}/cancel", own["orderId"].as_str().unwrap());
        assert_eq!(
            anna.ask(post(&own)).await.expect(200)["status"],
            "canceled",
            "an owner while it is unpaid"
        );
        let again = operator.ask(post(&path)).await.problem(409, "order_already_finalized");
        assert_eq!(again["error"], "Order already finalized");
        assert_eq!(&again["order"], order);
        let nowhere = operator.ask(post(&format!("{prefix}/{}/cancel", Uuid::new_v4()))).await;
        assert_eq!(nowhere.problem(404, "not_found")["error"], "Not found");
    }
    assert_eq!(stock_of(&kettle.sku).await, 5);
}
