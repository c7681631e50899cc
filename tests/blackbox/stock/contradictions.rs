//! Stock rows that refuse what a live reservation took from them: a defect with an alarm, and never "busy".

use serde_json::json;

use super::check_stock_drift::{ROW, corrupt};
use super::reserving::{make, reserved, stocked, units};
use crate::harness::alarms::{now, raised};
use crate::harness::{
    customer, decide, get, invoke, item, operator, place_order, post, product, put_back, remove, stock_of,
};

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

/// The goods can neither be sold nor given back, so that money that comes for them goes back. The order ends once the row is right.
#[tokio::test]
async fn an_order_whose_row_refuses_costs_nobody_money_and_ends_after_a_repair() {
    let anna = customer().await;
    let kettle = product(100, 3).await;
    let placed = place_order(&anna, &kettle, 2).await;
    let order = format!("/api/v1/orders/{}", placed["number"]);
    corrupt(&kettle.sku, "reserved", 0).await;
    let since = now();
    anna.ask(post(&format!("{order}/cancel"))).await.problem(500, "internal");
    assert_eq!(decide(&placed, "pay").await.status, 303);
    let unpaid = anna.ask(get(&order)).await.expect(200);
    assert_eq!(
        (&unpaid["status"], &unpaid["payment"]["status"]),
        (&json!("awaiting_payment"), &json!("refunded"))
    );
    raised("StockContradictionsAlarm", "StockContradictions", 0.0, since).await;
    repair(&kettle.sku).await;
    anna.ask(post(&format!("{order}/cancel"))).await.expect(200);
    assert_eq!(units(&kettle.sku).await, (3, 0));
}

/// Sold goods do not come back to a row that is gone, and make no new one.
#[tokio::test]
async fn goods_come_back_to_a_row_that_exists() {
    let anna = customer().await;
    let kettle = product(100, 3).await;
    let placed = place_order(&anna, &kettle, 2).await;
    assert_eq!(decide(&placed, "pay").await.status, 303);
    let partition = format!("SKU#{}", kettle.sku);
    let row = item("STOCK_TABLE", &partition, ROW).await.unwrap();
    remove("STOCK_TABLE", &partition, ROW).await;
    let cancel = || post(&format!("/api/v1/orders/{}/cancel", placed["number"]));
    operator().await.ask(cancel()).await.problem(500, "internal");
    put_back("STOCK_TABLE", row).await;
    operator().await.ask(cancel()).await.expect(200);
    assert_eq!(stock_of(&kettle.sku).await, 3);
}
