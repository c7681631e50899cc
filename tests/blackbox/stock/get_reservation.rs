//! `GET /api/v1/reservations/{id}`

use serde_json::{Value, json};
use uuid::Uuid;

use super::reserving::{RESERVATIONS, reserve, reserved, stocked, wish};
use crate::harness::{Person, customer, customer_with, get, item, place_order, product, wants_a_token};

async fn see(person: &Person, id: &str) -> crate::harness::Answer {
    person.ask(get(&format!("{RESERVATIONS}/{id}"))).await
}

/// The reservation of an order, which its table knows.
pub(super) async fn reservation_of(order: &Value) -> String {
    let key = format!("ORDER#{}", order["id"].as_str().unwrap());
    let kept = item("ORDERS_TABLE", &key, "ORDER").await.unwrap();
    kept["reservationId"].as_s().unwrap().clone()
}

#[tokio::test]
async fn a_reservation_shows_what_is_set_aside_until_when() {
    let sku = stocked(5).await;
    let mut body = wish(&[(&sku, 2)]);
    let soon = crate::harness::in_seconds(600);
    body["expiresAt"] = json!(soon);
    let made = reserve(&body).await.expect(201);
    let keeper = customer_with(&["stock:write"]).await;
    let seen = see(&keeper, made["reservationId"].as_str().unwrap()).await.expect(200);
    assert_eq!(seen, made);
    let members: Vec<&str> = seen.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["createdAt", "expiresAt", "items", "orderId", "reservationId", "status"]);
    assert_eq!(seen["expiresAt"], json!(soon));
    assert_eq!(seen["items"], json!([{"productId": sku, "reservedQuantity": 2}]));
}

#[tokio::test]
async fn customers_see_what_is_set_aside_for_their_own_orders() {
    let (anna, boris) = (customer().await, customer().await);
    let kettle = product(100, 5).await;
    let order = place_order(&anna, &kettle, 2).await;
    let id = reservation_of(&order).await;
    let seen = see(&anna, &id).await.expect(200);
    assert_eq!((&seen["orderId"], &seen["status"]), (&order["id"], &json!("reserved")));
    assert_eq!(seen["items"], json!([{"productId": kettle.sku, "reservedQuantity": 2}]));
    for scope in ["stock:write", "orders:read"] {
        assert_eq!(see(&customer_with(&[scope]).await, &id).await.expect(200), seen);
    }
    for stranger in [boris, customer_with(&["orders:write", "catalog:write"]).await] {
        see(&stranger, &id).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn one_that_was_made_directly_is_for_operators() {
    let id = reserved(&stocked(1).await, 1).await;
    see(&customer().await, &id).await.problem(404, "not_found");
    see(&customer_with(&["orders:read"]).await, &id).await.expect(200);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let keeper = customer_with(&["stock:write"]).await;
    for id in [Uuid::new_v4().to_string().as_str(), "7", "x%20y", "..%2f"] {
        see(&keeper, id).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn nobody_sees_anything_without_a_token() {
    let id = reserved(&stocked(1).await, 1).await;
    wants_a_token(|| get(&format!("{RESERVATIONS}/{id}"))).await;
}
