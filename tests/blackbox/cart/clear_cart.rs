//! `DELETE /api/v1/cart`

use serde_json::{Value, json};

use super::market::plainly_priced;
use super::visitor::{Visitor, takes_cart_tokens};
use crate::harness::{Person, cart_of, customer, delete, product, put_in_cart, wants_a_token};

async fn clear(person: &Person) -> Value {
    person.ask(delete("/api/v1/cart")).await.expect(200)
}

fn empty(version: u64) -> Value {
    let totals = json!({"itemCount": 0, "totalQuantity": 0, "subtotal": 0});
    plainly_priced(json!({"items": [], "totals": totals, "version": version}))
}

#[tokio::test]
async fn everything_goes_and_the_version_goes_on() {
    let anna = customer().await;
    for product in [product(100, 5).await, product(7, 5).await] {
        put_in_cart(&anna, &product.sku, 1).await;
    }
    assert_eq!(clear(&anna).await, empty(3));
    assert_eq!(cart_of(&anna).await, empty(3));
    let kettle = product(100, 5).await;
    assert_eq!(put_in_cart(&anna, &kettle.sku, 1).await["version"], 4);
}

#[tokio::test]
async fn clearing_an_empty_cart_changes_nothing() {
    let anna = customer().await;
    assert_eq!(clear(&anna).await, empty(0));
    put_in_cart(&anna, &product(100, 5).await.sku, 1).await;
    assert_eq!(clear(&anna).await, empty(2));
    assert_eq!(clear(&anna).await, empty(2));
}

#[tokio::test]
async fn other_carts_are_left_alone() {
    let (anna, boris) = (customer().await, customer().await);
    let kettle = product(100, 5).await;
    put_in_cart(&anna, &kettle.sku, 2).await;
    clear(&boris).await;
    assert_eq!(cart_of(&anna).await["items"][0]["quantity"], 2);
}

#[tokio::test]
async fn a_cart_is_for_its_owner() {
    wants_a_token(|| delete("/api/v1/cart")).await;
}

#[tokio::test]
async fn an_anonymous_cart_is_emptied_by_its_token() {
    let kettle = product(100, 5).await;
    let (visitor, other) = (Visitor::with(&kettle.sku, 2).await, Visitor::with(&kettle.sku, 3).await);
    assert_eq!(visitor.ask(delete("/api/v1/cart")).await.expect(200), empty(2));
    assert_eq!(visitor.cart().await, empty(2));
    assert_eq!(other.cart().await["items"][0]["quantity"], 3);
    takes_cart_tokens(|| delete("/api/v1/cart")).await;
}
