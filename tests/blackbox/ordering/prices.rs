//! A price that the customer never saw is not charged: `expectedTotal`, and `If-Match` with the cart's tag.

use serde_json::{Value, json};

use crate::harness::{
    Answer, Person, Product, address, cart_of, customer, details, get, operator, post, product, put,
    put_in_cart, put_product,
};

const CHECKOUT: &str = "/api/v1/orders/checkout";

async fn orders_of(person: &Person) -> usize {
    person.ask(get("/api/v1/orders")).await.expect(200)["items"].as_array().unwrap().len()
}

/// A cart with two of a product at 100 roubles, whose price then rises to 9,900.
async fn after_a_rise() -> (Person, Product, Answer) {
    let anna = customer().await;
    let kettle = product(10_000, 9).await;
    put_in_cart(&anna, &kettle.sku, 2).await;
    let seen = anna.ask(get("/api/v1/cart")).await;
    put_product(&kettle.sku, &details(990_000)).await;
    (anna, kettle, seen)
}

#[tokio::test]
async fn an_order_that_would_cost_something_else_is_not_placed() {
    let (anna, kettle, seen) = after_a_rise().await;
    let expected = seen.body["totals"]["subtotal"].clone();
    let body = json!({"method": "card", "cardToken": "tok_success", "expectedTotal": expected});
    let told = anna.ask(post(CHECKOUT).json(&body)).await.problem(409, "price_changed");
    let totals = json!({"itemCount": 1, "totalQuantity": 2, "subtotal": 1_980_000, "discount": 0, "shipping": 0, "tax": 0, "total": 1_980_000, "currency": "RUB"});
    assert_eq!(told["totals"], totals);
    let mut direct = address();
    direct
        .as_object_mut()
        .unwrap()
        .extend(json!({"productId": kettle.sku, "card": "tok_success"}).as_object().unwrap().clone());
    direct["expectedTotal"] = json!(10_000);
    for path in ["/api/v1/orders", "/orders", "/api/orders"] {
        anna.ask(post(path).json(&direct)).await.problem(409, "price_changed");
    }
    assert_eq!(orders_of(&anna).await, 0, "not even a failed one");
    assert_eq!(cart_of(&anna).await["items"][0]["quantity"], 2);
    direct["expectedTotal"] = json!(990_000);
    assert_eq!(anna.ask(post("/api/v1/orders").json(&direct)).await.expect(201)["status"], "paid");
    let body = json!({"expectedTotal": 1_980_000});
    assert_eq!(anna.ask(post(CHECKOUT).json(&body)).await.expect(201)["totalAmount"], 1_980_000);
    for wrong in [json!(-1), json!(1.5), json!("100")] {
        let body = json!({"expectedTotal": wrong});
        anna.ask(post(CHECKOUT).json(&body)).await.problem_at(422, "invalid_input", "/expectedTotal");
    }
}

#[tokio::test]
async fn only_the_cart_that_was_seen_is_ordered() {
    let (anna, _, seen) = after_a_rise().await;
    let matching = |tag: &str| post(CHECKOUT).header("if-match", tag.to_owned());
    let stale = anna.ask(matching(seen.header("etag"))).await;
    let current = stale.header("etag").to_owned();
    stale.problem(412, "etag_mismatch");
    assert_eq!(orders_of(&anna).await, 0);
    let now = anna.ask(get("/api/v1/cart")).await;
    assert_eq!(now.header("etag"), current);
    anna.ask(matching("\"0-0\"")).await.problem(412, "etag_mismatch");
    anna.ask(matching(&current)).await.expect(201);
}

/// What others buy changes no customer's cart.
#[tokio::test]
async fn a_cart_keeps_its_tag_while_others_buy() {
    let (anna, boris) = (customer().await, customer().await);
    let kettle = product(10_000, 9).await;
    put_in_cart(&anna, &kettle.sku, 2).await;
    let tag = anna.ask(get("/api/v1/cart")).await.header("etag").to_owned();
    put_in_cart(&boris, &kettle.sku, 3).await;
    boris.ask(post(CHECKOUT)).await.expect(201);
    assert_eq!(anna.ask(get("/api/v1/cart")).await.header("etag"), tag);
    anna.ask(post(CHECKOUT).header("if-match", &tag)).await.expect(201);
}

/// Of two tabs the second one does not undo what the first has changed.
#[tokio::test]
async fn changes_of_a_cart_honour_its_tag() {
    let anna = customer().await;
    let kettle = product(10_000, 9).await;
    put_in_cart(&anna, &kettle.sku, 2).await;
    let tag = anna.ask(get("/api/v1/cart")).await.header("etag").to_owned();
    let line = format!("/api/v1/cart/items/{}", kettle.sku);
    let set = |quantity: u32| put(&line).header("if-match", &tag).json(&json!({"quantity": quantity}));
    let changed = anna.ask(set(3)).await;
    let current = changed.header("etag").to_owned();
    changed.expect(200);
    anna.ask(set(4)).await.problem(412, "etag_mismatch");
    let delete = crate::harness::delete(&line).header("if-match", &tag);
    anna.ask(delete).await.problem(412, "etag_mismatch");
    let clear = crate::harness::delete("/api/v1/cart").header("if-match", &tag);
    anna.ask(clear).await.problem(412, "etag_mismatch");
    assert_eq!(cart_of(&anna).await["items"][0]["quantity"], 3);
    let clear = crate::harness::delete("/api/v1/cart").header("if-match", &current);
    assert_eq!(anna.ask(clear).await.expect(200)["items"], json!([]));
}

/// Two editors, each of whom read the product before either wrote.
#[tokio::test]
async fn two_editors_of_a_product_do_not_overwrite_each_other() {
    let (kettle, operator) = (product(500, 3).await, operator().await);
    let path = format!("/api/v1/products/{}", kettle.sku);
    let seen = operator.ask(get(&path)).await.header("etag").to_owned();
    let edit = |price: i64, tag: &str| put(&path).header("if-match", tag.to_owned()).json(&details(price));
    // Sales are no edits.
    crate::harness::place_order(&customer().await, &kettle, 1).await;
    let first = operator.ask(edit(600, &seen)).await;
    let current = first.header("etag").to_owned();
    first.expect(200);
    let second = operator.ask(edit(700, &seen)).await;
    second.problem(412, "etag_mismatch");
    assert_eq!(operator.ask(get(&path)).await.header("etag"), current);
    assert_eq!(operator.ask(get(&path)).await.expect(200)["price"], 600);
    operator.ask(edit(700, &current)).await.expect(200);
    operator.ask(edit(800, "*")).await.expect(200);
    let unknown = format!("/api/v1/products/{}", crate::harness::unique_sku());
    let create = put(&unknown).header("if-match", "*").json(&details(1));
    operator.ask(create).await.problem(412, "etag_mismatch");
    assert_eq!(operator.ask(get(&unknown)).await.status, 404);
    let answer: Value = operator.ask(put(&unknown).json(&details(1))).await.expect(200);
    assert_eq!(answer["price"], 1);
}
