//! Promotions with limits, and what an owner may still change of an order that was priced for a place.

use serde_json::{Value, json};

use super::selling::{CHECKOUT, ORDERS, checkout, code_for, norway, parcel};
use crate::harness::{
    Answer, Product, cart_of, customer, customer_with, order_directly, patch, post, product, put,
    put_in_cart, unique_email,
};
use crate::pricing::settings::{PROMOTION, SHIPPING, room, settings_are_effective, unique_id};

/// An automatic promotion of 10 % off `product`.
async fn automatic_for(product: &Product, more: Value) -> String {
    let id = unique_id();
    let mut body = json!({"kind": "percentage", "value": 1_000, "conditions": {"productIds": [product.sku]}});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    PROMOTION.put(&id, &body).await.expect(201);
    settings_are_effective().await;
    id
}

/// The cart shows the price without a promotion that is used up, and that price is what its customer agrees to.
#[tokio::test]
async fn who_was_shown_the_price_without_a_used_up_promotion_orders_at_it() {
    let _room = room().await;
    let kettle = product(10_000, 9).await;
    let id = automatic_for(&kettle, json!({"usageLimit": 1})).await;
    for expected in [9_000, 10_000, 10_000] {
        let anna = customer().await;
        put_in_cart(&anna, &kettle.sku, 1).await;
        assert_eq!(cart_of(&anna).await["totals"]["total"], expected);
        let order = checkout(&anna, &json!({"expectedTotal": expected})).await.expect(201);
        assert_eq!(order["totalAmount"], expected);
    }
    let anna = customer().await;
    put_in_cart(&anna, &kettle.sku, 1).await;
    let told = checkout(&anna, &json!({"expectedTotal": 9_000})).await.problem(409, "price_changed");
    assert_eq!(told["totals"]["total"], 10_000);
    PROMOTION.remove(&id).await;
}

/// A guest is known by their address: their second order is no first one.
#[tokio::test]
async fn a_guest_has_one_first_order() {
    let _room = room().await;
    let kettle = product(10_000, 9).await;
    let conditions = json!({"conditions": {"productIds": [kettle.sku], "firstOrder": true}});
    let (id, email) = (automatic_for(&kettle, conditions).await, unique_email());
    for expected in [9_000, 10_000] {
        let line = put(&format!("/api/v1/cart/items/{}", kettle.sku)).json(&json!({"quantity": 1}));
        let cart = Answer::to(line).await.expect(200);
        let body = json!({"contact": {"email": email}, "method": "card", "cardToken": "tok_success"});
        let sent = post(CHECKOUT).header("x-cart-token", cart["cartToken"].as_str().unwrap()).json(&body);
        assert_eq!(Answer::to(sent).await.expect(201)["totalAmount"], expected);
    }
    PROMOTION.remove(&id).await;
}

/// Orders that reserve nothing could keep every use of a code from others for days.
#[tokio::test]
async fn an_order_without_goods_holds_no_use() {
    let _room = room().await;
    let (anna, kettle) = (customer().await, product(10_000, 9).await);
    let (id, code) = code_for(&kettle, json!({"usageLimit": 1})).await;
    let waiting = json!({"reserve": false, "promotionCodes": [code]});
    let first = order_directly(&anna, &kettle, 1, &waiting).await;
    let second = order_directly(&anna, &kettle, 1, &waiting).await;
    let reserve = |order: &Value| post(&format!("{ORDERS}/{}/reserve", order["number"]));
    anna.ask(reserve(&first)).await.expect(200);
    anna.ask(reserve(&second)).await.problem(409, "promotion_not_applicable");
    PROMOTION.remove(&id).await;
}

#[tokio::test]
async fn a_customer_does_not_move_a_parcel_to_where_it_would_cost_more() {
    let _room = room().await;
    let (anna, kettle, method) = (customer().await, product(10_000, 9).await, parcel().await);
    settings_are_effective().await;
    put_in_cart(&anna, &kettle.sku, 1).await;
    let body = json!({"shippingAddress": norway("Oslo"), "shippingMethodId": method});
    let order = checkout(&anna, &body).await.expect(201);
    let path = format!("{ORDERS}/{}", order["number"]);
    let edit = |body: Value| patch(&path).json(&body);
    anna.ask(edit(json!({"country": "US"}))).await.problem(409, "transition_not_allowed");
    let edited = anna.ask(edit(json!({"street": "Karl Johans gate 2"}))).await.expect(200);
    assert_eq!(edited["shippingAddress"]["postalCode"], "0154");
    let operator = customer_with(&["orders:write"]).await;
    operator.ask(edit(json!({"city": "Bergen"}))).await.expect(200);
    SHIPPING.remove(&method).await;
}
