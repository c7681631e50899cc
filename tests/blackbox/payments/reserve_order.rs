//! `POST /api/v1/orders/{id}/reserve`.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, Person, customer, customer_with, decide, details, get, order_directly, place_order, post,
    product, put_product, put_stock, stock_of,
};

const LATER: fn() -> Value = || json!({"reserve": false});

async fn reserve(person: &Person, number: &Value) -> Answer {
    person.ask(post(&format!("/api/v1/orders/{number}/reserve"))).await
}

#[tokio::test]
async fn goods_are_set_aside_at_the_prices_of_the_order() {
    let anna = customer().await;
    let kettle = product(700, 3).await;
    let placed = order_directly(&anna, &kettle, 2, &LATER()).await;
    put_product(&kettle.sku, &details(900)).await;
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
