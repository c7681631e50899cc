//! `POST /api/v1/orders/{id}/reserve`.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, Person, customer, customer_with, decide, details, get, invoke, item, operator, order_directly,
    place_order, post, product, put_product, put_stock, set_text, sqs_batch, stock_of,
};

const LATER: fn() -> Value = || json!({"reserve": false});

async fn reserve(person: &Person, number: &Value) -> Answer {
    person.ask(post(&format!("/api/v1/orders/{number}/reserve"))).await
}

#[tokio::test]
async fn goods_are_set_aside_while_they_cost_what_the_order_says() {
    let anna = customer().await;
    let kettle = product(700, 3).await;
    let placed = order_directly(&anna, &kettle, 2, &LATER()).await;
    let answer = reserve(&anna, &placed["number"]).await;
    let etag = answer.header("etag").to_owned();
    let reserved = answer.expect(200);
    assert_eq!(reserved["status"], "awaiting_payment");
    assert_eq!((&reserved["totalAmount"], &reserved["version"]), (&json!(1_400), &json!(2)));
    assert!(reserved["expiresAt"].is_string());
    assert_eq!(stock_of(&kettle.sku).await, 1);
    let read = anna.ask(get(&format!("/api/v1/orders/{}", placed["number"]))).await;
    assert_eq!(read.header("etag"), etag);
    assert_eq!(read.expect(200), reserved);
    assert_eq!(reserve(&anna, &placed["number"]).await.expect(200), reserved, "reserved already: as it is");
    assert_eq!(stock_of(&kettle.sku).await, 1);
}

#[tokio::test]
async fn an_old_order_is_no_promise_of_old_prices() {
    let anna = customer().await;
    let kettle = product(700, 3).await;
    let placed = order_directly(&anna, &kettle, 2, &LATER()).await;
    put_product(&kettle.sku, &details(900)).await;
    let problem = reserve(&anna, &placed["number"]).await.problem(409, "price_changed");
    assert_eq!(problem["orderTotal"], json!({"amount": 1_400, "currency": "RUB"}));
    assert_eq!(problem["currentTotal"], json!({"amount": 1_800, "currency": "RUB"}));
    let mut other = details(700);
    other["currency"] = json!("EUR");
    put_product(&kettle.sku, &other).await;
    let problem = reserve(&anna, &placed["number"]).await.problem(409, "price_changed");
    assert_eq!(problem["currentTotal"]["currency"], "EUR");
    let mut withdrawn = details(700);
    withdrawn["isActive"] = json!(false);
    put_product(&kettle.sku, &withdrawn).await;
    let operator = customer_with(&["orders:write"]).await;
    for who in [&anna, &operator] {
        reserve(who, &placed["number"]).await.problem(409, "product_not_orderable");
    }
    assert_eq!(stock_of_all(&kettle.sku).await, 3, "nothing was set aside");
    put_product(&kettle.sku, &details(700)).await;
    assert_eq!(reserve(&anna, &placed["number"]).await.expect(200)["status"], "awaiting_payment");
}

/// What can be sold of `sku`, also while it is not for sale.
async fn stock_of_all(sku: &str) -> u64 {
    let path = format!("/api/v1/products/{sku}");
    operator().await.ask(get(&path)).await.expect(200)["stock"].as_u64().unwrap()
}

#[tokio::test]
async fn an_order_that_nobody_reserves_ends() {
    let anna = customer().await;
    let kettle = product(700, 1).await;
    let placed = order_directly(&anna, &kettle, 1, &LATER()).await;
    let mut body = crate::harness::address();
    body["items"] = json!([{"productId": kettle.sku, "quantity": 2}]);
    let failed = anna.ask(post("/api/v1/orders").json(&body)).await.problem(409, "insufficient_stock");
    for (number, id) in [(&placed["number"], &placed["orderId"]), (&failed["number"], &failed["orderId"])] {
        let (key, past) = (format!("ORDER#{}", id.as_str().unwrap()), "2026-01-01T00:00:00.000Z");
        let stored = item("ORDERS_TABLE", &key, "ORDER").await.unwrap();
        assert_eq!(stored["expiryKey"], stored["endsAt"], "the sweep finds it");
        set_text("ORDERS_TABLE", &key, "ORDER", "endsAt", past).await;
        let due = sqs_batch(&[("due", json!({"orderId": id}).to_string())]);
        for _ in 0..2 {
            assert_eq!(invoke("ExpireOrder", &due).await.unwrap()["batchItemFailures"], json!([]));
        }
        let order = anna.ask(get(&format!("/api/v1/orders/{number}"))).await.expect(200);
        assert_eq!(order["status"], "cancelled");
        assert_eq!((&order["cancellationCause"], order.get("cancellationReason")), (&json!("expired"), None));
        assert_eq!(item("ORDERS_TABLE", &key, "ORDER").await.unwrap().get("expiryKey"), None);
    }
    assert_eq!(stock_of(&kettle.sku).await, 1);
}

