//! The scheduled function that finds reservations whose time is over.

use serde_json::json;

use super::reserving::{let_time_pass, reservation, reserve, reserved, stocked, units, wish};
use crate::harness::{PATIENCE, eventually, in_seconds, invoke, journal_of};

/// Found by the sweep, carried by the queue, expired by the consumer.
#[tokio::test]
async fn goods_whose_time_is_over_go_back_by_themselves() {
    let sku = stocked(9).await;
    let (due, other) = (reserved(&sku, 2).await, reserved(&sku, 3).await);
    let mut later = wish(&[(&sku, 1)]);
    later["expiresAt"] = json!(in_seconds(3_600));
    let later = reserve(&later).await.expect(201)["reservationId"].as_str().unwrap().to_owned();
    let_time_pass(&due).await;
    let swept = invoke("SweepExpiredReservations", &json!({})).await.unwrap();
    assert!(swept["queued"].is_u64(), "{swept}");
    eventually("the reservation to expire", PATIENCE, || async {
        (reservation(&due).await["status"] == "expired").then_some(())
    })
    .await;
    for id in [&other, &later] {
        assert_eq!(reservation(id).await["status"], "reserved", "its time is not over");
    }
    assert_eq!(units(&sku).await, (5, 4));
    let told = journal_of(&format!("reservation/{due}")).await;
    assert_eq!(told[1]["type"], "stock.reservation_expired");
    assert_eq!(told[1]["actor"], json!({"kind": "system", "job": "expire-reservation"}));
    assert_eq!(told.len(), 2);
}

/// With nothing but its own clock: the schedule does the rest.
#[tokio::test]
async fn a_short_reservation_expires_at_its_time() {
    let sku = stocked(1).await;
    let mut body = wish(&[(&sku, 1)]);
    body["expiresAt"] = json!(in_seconds(2));
    let made = reserve(&body).await.expect(201);
    let id = made["reservationId"].as_str().unwrap();
    eventually("the schedule to find it", PATIENCE * 3, || async {
        (reservation(id).await["status"] == "expired").then_some(())
    })
    .await;
    assert_eq!(units(&sku).await, (1, 0));
}
