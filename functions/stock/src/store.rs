//! The stock table.
//!
//! | item | key | attributes |
//! |---|---|---|
//! | what a place has of a SKU | `SKU#<sku>` / `LOC#<warehouse>#<lane>` | `available`, `reserved`, `version` |
//! | a reservation | `RESERVATION#<id>` / `RESERVATION` | see [`Reservation`] |

use std::collections::HashMap;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use kernel::{OrderId, Problem, ReservationId, Sku};
use platform::dynamo::{Expression, Key, Rows, Table, Write};
use platform::{Call, Init, InitError};
use serde::{Deserialize, Serialize};

use crate::allocation::{self, Holding, Line, MAX_TAKES, Place, Plan, Shortage, Take};
use crate::reservation::{Reservation, ReservationStatus};

/// Partitions that are asked for at the same time.
const PARALLEL_READS: usize = 16;
/// The most places of one SKU that are considered: warehouses times lanes.
const MAX_PLACES: u32 = 256;
/// Digits that a lane is padded to in a sort key.
const LANE_DIGITS: usize = 3;

/// Why a write to stock was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StockRefusal {
    /// The place no longer has what the plan takes from it; plan again.
    Taken(Sku),
    /// The reservation exists already, or is no longer `reserved`.
    ReservationChanged,
    /// The place was set by someone else in the meantime.
    PlaceChanged,
}

/// The stock table.
#[derive(Clone)]
pub struct Stock {
    pub(crate) table: Table,
}

/// What a place has, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    #[serde(rename = "SK")]
    sort: String,
    /// Units that may be sold.
    pub(crate) available: u64,
    /// Units set aside for orders.
    pub(crate) reserved: u64,
    /// How often the place was set; reservations do not count.
    #[serde(default)]
    pub(crate) version: u64,
}

impl Row {
    /// Where the row is; `None` for a key that no code of this crate writes.
    pub(crate) fn place(&self) -> Option<Place> {
        let (warehouse, lane) = self.sort.strip_prefix("LOC#")?.rsplit_once('#')?;
        Some(Place { warehouse: warehouse.to_owned(), lane: lane.parse().ok()? })
    }
}

