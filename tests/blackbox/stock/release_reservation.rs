//! `POST /api/v1/reservations/{id}/release`

use serde_json::json;
use uuid::Uuid;

use super::reserving::{let_time_pass, make, moving, reserve, reserved, stocked, units, wish};
use crate::harness::{
    customer_with, get, invoke, journal_of, operator, put_stock, wants_a_token, wants_the_scope,
};

#[tokio::test]
async fn goods_go_back_to_the_very_rows_they_came_from() {
    let sku = stocked(3).await;
    put_stock(&sku, &json!({"warehouse": "spb-1", "available": 4})).await;
    let stock = || async { operator().await.ask(get(&format!("/api/v1/stocks/{sku}"))).await.expect(200) };
    let before = stock().await;
    let made = reserve(&wish(&[(&sku, 6)])).await.expect(201);
    let id = made["reservationId"].as_str().unwrap();
    assert_eq!(units(&sku).await, (1, 6));
    let released = make("release", id).await.expect(200);
    assert_eq!(released["status"], "released");
    assert_eq!(stock().await["warehouses"], before["warehouses"]);
    assert_eq!(make("release", id).await.expect(200), released, "a repeat changes nothing");
    assert_eq!(units(&sku).await, (7, 0));
    let told = journal_of(&format!("reservation/{id}")).await;
    let kinds: Vec<_> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["stock.reservation_made", "stock.reservation_released"]);
}

#[tokio::test]
async fn what_is_sold_does_not_go_back() {
    let sku = stocked(5).await;
    let id = reserved(&sku, 2).await;
    let confirmed = make("confirm", &id).await.expect(200);
    let problem = make("release", &id).await.problem(409, "reservation_already_finalized");
    assert_eq!(problem["reservation"], confirmed);
    assert_eq!(units(&sku).await, (3, 0));
}

#[tokio::test]
async fn goods_whose_time_is_over_may_still_be_released_and_stay_expired_once_they_are() {
    let sku = stocked(5).await;
    let (early, late) = (reserved(&sku, 1).await, reserved(&sku, 2).await);
    for id in [&early, &late] {
        let_time_pass(id).await;
    }
    let message =
        json!({"Records": [{"messageId": "m", "body": json!({"reservationId": late}).to_string()}]});
    invoke("ExpireReservation", &message).await.unwrap();
    // The schedule may have found it first; its goods are back either way.
    let status = make("release", &early).await.expect(200)["status"].clone();
    assert!(status == "released" || status == "expired", "{status}");
    assert_eq!(make("release", &late).await.expect(200)["status"], "expired");
    assert_eq!(units(&sku).await, (5, 0));
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    for id in [Uuid::new_v4().to_string().as_str(), "7"] {
        make("release", id).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn only_who_may_write_stock_gives_it_back() {
    let sku = stocked(5).await;
    let id = reserved(&sku, 1).await;
    let request = || moving("release", &id);
    wants_a_token(request).await;
    wants_the_scope("stock:write", request).await;
    customer_with(&["orders:write"]).await.ask(request()).await.problem(403, "insufficient_scope");
    assert_eq!(units(&sku).await, (4, 1));
}
