//! The scheduled function that finds orders whose time to be paid is over. That it really runs every minute is shown by the journey.

use serde_json::json;

use crate::harness::{customer, get, invoke, place_order, product};

#[tokio::test]
async fn an_order_whose_time_is_not_over_is_left_alone() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let swept = invoke("SweepExpiredOrders", &json!({})).await.unwrap();
    assert!(swept["queued"].is_u64(), "{swept}");
    let order = anna.ask(get(&format!("/api/v1/orders/{}", placed["number"]))).await.expect(200);
    assert_eq!(order["status"], "awaiting_payment");
}
