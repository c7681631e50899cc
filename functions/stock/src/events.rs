//! The events of stock and reservations, and the data of each.
//!
//! The comments on types and members are published as the descriptions in their schemas (`docs/events`).

use kernel::event::Units;
use kernel::{OrderId, ReservationId, Sku, Timestamp, events};
use schemars::JsonSchema;
use serde::Serialize;

use crate::drift::Finding;
use crate::reservation::Reservation;
use crate::warehouse::Warehouse;

events! {
    StockChanged: "stock.stock_changed", "what a warehouse has was set or adjusted";
    WarehouseAdded: "stock.warehouse_added", "a warehouse has a SKU for the first time";
    StockArranged: "stock.stock_arranged", "a SKU has other lanes or another threshold";
    UnitsMoved: "stock.units_moved", "a lane gave units to others";
    StockLow(StockCrossed): "stock.stock_low", "a SKU became low";
    StockRecovered(StockCrossed): "stock.stock_recovered", "a SKU is no longer low";
    ReservationMade(ReservationChanged): "stock.reservation_made", "goods were set aside";
    ReservationConfirmed(ReservationChanged): "stock.reservation_confirmed", "goods that were set aside were sold";
    ReservationReleased(ReservationChanged): "stock.reservation_released", "goods that were set aside were given back";
    ReservationExpired(ReservationChanged): "stock.reservation_expired", "the time of goods set aside was over";
    DriftFound(Drift): "stock.drift_found", "a row was found wrong, or wrong in another way";
    DriftGone(Drift): "stock.drift_gone", "a row that was wrong is right";
    DriftRepaired(Drift): "stock.drift_repaired", "a row was repaired";
}

/// A number of lanes, or one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(extend("minimum" = 0, "maximum" = u16::MAX))]
pub struct Lane(#[schemars(with = "i64")] pub u16);

/// What a warehouse has was set or adjusted. The aggregate is `stock/<sku>/<warehouse>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StockChanged {
    /// Of what.
    pub sku: Sku,
    /// Where.
    pub warehouse: Warehouse,
    /// By how much, when it was adjusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta: Option<i64>,
    // Exact when the units were set, and before the sales of the same moment when they were adjusted.
    /// What can be sold afterwards.
    pub available: Units,
}

/// A warehouse has a SKU for the first time. The aggregate is the SKU's head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WarehouseAdded {
    /// Of what.
    pub sku: Sku,
    /// Where.
    pub warehouse: Warehouse,
    /// On how many lanes.
    pub lanes: Lane,
}

/// A SKU has other lanes or another threshold. The aggregate is the SKU's head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StockArranged {
    /// Of what.
    pub sku: Sku,
    /// On how many lanes.
    pub lanes: Lane,
    /// At how many units it counts as low.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low_stock_threshold: Option<Units>,
}

/// A lane gave units away to others of its warehouse. The aggregate is `stock/<sku>/<warehouse>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnitsMoved {
    /// Of what.
    pub sku: Sku,
    /// Where.
    pub warehouse: Warehouse,
    /// From which lane.
    pub from_lane: Lane,
    /// To which.
    pub to: Vec<Given>,
}

/// What a lane was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Given {
    /// Which lane.
    pub lane: Lane,
    /// How many.
    pub units: Units,
}

/// A SKU became low, or no longer is. The aggregate is the SKU's head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StockCrossed {
    /// Of what.
    pub sku: Sku,
    /// What can be sold.
    pub available: Units,
    /// At how many units it counts as low.
    pub threshold: Units,
}

/// A reservation of its own was made or has ended; those of orders are told by the order. The aggregate is `reservation/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReservationChanged {
    /// Which reservation.
    pub reservation_id: ReservationId,
    /// For which order.
    pub order_id: OrderId,
    /// What is set aside.
    pub items: Vec<Reserved>,
    /// When its time is over, if it ever is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// What is set aside of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reserved {
    /// Of what.
    pub sku: Sku,
    /// How many.
    pub quantity: Units,
}

/// A row of stock was found wrong, is right again, or was repaired. The aggregate is `drift/<sku>/<warehouse>/<lane>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Drift {
    /// Of what.
    pub sku: Sku,
    /// Where.
    pub warehouse: Warehouse,
    /// On which lane.
    pub lane: Lane,
    /// What the row said may be sold.
    pub available: i64,
    /// What the row said is set aside.
    pub reserved: i64,
    /// What live reservations hold of it.
    pub expected: Units,
}

impl From<&Reservation> for ReservationChanged {
    fn from(reservation: &Reservation) -> Self {
        let reserved =
            |(sku, quantity): (&Sku, u64)| Reserved { sku: sku.clone(), quantity: Units(quantity) };
        Self {
            reservation_id: reservation.id,
            order_id: reservation.order_id,
            items: reservation.items().into_iter().map(reserved).collect(),
            expires_at: reservation.expires_at,
        }
    }
}

impl From<&Finding> for Drift {
    fn from(finding: &Finding) -> Self {
        Self {
            sku: finding.sku.clone(),
            warehouse: finding.warehouse.clone(),
            lane: Lane(finding.lane),
            available: finding.available,
            reserved: finding.reserved,
            expected: Units(finding.expected),
        }
    }
}
