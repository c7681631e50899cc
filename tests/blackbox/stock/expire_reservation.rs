//! The consumer of the queue of due reservations.

use futures_util::future::join_all;
use serde_json::json;
use uuid::Uuid;

use super::reserving::{let_time_pass, make, reservation, reserved, stocked, units};
use crate::harness::{invoke, item, journal_of, set_number, sqs_batch};

fn message(id: &str) -> String {
    json!({"reservationId": id}).to_string()
}

#[tokio::test]
async fn only_what_failed_comes_again() {
    let sku = stocked(9).await;
    let (in_time, due, sold) = (reserved(&sku, 1).await, reserved(&sku, 2).await, reserved(&sku, 3).await);
    make("confirm", &sold).await.expect(200);
    for id in [&due, &sold] {
        let_time_pass(id).await;
    }
    let batch = sqs_batch(&[
        ("m0", message(&in_time)),
        ("m1", message(&Uuid::new_v4().to_string())),
        ("m2", message(&due)),
        ("m3", "no json".to_owned()),
        ("m4", message("no id")),
        ("m5", message(&sold)),
        ("m6", message(&due)),
    ]);
    let answer = invoke("ExpireReservation", &batch).await.unwrap();
    let failed = ["m1", "m3", "m4"].map(|id| json!({"itemIdentifier": id}));
    assert_eq!(answer["batchItemFailures"], json!(failed));
    for (id, status) in [(&in_time, "reserved"), (&due, "expired"), (&sold, "confirmed")] {
        assert_eq!(reservation(id).await["status"], status);
    }
    assert_eq!(units(&sku).await, (5, 1), "the goods went back once");
    assert_eq!(journal_of(&format!("reservation/{due}")).await.len(), 2);
}

#[tokio::test]
async fn many_consumers_expire_it_once() {
    let sku = stocked(4).await;
    let id = reserved(&sku, 4).await;
    let_time_pass(&id).await;
    let batch = sqs_batch(&[("m", message(&id))]);
    for answer in join_all((0..6).map(|_| invoke("ExpireReservation", &batch))).await {
        assert_eq!(answer.unwrap()["batchItemFailures"], json!([]));
    }
    assert_eq!(units(&sku).await, (4, 0));
    assert_eq!(journal_of(&format!("reservation/{id}")).await.len(), 2);
}

/// An inconsistency stays where an operator sees it, instead of being repaired by guessing.
#[tokio::test]
async fn a_row_that_holds_less_than_the_reservation_stops_it() {
    let sku = stocked(4).await;
    let id = reserved(&sku, 3).await;
    let row = format!("SKU#{sku}");
    set_number("STOCK_TABLE", &row, "LOC#msk-1#000", "reserved", 1).await;
    let_time_pass(&id).await;
    let batch = sqs_batch(&[("m", message(&id))]);
    let answer = invoke("ExpireReservation", &batch).await.unwrap();
    assert_eq!(answer["batchItemFailures"], json!([{"itemIdentifier": "m"}]));
    assert_eq!(reservation(&id).await["status"], "reserved");
    let row_of = format!("RESERVATION#{id}");
    let live = item("STOCK_TABLE", &row_of, "RESERVATION").await.unwrap()["liveKey"].as_s().unwrap().clone();
    let next: jiff::Timestamp = live.split_once('#').unwrap().0.parse().unwrap();
    assert!(next > jiff::Timestamp::now(), "it is not queued every minute: {live}");
    make("release", &id).await.problem(500, "internal");
    set_number("STOCK_TABLE", &row, "LOC#msk-1#000", "reserved", 3).await;
    assert_eq!(invoke("ExpireReservation", &batch).await.unwrap()["batchItemFailures"], json!([]));
    assert_eq!(units(&sku).await, (4, 0));
}
