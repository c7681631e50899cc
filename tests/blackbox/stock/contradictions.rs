//! Stock rows that refuse what a live reservation took from them: a defect with an alarm, and never "busy".

use serde_json::json;

use super::check_stock_drift::corrupt;
use super::reserving::{make, reserved, stocked, units};
use crate::harness::alarms::{now, raised};
use crate::harness::invoke;

/// Sets the only row of `sku` right.
async fn repair(sku: &str) {
    let order = json!({"sku": sku, "warehouse": "msk-1", "lane": 0});
    assert_eq!(invoke("RepairStockDrift", &order).await.unwrap()["repaired"], true);
}

#[tokio::test]
async fn a_row_that_refuses_a_reservation_raises_an_alarm() {
    let sku = stocked(9).await;
    let id = reserved(&sku, 2).await;
    corrupt(&sku, "reserved", 1).await;
    let since = now();
    for name in ["confirm", "release"] {
        make(name, &id).await.problem(500, "internal");
    }
    raised("StockContradictionsAlarm", "StockContradictions", 0.0, since).await;
    assert_eq!(units(&sku).await, (7, 1), "nothing was done");
    repair(&sku).await;
    make("confirm", &id).await.expect(200);
    assert_eq!(units(&sku).await, (7, 0));
}
