//! Promotions with limits, and what an owner may still change of an order that was priced for a place.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::guests::{Guest, opened, path};
use super::notify_payment::{paid_unheard, tell};
use super::selling::{CHECKOUT, ORDERS, checkout, code_for, norway, parcel};
use crate::harness::{
    Answer, Product, cart_of, customer, customer_with, expire, get, order_directly, patch, post, product,
    put, put_in_cart, put_stock, stock_of, unique_email,
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

/// Products of which one unit lies at each of two warehouses.
async fn spread_products(count: usize) -> Vec<Product> {
    let spread = async || {
        let product = product(10_000, 1).await;
        put_stock(&product.sku, &json!({"warehouse": "spb-1", "available": 1})).await;
        product
    };
    let mut products = Vec::new();
    while products.len() < count {
        products.extend(join_all((0..10).map(|_| spread())).await);
    }
    products
}

/// The most that an order can be made of: every transaction of its life has room for it.
#[tokio::test]
async fn forty_lines_of_two_warehouses_go_with_five_counted_codes() {
    let _room = room().await;
    let products = spread_products(40).await;
    let limits = json!({"value": 100, "usageLimit": 1, "usageLimitPerCustomer": 1, "stackable": true});
    let made = join_all(products.iter().take(6).map(|product| code_for(product, limits.clone()))).await;
    let (ids, codes): (Vec<String>, Vec<String>) = made.into_iter().unzip();
    let guest = Guest::with(&products[0], 2).await;
    for product in &products[1..] {
        let line = put(&format!("/api/v1/cart/items/{}", product.sku)).json(&json!({"quantity": 2}));
        Answer::to(line.header("x-cart-token", &guest.cart)).await.expect(200);
    }
    let body = json!({"contact": {"email": guest.email, "phone": "+79991234567"}, "promotionCodes": codes});
    let sent = post(CHECKOUT)
        .header("x-cart-token", &guest.cart)
        .header("idempotency-key", &guest.email)
        .json(&body);
    let order = Answer::to(sent).await.expect(201);
    let total = 800_000 - 5 * 200;
    assert_eq!((&order["items"].as_array().unwrap().len(), &order["totalAmount"]), (&40, &json!(total)));
    assert_eq!(stock_of(&products[39].sku).await, 0);
    expire(&order).await;
    let seen = async || Answer::to(opened(get(&path(&order, "")), &order)).await.expect(200);
    assert_eq!((&seen().await["status"], stock_of(&products[39].sku).await), (&json!("cancelled"), 2));
    paid_unheard(&order).await;
    tell(&order, "succeeded").await.expect(200);
    assert_eq!(
        (&seen().await["status"], stock_of(&products[39].sku).await),
        (&json!("paid"), 0),
        "late money"
    );
    let operator = customer_with(&["orders:write"]).await;
    operator.ask(post(&path(&order, "/cancel"))).await.expect(200);
    assert_eq!((&seen().await["status"], stock_of(&products[39].sku).await), (&json!("cancelled"), 2));
    for id in ids {
        PROMOTION.remove(&id).await;
    }
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
