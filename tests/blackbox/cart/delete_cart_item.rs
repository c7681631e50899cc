//! `DELETE /api/v1/cart/items/{sku}`

use futures_util::future::join;
use serde_json::json;

use super::market::plainly_priced;
use super::visitor::{Visitor, takes_cart_tokens};
use crate::harness::{
    Answer, Person, cart_of, customer, delete, details, product, put_in_cart, put_product, unique_sku,
    wants_a_token,
};

async fn take_out(person: &Person, sku: &str) -> Answer {
    person.ask(delete(&format!("/api/v1/cart/items/{sku}"))).await
}

#[tokio::test]
async fn the_line_goes_and_the_others_stay() {
    let anna = customer().await;
    let (kettle, cup) = (product(100, 5).await, product(7, 5).await);
    put_in_cart(&anna, &kettle.sku, 2).await;
    put_in_cart(&anna, &cup.sku, 3).await;
    let cart = take_out(&anna, &kettle.sku).await.expect(200);
    let line = json!({
        "sku": cup.sku, "name": "Самовар ☕", "quantity": 3, "price": 7, "currency": "RUB", "available": 5,
        "purchasable": true,
    });
    let totals = json!({"itemCount": 1, "totalQuantity": 3, "subtotal": 21, "currency": "RUB"});
    assert_eq!(cart, plainly_priced(json!({"items": [line], "totals": totals, "version": 3})));
    assert_eq!(cart_of(&anna).await, cart);
}

#[tokio::test]
async fn taking_out_what_is_not_there_changes_nothing() {
    let anna = customer().await;
    let kettle = product(100, 5).await;
    put_in_cart(&anna, &kettle.sku, 1).await;
    let gone = take_out(&anna, &kettle.sku).await.expect(200);
    assert_eq!((&gone["items"], &gone["version"]), (&json!([]), &json!(2)));
    assert_eq!(
        take_out(&anna, &kettle.sku).await.expect(200),
        gone,
        "a repeated request is answered like the first"
    );
    assert_eq!(take_out(&anna, &unique_sku()).await.expect(200), gone);
}

#[tokio::test]
async fn a_product_that_is_no_longer_sold_can_be_taken_out() {
    let anna = customer().await;
    let kettle = product(100, 5).await;
    put_in_cart(&anna, &kettle.sku, 1).await;
    let mut withdrawn = details(100);
    withdrawn["isActive"] = json!(false);
    put_product(&kettle.sku, &withdrawn).await;
    assert_eq!(take_out(&anna, &kettle.sku).await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn nobody_takes_anything_out_of_anothers_cart() {
    let (anna, boris) = (customer().await, customer().await);
    let kettle = product(100, 5).await;
    put_in_cart(&anna, &kettle.sku, 1).await;
    assert_eq!(take_out(&boris, &kettle.sku).await.expect(200)["version"], 0);
    assert_eq!(cart_of(&anna).await["items"][0]["quantity"], 1);
}

#[tokio::test]
async fn putting_in_and_taking_out_at_once_both_happen() {
    let anna = customer().await;
    let (kettle, cup) = (product(100, 5).await, product(7, 5).await);
    put_in_cart(&anna, &kettle.sku, 1).await;
    let laptop = anna.elsewhere().await;
    join(put_in_cart(&anna, &cup.sku, 1), async { take_out(&laptop, &kettle.sku).await.expect(200) }).await;
    let cart = cart_of(&anna).await;
    assert_eq!((&cart["items"][0]["sku"], &cart["version"]), (&json!(cup.sku), &json!(3)));
    assert_eq!(cart["totals"]["itemCount"], 1);
}

#[tokio::test]
async fn a_sku_that_no_product_can_have_is_named() {
    let anna = customer().await;
    for sku in ["x".repeat(65).as_str(), "two%20words", "%D1%8B", "a@b"] {
        take_out(&anna, sku).await.problem_at(400, "invalid_parameter", "/path/sku");
    }
}

#[tokio::test]
async fn a_cart_is_for_its_owner() {
    wants_a_token(|| delete("/api/v1/cart/items/kettle")).await;
}

#[tokio::test]
async fn a_line_goes_from_an_anonymous_cart_by_its_token() {
    let (kettle, cup) = (product(100, 5).await, product(7, 5).await);
    let visitor = Visitor::with(&kettle.sku, 2).await;
    visitor.put(&cup.sku, 3).await;
    let path = format!("/api/v1/cart/items/{}", kettle.sku);
    let cart = visitor.ask(delete(&path)).await.expect(200);
    assert_eq!((&cart["items"][0]["sku"], &cart["totals"]["itemCount"]), (&json!(cup.sku), &json!(1)));
    assert_eq!(visitor.cart().await, cart);
    takes_cart_tokens(|| delete(&path)).await;
}
