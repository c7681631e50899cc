//! Products to buy, and the steps of buying them.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Person, get, invoke, operator, patch, post, put, set_text, sqs_batch};

/// A product of a test's own.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    /// Its key.
    pub(crate) sku: String,
    /// Its price in kopecks.
    pub(crate) price: i64,
}

/// A SKU that no product has.
pub(crate) fn unique_sku() -> String {
    format!("T-{}", Uuid::new_v4().simple())
}

/// What a product of `price` kopecks is said to be.
pub(crate) fn details(price: i64) -> Value {
    json!({
        "name": "Самовар ☕", "description": "Для чаепития.", "price": price, "currency": "RUB",
        "attributes": {"litres": 5}, "isActive": true,
    })
}

/// `product` with the members that prices depend on as they are where none was given.
pub(crate) fn with_default_factors(mut product: Value) -> Value {
    product["weightGrams"] = json!(0);
    product["taxCategory"] = json!("standard");
    product
}

/// Says as the operator that `sku` is what `body` says.
pub(crate) async fn put_product(sku: &str, body: &Value) -> Value {
    operator().await.ask(put(&format!("/api/v1/products/{sku}")).json(body)).await.expect(200)
}

/// Changes the stock of `sku` as the operator.
pub(crate) async fn put_stock(sku: &str, body: &Value) -> Value {
    operator().await.ask(change_of_stock(sku, body)).await.expect(200)
}

/// A change of the stock of `sku`, under a key of its own.
pub(crate) fn change_of_stock(sku: &str, body: &Value) -> RequestBuilder {
    put(&format!("/api/v1/stocks/{sku}")).header("idempotency-key", Uuid::new_v4().to_string()).json(body)
}

/// Changes how `sku` is kept, as the operator.
pub(crate) async fn patch_stock(sku: &str, body: &Value) -> Value {
    operator().await.ask(patch(&format!("/api/v1/stocks/{sku}")).json(body)).await.expect(200)
}

/// A new product at `price` kopecks with `available` units in one warehouse.
pub(crate) async fn product(price: i64, available: u64) -> Product {
    let sku = unique_sku();
    put_product(&sku, &details(price)).await;
    put_stock(&sku, &json!({"warehouse": "msk-1", "available": available})).await;
    Product { sku, price }
}

/// What can be sold of `sku`, as a customer sees it.
pub(crate) async fn stock_of(sku: &str) -> u64 {
    let product = Answer::to(get(&format!("/api/v1/products/{sku}"))).await.expect(200);
    product["stock"].as_u64().unwrap()
}

/// Puts `quantity` of `sku` into the cart.
pub(crate) async fn put_in_cart(person: &Person, sku: &str, quantity: u32) -> Value {
    person
        .ask(put(&format!("/api/v1/cart/items/{sku}")).json(&json!({"quantity": quantity})))
        .await
        .expect(200)
}

/// The cart as its owner sees it.
pub(crate) async fn cart_of(person: &Person) -> Value {
    person.ask(get("/api/v1/cart")).await.expect(200)
}

/// Orders `quantity` of `product` through the cart; the order waits for its payment.
pub(crate) async fn place_order(person: &Person, product: &Product, quantity: u32) -> Value {
    put_in_cart(person, &product.sku, quantity).await;
    person.ask(post("/api/v1/orders/checkout")).await.expect(201)
}

/// The order as `person` sees it now, by the number that it was answered with.
pub(crate) async fn reload(person: &Person, order: &Value) -> Value {
    person.ask(get(&format!("/api/v1/orders/{}", order["number"]))).await.expect(200)
}

/// Presses `pay` or `decline` on the order's payment page, as a browser would.
pub(crate) async fn decide(order: &Value, decision: &str) -> Answer {
    let page = order["paymentUrl"].as_str().unwrap();
    Answer::to(super::http().post(page).form(&[("decision", decision)])).await
}

/// The time to pay `order` is over, and it is cancelled for that.
pub(crate) async fn expire(order: &Value) {
    let id = order["id"].as_str().or(order["orderId"].as_str()).unwrap();
    let past = "2026-01-01T00:00:00.000Z";
    set_text("ORDERS_TABLE", &format!("ORDER#{id}"), "ORDER", "expiresAt", past).await;
    let due = sqs_batch(&[("due", json!({"orderId": id}).to_string())]);
    let answer = invoke("ExpireOrder", &due).await.unwrap();
    assert_eq!(answer["batchItemFailures"], json!([]));
}

/// Where orders go.
pub(crate) fn address() -> Value {
    json!({"country": "RU", "region": "Москва", "city": "Москва", "street": "ул. Тверская, 1"})
}

/// Orders `quantity` of `product` directly, with the members of `more` besides.
pub(crate) async fn order_directly(person: &Person, product: &Product, quantity: u32, more: &Value) -> Value {
    let mut body = address();
    let members = body.as_object_mut().unwrap();
    members.insert("items".to_owned(), json!([{"productId": product.sku, "quantity": quantity}]));
    members.extend(more.as_object().unwrap().clone());
    person.ask(post("/api/v1/orders").json(&body)).await.expect(201)
}

/// Orders `quantity` of `product` and pays at once; answers the order.
pub(crate) async fn pay_for(person: &Person, product: &Product, quantity: u32) -> Value {
    let placed = order_directly(person, product, quantity, &json!({"card": "tok_success"})).await;
    person.ask(get(&format!("/api/v1/orders/{}", placed["number"]))).await.expect(200)
}