impl Stock {
    /// The table named by `STOCK_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { table: init.table("STOCK_TABLE").await? })
    }

    /// What can be sold of each SKU, over all warehouses; 0 for what is not stocked.
    pub async fn available(&self, skus: &[Sku]) -> Result<HashMap<Sku, u64>, Problem> {
        stream::iter(skus.iter().cloned())
            .map(|sku| async move {
                let rows = self.rows(&sku).await?;
                Ok((sku, rows.iter().map(|row| row.available).sum()))
            })
            .buffer_unordered(PARALLEL_READS)
            .try_collect()
            .await
    }

    /// Where each line can be taken from, or everything that is short. Lines of one SKU are added up first.
    pub async fn plan(&self, lines: &[Line]) -> Result<Result<Plan, Vec<Shortage>>, Problem> {
        let lines = allocation::merge(lines)?;
        let allocations: Vec<Result<Vec<Take>, Shortage>> = stream::iter(lines)
            .map(|line| async move {
                let rows = self.rows(&line.sku).await?;
                Ok(allocation::allocate(&line, &holdings(&rows)))
            })
            .buffered(PARALLEL_READS)
            .try_collect()
            .await?;
        let mut plan = Plan::default();
        let mut shortages = Vec::new();
        for allocation in allocations {
            match allocation {
                Ok(takes) => plan.takes.extend(takes),
                Err(shortage) => shortages.push(shortage),
            }
        }
        if !shortages.is_empty() {
            return Ok(Err(shortages));
        }
        if plan.takes.len() > MAX_TAKES {
            let detail = format!("is spread over more than {MAX_TAKES} places; order fewer lines at a time");
            return Err(Problem::invalid("/items", detail));
        }
        Ok(Ok(plan))
    }

    /// Sets the goods of `plan` aside for an order.
    pub fn reserve(
        &self,
        call: &Call,
        id: ReservationId,
        order_id: OrderId,
        plan: &Plan,
    ) -> Result<Vec<Write<StockRefusal>>, Problem> {
        let aside = "SET available = available - :q, reserved = reserved + :q";
        self.take(call, id, order_id, plan, ReservationStatus::Reserved, aside)
    }

    /// Sells the goods of `plan` at once, for an order that is paid already.
    pub fn buy(
        &self,
        call: &Call,
        id: ReservationId,
        order_id: OrderId,
        plan: &Plan,
    ) -> Result<Vec<Write<StockRefusal>>, Problem> {
        let away = "SET available = available - :q";
        self.take(call, id, order_id, plan, ReservationStatus::Confirmed, away)
    }

    fn take(
        &self,
        call: &Call,
        id: ReservationId,
        order_id: OrderId,
        plan: &Plan,
        status: ReservationStatus,
        update: &str,
    ) -> Result<Vec<Write<StockRefusal>>, Problem> {
        let reservation =
            Reservation { id, order_id, status, takes: plan.takes.clone(), created_at: call.now };
        let put = self.table.put_new(&reservation_key(id), &reservation, StockRefusal::ReservationChanged)?;
        let mut writes = vec![put];
        for take in &plan.takes {
            let take_units = Expression::update(update).when("available >= :q").value(":q", take.quantity)?;
            let key = place_key(&take.sku, &take.place);
            writes.push(self.table.update(&key, take_units, StockRefusal::Taken(take.sku.clone()))?);
        }
        Ok(writes)
    }

    /// The goods are sold: they leave the reserve and the house.
    pub fn confirm(&self, reservation: &Reservation) -> Result<Vec<Write<StockRefusal>>, Problem> {
        self.finish(reservation, ReservationStatus::Confirmed, "SET reserved = reserved - :q")
    }

    /// The goods go back to the very rows they came from.
    pub fn release(&self, reservation: &Reservation) -> Result<Vec<Write<StockRefusal>>, Problem> {
        let back = "SET reserved = reserved - :q, available = available + :q";
        self.finish(reservation, ReservationStatus::Released, back)
    }

    fn finish(
        &self,
        reservation: &Reservation,
        status: ReservationStatus,
        update: &str,
    ) -> Result<Vec<Write<StockRefusal>>, Problem> {
        let end = Expression::update("SET #status = :final")
            .when("#status = :reserved")
            .name("#status", "status")
            .value(":final", status)?
            .value(":reserved", ReservationStatus::Reserved)?;
        let key = reservation_key(reservation.id);
        let mut writes = vec![self.table.update(&key, end, StockRefusal::ReservationChanged)?];
        for take in &reservation.takes {
            let move_units = Expression::update(update).when("reserved >= :q").value(":q", take.quantity)?;
            let key = place_key(&take.sku, &take.place);
            writes.push(self.table.update(&key, move_units, StockRefusal::ReservationChanged)?);
        }
        Ok(writes)
    }

    /// The reservation with this id.
    pub async fn reservation(&self, id: ReservationId) -> Result<Option<Reservation>, Problem> {
        self.table.get(&reservation_key(id)).await
    }

    /// All places that have ever had `sku`.
    pub(crate) async fn rows(&self, sku: &Sku) -> Result<Vec<Row>, Problem> {
        let rows: Rows<Row> =
            self.table.query(sku_partition(sku)).begins_with("SK", "LOC#").limit(MAX_PLACES).rows().await?;
        Ok(rows.items)
    }
}

fn holdings(rows: &[Row]) -> Vec<Holding> {
    rows.iter()
        .filter_map(|row| row.place().map(|place| Holding { place, available: row.available }))
        .collect()
}

fn sku_partition(sku: &Sku) -> String {
    format!("SKU#{sku}")
}

/// The key of what `place` has of `sku`.
pub(crate) fn place_key(sku: &Sku, place: &Place) -> Key {
    Key::new(sku_partition(sku), format!("LOC#{}#{:0>LANE_DIGITS$}", place.warehouse, place.lane))
}

fn reservation_key(id: ReservationId) -> Key {
    Key::new(format!("RESERVATION#{id}"), "RESERVATION")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_they_were() {
        let sku: Sku = "A-1".parse().unwrap();
        let place = Place { warehouse: "msk-1".to_owned(), lane: 7 };
        assert_eq!(place_key(&sku, &place), Key::new("SKU#A-1", "LOC#msk-1#007"));
        let id: ReservationId = "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0".parse().unwrap();
        let key = Key::new("RESERVATION#6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0", "RESERVATION");
        assert_eq!(reservation_key(id), key);
    }

    #[test]
    fn a_row_knows_its_place() {
        let row = Row { sort: "LOC#spb-1#002".to_owned(), available: 1, reserved: 0, version: 1 };
        assert_eq!(row.place(), Some(Place { warehouse: "spb-1".to_owned(), lane: 2 }));
    }
}
