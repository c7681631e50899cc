//! The surface that LOMS clients know: POST only, integers, the scope `loms`.

mod loms_add_cart_item;
mod loms_cancel_order;
mod loms_checkout;
mod loms_clear_cart;
mod loms_create_order;
mod loms_delete_cart_item;
mod loms_get_cart;
mod loms_get_order;
mod loms_get_product;
mod loms_get_stock;
mod loms_list_skus;
mod loms_pay_order;
mod signing_in;

use std::time::{Duration, Instant};

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::harness::{
    Answer, Person, customer_with, details, get, operator, post, put_product, put_stock, wants_a_token,
    wants_the_scope,
};

/// How long the client's token is used before another is made: well below the 15 minutes that it is good for.
const SHIFT: Duration = Duration::from_mins(5);

/// A person with the scope `loms`, logged in.
async fn client() -> Person {
    static ON_DUTY: Mutex<Option<(Instant, Person)>> = Mutex::const_new(None);
    let mut on_duty = ON_DUTY.lock().await;
    if let Some((since, client)) = &*on_duty
        && since.elapsed() < SHIFT
    {
        return client.clone();
    }
    let client = customer_with(&["loms"]).await;
    *on_duty = Some((Instant::now(), client.clone()));
    client
}

/// What the client is answered.
async fn ask(path: &str, body: &Value) -> Answer {
    client().await.ask(post(path).json(body)).await
}

/// What the client is answered when all is well.
async fn call(path: &str, body: &Value) -> Value {
    ask(path, body).await.expect(200)
}

/// What the client is answered to a body as it stands there: for numbers that no type here holds.
async fn ask_in_words(path: &str, body: &str) -> Answer {
    client().await.ask(post(path).header(CONTENT_TYPE, "application/json").body(body.to_owned())).await
}

/// A customer's number that is not in use.
fn unique_user() -> i64 {
    (Uuid::new_v4().as_u64_pair().0.cast_signed() & i64::MAX).max(1)
}

/// A new product with a number, at `price` kopecks with `available` units in one warehouse.
async fn goods(price: i64, available: u64) -> u32 {
    let sku = unique_number();
    enter(sku, price, available).await;
    sku
}

/// A product's number that is not in use, and so far from other numbers that none is near.
fn unique_number() -> u32 {
    let low = Uuid::new_v4().as_fields().0;
    low.clamp(1_000, u32::MAX - 1_000)
}

/// Says as the operator what the product `sku` is and how many there are.
async fn enter(sku: u32, price: i64, available: u64) {
    put_product(&sku.to_string(), &details(price)).await;
    put_stock(&sku.to_string(), &json!({"warehouse": "msk-1", "available": available})).await;
}

/// Orders `count` of `sku` for `user`; answers the order's number.
async fn create(user: i64, sku: u32, count: u32) -> Value {
    let body = json!({"user": user, "items": [{"sku": sku, "count": count}]});
    let answer = call("/loms/order/create", &body).await;
    assert!(answer["orderID"].as_i64().is_some_and(|number| number > 0), "{answer}");
    assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
    answer["orderID"].clone()
}

/// Puts `count` of `sku` into the cart of `user`.
async fn add(user: i64, sku: u32, count: u32) {
    let body = json!({"user": user, "sku": sku, "count": count});
    assert_eq!(call("/cart/item/add", &body).await, json!({}));
}

/// The cart of `user` as numbers: product and count.
async fn lines(user: i64) -> Vec<(u64, u64)> {
    let cart = call("/cart/list", &json!({"user": user})).await;
    let number = |item: &Value, member: &str| item[member].as_u64().unwrap();
    let items = cart["items"].as_array().unwrap().iter();
    items.map(|item| (number(item, "sku"), number(item, "count"))).collect()
}

/// How the order is spelled here.
async fn status(order: &Value) -> String {
    let info = call("/loms/order/info", &json!({"orderID": order})).await;
    info["status"].as_str().unwrap().to_owned()
}

/// How many of `sku` there are.
async fn count(sku: u32) -> Value {
    call("/stocks", &json!({"sku": sku})).await["count"].clone()
}

/// The order as an operator sees it.
async fn whole(order: &Value) -> Value {
    operator().await.ask(get(&format!("/api/v1/orders/{order}"))).await.expect(200)
}

/// What every route refuses alike. `body` is a good one, without a token in it; all of its members but `startAfterSku` are required.
async fn refuses_bad_requests(path: &str, body: &Value) {
    wants_a_token(|| post(path).json(body)).await;
    wants_the_scope("loms", || post(path).json(body)).await;
    for text in ["", "{", "user=1"] {
        ask_in_words(path, text).await.problem(400, "malformed_body");
    }
    for text in ["[]", "7", "null", "\"text\""] {
        ask_in_words(path, text).await.problem_at(400, "invalid_input", "");
    }
    let text = post(path).header(CONTENT_TYPE, "text/plain").body(body.to_string());
    client().await.ask(text).await.problem(415, "unsupported_media_type");
    let mut surplus = body.clone();
    surplus["comment"] = json!("x");
    ask(path, &surplus).await.problem_at(400, "invalid_input", "/comment");
    for member in body.as_object().unwrap().keys() {
        let mut missing = body.clone();
        missing.as_object_mut().unwrap().remove(member);
        if member != "startAfterSku" {
            ask(path, &missing).await.problem_at(400, "invalid_input", &format!("/{member}"));
        }
    }
}

/// What is no integer between `least` and `most`, which stand for the limits of a type, is refused as the value of `member`.
async fn refuses_integers(path: &str, body: &Value, member: &str, [below, above]: [&str; 2]) {
    let mark = "\"the number\"";
    let mut marked = body.clone();
    marked[member] = json!("the number");
    let marked = marked.to_string();
    for text in [below, above, "1.5", "1e2", "\"1\"", "true", "[1]", "100000000000000000000000000"] {
        let answer = ask_in_words(path, &marked.replace(mark, text)).await;
        let problem = answer.problem_at(400, "invalid_input", &format!("/{member}"));
        let told = problem["errors"][0]["detail"].as_str().unwrap().to_owned();
        assert!(told.contains("whole number"), "{text}: {told}");
    }
}

/// One below and one above what an `int64` holds.
const AROUND_INT64: [&str; 2] = ["-9223372036854775809", "9223372036854775808"];
/// Around what a customer's number may be: an `int64` from 1.
const AROUND_USER: [&str; 2] = ["0", "9223372036854775808"];
/// One below and one above what a `uint32` holds.
const AROUND_UINT32: [&str; 2] = ["-1", "4294967296"];
/// One below and one above what a count holds: a `uint16`, and nothing is none.
const AROUND_COUNT: [&str; 2] = ["0", "65536"];
