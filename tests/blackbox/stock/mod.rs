//! Available stock, and the reservations of it.

mod allocation;
mod check_stock_drift;
mod confirm_reservation;
mod contradictions;
mod create_reservation;
mod expire_reservation;
mod get_reservation;
mod get_stock;
mod put_stock;
mod release_reservation;
mod repair_stock_drift;
mod reserving;
mod sweep_expired_reservations;
mod update_stock;
mod watch_stock;

use serde_json::Value;

use crate::harness::{get, item, operator};

/// The stock of `sku` as the operator sees it.
async fn stock_by_warehouse(sku: &str) -> Value {
    operator().await.ask(get(&format!("/api/v1/stocks/{sku}"))).await.expect(200)
}

/// What the table holds for each lane of `msk-1`: available and reserved.
async fn rows_of(sku: &str) -> Vec<(u64, u64)> {
    let mut rows = Vec::new();
    while let Some(row) =
        item("STOCK_TABLE", &format!("SKU#{sku}"), &format!("LOC#msk-1#{:03}", rows.len())).await
    {
        let number = |name: &str| row[name].as_n().unwrap().parse().unwrap();
        rows.push((number("available"), number("reserved")));
    }
    rows
}

/// What can be sold from each lane of `msk-1`.
async fn lanes_of(sku: &str) -> Vec<u64> {
    rows_of(sku).await.into_iter().map(|(available, _)| available).collect()
}
