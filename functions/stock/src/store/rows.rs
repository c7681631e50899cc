//! What places have: one row for each lane of a warehouse.

use kernel::Sku;
use platform::dynamo::{Expression, Key};
use serde::{Deserialize, Serialize};

use super::sku_partition;
use crate::allocation::{Holding, Place};
use crate::drift::Spot;

/// Digits that a lane is padded to in a sort key.
const LANE_DIGITS: usize = 3;

/// What a place has, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    #[serde(rename = "PK")]
    pub(super) partition: String,
    #[serde(rename = "SK")]
    pub(super) sort: String,
    /// Units that may be sold.
    pub(crate) available: u64,
    /// Units set aside for orders.
    pub(crate) reserved: u64,
    /// How often the row was changed, by anyone.
    #[serde(default)]
    pub(crate) changes: u64,
    /// Of lane 0: how often the warehouse was set, adjusted or relaned; reservations do not count.
    #[serde(default)]
    pub(crate) version: u64,
}

impl Row {
    /// The row's key.
    pub(super) fn key(&self) -> Key {
        Key::new(self.partition.clone(), self.sort.clone())
    }

    /// Where the row is; `None` for a key that no code of this crate writes.
    pub(crate) fn place(&self) -> Option<Place> {
        place_of(&self.sort)
    }
}

fn place_of(sort: &str) -> Option<Place> {
    let (warehouse, lane) = sort.strip_prefix("LOC#")?.rsplit_once('#')?;
    Some(Place { warehouse: warehouse.parse().ok()?, lane: lane.parse().ok()? })
}

/// The row with this key; `None` for a key that no code of this crate writes.
pub(super) fn spot_of(partition: &str, sort: &str) -> Option<Spot> {
    Some(Spot { sku: partition.strip_prefix("SKU#")?.parse().ok()?, place: place_of(sort)? })
}

/// What can be taken from `rows`, and where.
pub(crate) fn holdings(rows: &[Row]) -> Vec<Holding> {
    rows.iter()
        .filter_map(|row| row.place().map(|place| Holding { place, available: row.available }))
        .collect()
}

/// The key of what `place` has of `sku`.
pub(crate) fn place_key(sku: &Sku, place: &Place) -> Key {
    Key::new(sku_partition(sku), format!("LOC#{}#{:0>LANE_DIGITS$}", place.warehouse, place.lane))
}

/// An update of a row: the assignments `set`, which may speak of `:zero` and `:one`, and one more change counted. Every write to a
/// row is made of this, so that two readings with the same count have nothing between them.
pub(crate) fn change(set: &str) -> Expression {
    Expression::update(format!("SET {set}, changes = if_not_exists(changes, :zero) + :one"))
        .number(":zero", 0)
        .number(":one", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_they_were() {
        let sku: Sku = "A-1".parse().unwrap();
        let place = Place { warehouse: "msk-1".to_owned(), lane: 7 };
        assert_eq!(place_key(&sku, &place), Key::new("SKU#A-1", "LOC#msk-1#007"));
    }

    #[test]
    fn a_row_knows_its_place() {
        let (partition, sort) = ("SKU#A-1".to_owned(), "LOC#spb-1#002".to_owned());
        let row = Row { partition, sort, available: 1, reserved: 0, changes: 1, version: 1 };
        assert_eq!(row.place(), Some(Place { warehouse: "spb-1".to_owned(), lane: 2 }));
    }
}
