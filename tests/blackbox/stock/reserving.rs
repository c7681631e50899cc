//! What the tests of reservations share.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, PATIENCE, Person, eventually, get, operator, post, put_stock, set_text, unique_sku,
};

/// Where reservations are made.
pub(super) const RESERVATIONS: &str = "/api/v1/reservations";

/// A SKU with `available` units in one warehouse.
pub(super) async fn stocked(available: u64) -> String {
    let sku = unique_sku();
    put_stock(&sku, &json!({"warehouse": "msk-1", "available": available})).await;
    sku
}

/// A wish for these quantities of these products, for an order that is kept elsewhere.
pub(super) fn wish(items: &[(&str, u32)]) -> Value {
    let item = |(sku, quantity): &(&str, u32)| json!({"productId": sku, "quantity": quantity});
    json!({"orderId": Uuid::new_v4(), "items": items.iter().map(item).collect::<Vec<_>>()})
}

/// Requests, as the operator, the reservation in `body`.
pub(super) async fn reserve(body: &Value) -> Answer {
    operator().await.ask(post(RESERVATIONS).json(body)).await
}

/// The id of a new reservation of `quantity` units of `sku`.
pub(super) async fn reserved(sku: &str, quantity: u32) -> String {
    let made = reserve(&wish(&[(sku, quantity)])).await.expect(201);
    made["reservationId"].as_str().unwrap().to_owned()
}

/// The request that makes the move `name` of the reservation `id`.
pub(super) fn moving(name: &str, id: &str) -> RequestBuilder {
    post(&format!("{RESERVATIONS}/{id}/{name}"))
}

/// Makes the move `name` of the reservation `id` as the operator.
pub(super) async fn make(name: &str, id: &str) -> Answer {
    operator().await.ask(moving(name, id)).await
}

/// The reservation `id` as the operator sees it.
pub(super) async fn reservation(id: &str) -> Value {
    operator().await.ask(get(&format!("{RESERVATIONS}/{id}"))).await.expect(200)
}

/// The available and the reserved units of `sku`, over all warehouses.
pub(super) async fn units(sku: &str) -> (u64, u64) {
    let stock = operator().await.ask(get(&format!("/api/v1/stocks/{sku}"))).await.expect(200);
    let reserved = stock["warehouses"].as_array().unwrap().iter().map(|at| at["reserved"].as_u64().unwrap());
    (stock["available"].as_u64().unwrap(), reserved.sum())
}

/// Makes the time of the reservation `id` be over, as if its hour had passed.
pub(super) async fn let_time_pass(id: &str) {
    let (pk, sk) = (format!("RESERVATION#{id}"), "RESERVATION");
    let past = "2020-01-01T00:00:00.000Z";
    set_text("STOCK_TABLE", &pk, sk, "expiresAt", past).await;
    set_text("STOCK_TABLE", &pk, sk, "liveKey", &format!("{past}#{id}")).await;
}

/// A repeat of a request that was too crowded to be answered.
pub(super) async fn patiently(person: &Person, request: impl Fn() -> RequestBuilder) -> Answer {
    let request = &request;
    eventually("an answer that is not crowded out", PATIENCE, move || async move {
        let answer = person.ask(request()).await;
        (answer.status != 503).then_some(answer)
    })
    .await
}