#[tokio::test]
async fn what_is_short_fails_and_can_be_had_later() {
    let anna = customer().await;
    let kettle = product(700, 1).await;
    let placed = order_directly(&anna, &kettle, 2, &LATER()).await;
    for version in [2, 2] {
        let problem = reserve(&anna, &placed["number"]).await.problem(409, "insufficient_stock");
        assert_eq!((&problem["wanted"], &problem["available"]), (&json!(2), &json!(1)));
        assert_eq!(problem["order"]["status"], "failed");
        assert_eq!(problem["order"]["version"], version, "failing again changes nothing");
    }
    put_stock(&kettle.sku, &json!({"warehouse": "msk-1", "delta": 1})).await;
    let reserved = reserve(&anna, &placed["number"]).await.expect(200);
    assert_eq!((&reserved["status"], &reserved["version"]), (&json!("awaiting_payment"), &json!(3)));
    assert_eq!(stock_of(&kettle.sku).await, 0);
}

#[tokio::test]
async fn an_order_that_failed_when_it_was_placed_can_be_had_later() {
    let anna = customer().await;
    let kettle = product(700, 1).await;
    let mut body = crate::harness::address();
    body["items"] = json!([{"productId": kettle.sku, "quantity": 2}]);
    let problem = anna.ask(post("/api/v1/orders").json(&body)).await.problem(409, "insufficient_stock");
    put_stock(&kettle.sku, &json!({"warehouse": "msk-1", "delta": 5})).await;
    let reserved = reserve(&anna, &problem["number"]).await.expect(200);
    assert_eq!(reserved["status"], "awaiting_payment");
    assert_eq!(stock_of(&kettle.sku).await, 4);
}

#[tokio::test]
async fn reserving_at_once_sets_aside_once() {
    let anna = customer().await;
    let kettle = product(700, 5).await;
    let placed = order_directly(&anna, &kettle, 2, &LATER()).await;
    let answers = join_all((0..6).map(|_| reserve(&anna, &placed["number"]))).await;
    for answer in answers {
        assert_eq!(answer.expect(200)["version"], 2);
    }
    assert_eq!(stock_of(&kettle.sku).await, 3);
}

#[tokio::test]
async fn beyond_that_there_is_nothing_to_reserve() {
    let anna = customer().await;
    let kettle = product(700, 5).await;
    let placed = place_order(&anna, &kettle, 1).await;
    decide(&placed, "pay").await;
    let told = reserve(&anna, &placed["number"]).await.problem(409, "transition_not_allowed");
    assert_eq!(told["order"]["status"], "paid");
    let placed = place_order(&anna, &kettle, 1).await;
    decide(&placed, "decline").await;
    let told = reserve(&anna, &placed["number"]).await.problem(409, "transition_not_allowed");
    assert_eq!(told["order"]["status"], "cancelled");
    assert_eq!(stock_of(&kettle.sku).await, 4);
}

#[tokio::test]
async fn only_the_owner_and_operators_may() {
    let anna = customer().await;
    let placed = order_directly(&anna, &product(700, 5).await, 1, &LATER()).await;
    let path = format!("/api/v1/orders/{}/reserve", placed["number"]);
    Answer::to(post(&path)).await.problem(401, "token_required");
    reserve(&customer().await, &placed["number"]).await.problem(403, "not_your_order");
    let reader = customer_with(&["orders:read"]).await;
    reserve(&reader, &placed["number"]).await.problem(403, "not_your_order");
    reserve(&anna, &json!(77)).await.problem(404, "not_found");
    anna.ask(post(&format!("/api/v1/orders/{}/reserve", Uuid::new_v4()))).await.problem(404, "not_found");
    let stale = anna.ask(post(&path).header("if-match", "\"9-9\"")).await;
    assert_eq!(stale.header("etag"), "\"1-0\"");
    stale.problem(412, "etag_mismatch");
    let writer = customer_with(&["orders:write"]).await;
    reserve(&writer, &placed["number"]).await.expect(200);
}
