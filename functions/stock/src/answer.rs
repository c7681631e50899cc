//! The operators' representation of a SKU's stock.

use std::collections::BTreeMap;

use kernel::Sku;
use serde::Serialize;

use crate::lanes::Lanes;
use crate::store::{Kept, SkuHeader};
use crate::warehouse::Warehouse;

/// The stock of a SKU, and its arrangement.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StockAnswer {
    product_id: Sku,
    /// Available units over all warehouses, without reserved ones.
    available: u64,
    warehouses: Vec<AtWarehouse>,
    lanes: Lanes,
    #[serde(skip_serializing_if = "Option::is_none")]
    low_stock_threshold: Option<u64>,
    /// Present for a SKU that has a threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_low: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AtWarehouse {
    warehouse: Warehouse,
    available: u64,
    reserved: u64,
}

impl StockAnswer {
    /// The stock of a SKU that has a stock record; `None` for others.
    pub(crate) fn of(kept: Kept) -> Option<Self> {
        let SkuHeader { sku, lanes, places, low_stock_threshold, is_low, version: _, changes: _ } =
            kept.head?;
        let mut sums: BTreeMap<Warehouse, (u64, u64)> =
            places.into_keys().map(|warehouse| (warehouse, (0, 0))).collect();
        for row in &kept.rows {
            if let Some(place) = row.place() {
                let (available, reserved) = sums.entry(place.warehouse).or_default();
                *available += row.available;
                *reserved += row.reserved;
            }
        }
        let warehouses: Vec<AtWarehouse> = sums
            .into_iter()
            .map(|(warehouse, (available, reserved))| AtWarehouse { warehouse, available, reserved })
            .collect();
        let available = warehouses.iter().map(|at| at.available).sum();
        let is_low = low_stock_threshold.map(|_| is_low);
        Some(Self { product_id: sku, available, warehouses, lanes, low_stock_threshold, is_low })
    }
}
