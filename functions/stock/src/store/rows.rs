//! Stock levels: one row for each lane of a warehouse.

use std::collections::BTreeMap;

use kernel::{Problem, Sku};
use platform::dynamo::{Expression, Key, Write};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Outdated, Stock, sku_partition};
use crate::allocation::{StockLevel, StockLocation};
use crate::drift::StockRowKey;
use crate::warehouse::Warehouse;

/// The lane that every warehouse has.
const FIRST_LANE: u16 = 0;

/// Digits that a lane is padded to in a sort key.
const LANE_DIGITS: usize = 3;

/// The stored stock level of a location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    #[serde(rename = "PK")]
    pub(super) partition: String,
    #[serde(rename = "SK")]
    pub(super) sort: String,
    /// Units that may be sold.
    #[serde(deserialize_with = "units")]
    pub(crate) available: u64,
    /// Units reserved for orders.
    #[serde(deserialize_with = "units")]
    pub(crate) reserved: u64,
    /// The number of changes of the row, by any writer.
    #[serde(default)]
    pub(crate) changes: u64,
    /// On lane 0: the number of times the warehouse was set or adjusted, or its lanes were changed; reservations do not count.
    #[serde(default)]
    pub(crate) version: u64,
}

impl Row {
    /// The row's key.
    pub(super) fn key(&self) -> Key {
        Key::new(self.partition.clone(), self.sort.clone())
    }

    /// The location of the row; `None` for a key that no code of this crate writes.
    pub(crate) fn place(&self) -> Option<StockLocation> {
        place_of(&self.sort)
    }
}

/// A number that no code of this crate writes below zero. A negative one, written by other code, counts as zero: such a row sells nothing and does
/// not keep the others from being read, and the drift check finds it.
fn units<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Ok(u64::try_from(i64::deserialize(deserializer)?).unwrap_or(0))
}

fn place_of(sort: &str) -> Option<StockLocation> {
    let (warehouse, lane) = sort.strip_prefix("LOC#")?.rsplit_once('#')?;
    Some(StockLocation { warehouse: warehouse.parse().ok()?, lane: lane.parse().ok()? })
}

/// The row with this key; `None` for a key that no code of this crate writes.
pub(super) fn spot_of(partition: &str, sort: &str) -> Option<StockRowKey> {
    Some(StockRowKey { sku: partition.strip_prefix("SKU#")?.parse().ok()?, place: place_of(sort)? })
}

/// The locations in `rows` with available units.
pub(crate) fn holdings(rows: &[Row]) -> Vec<StockLevel> {
    rows.iter()
        .filter_map(|row| row.place().map(|place| StockLevel { place, available: row.available }))
        .collect()
}

/// The key of the row of `sku` at `place`.
pub(crate) fn place_key(sku: &Sku, place: &StockLocation) -> Key {
    Key::new(sku_partition(sku), format!("LOC#{}#{:0>LANE_DIGITS$}", place.warehouse, place.lane))
}

/// An update of a row: the assignments `set`, which may use `:zero` and `:one`, and one more change counted. Every write to a row is made of this, so
/// that two readings with the same count have nothing between them.
pub(crate) fn change(set: &str) -> Expression {
    Expression::update(format!("SET {set}, changes = if_not_exists(changes, :zero) + :one"))
        .number(":zero", 0)
        .number(":one", 1)
}

/// A change of the available units of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Units {
    /// Sets the units.
    Become(u64),
    /// Adds units.
    Gain(u64),
    /// Takes units away, if there are as many.
    Lose(u64),
}

impl Units {
    /// The gain, or the loss, that `delta` is.
    pub(crate) fn change(delta: i64) -> Self {
        if delta < 0 { Self::Lose(delta.unsigned_abs()) } else { Self::Gain(delta.unsigned_abs()) }
    }
}

/// The stock of a SKU in one warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AtWarehouse {
    /// The available units by lane; `None` where there is no row.
    pub(crate) rows: Vec<Option<u64>>,
    /// The number of times the warehouse was set or adjusted, or its lanes were changed.
    pub(crate) version: u64,
}

impl AtWarehouse {
    /// The stock of `warehouse`, from the `rows` of a SKU.
    pub(super) fn of(rows: &[Row], warehouse: &Warehouse) -> Self {
        let mut at = Self { rows: Vec::new(), version: 0 };
        let here = rows.iter().filter_map(|row| Some((row, row.place()?)));
        for (row, place) in here.filter(|(_, place)| place.warehouse == *warehouse) {
            let lane = usize::from(place.lane);
            at.rows.resize(at.rows.len().max(lane + 1), None);
            at.rows[lane] = Some(row.available);
            if place.lane == FIRST_LANE {
                at.version = row.version;
            }
        }
        at
    }

    /// Returns true when there is a row for `lane`.
    pub(crate) fn exists(&self, lane: u16) -> bool {
        self.rows.get(usize::from(lane)).is_some_and(Option::is_some)
    }

    /// The available units, by lane.
    pub(crate) fn by_lane(&self) -> Vec<u64> {
        self.rows.iter().map(|row| row.unwrap_or(0)).collect()
    }

    /// The available units.
    pub(crate) fn available(&self) -> u64 {
        self.rows.iter().flatten().sum()
    }
}

impl Stock {
    /// Changes lanes of `warehouse`, provided that it has not been set, adjusted or had its lanes changed since its version was `version`. The
    /// version goes up by one; it is kept on lane 0, which is written in any case.
    pub(crate) fn change_lanes(
        &self,
        sku: &Sku,
        warehouse: &Warehouse,
        version: u64,
        mut units: BTreeMap<u16, Units>,
    ) -> Result<Vec<Write<Outdated>>, Problem> {
        units.entry(FIRST_LANE).or_insert(Units::Gain(0));
        let write = |(lane, units): (u16, Units)| {
            let place = StockLocation { warehouse: warehouse.clone(), lane };
            let version = (lane == FIRST_LANE).then_some(version);
            self.table.update(&place_key(sku, &place), lane_update(units, version), Outdated)
        };
        units.into_iter().map(write).collect()
    }
}

/// The update of one lane; of the first one with the version that the warehouse had.
fn lane_update(units: Units, version: Option<u64>) -> Expression {
    let (available, units, mut condition) = match units {
        Units::Become(units) => (":units", units, Vec::new()),
        Units::Gain(units) => ("if_not_exists(available, :zero) + :units", units, Vec::new()),
        Units::Lose(units) => ("available - :units", units, vec!["available >= :units"]),
    };
    let mut set = format!("available = {available}, reserved = if_not_exists(reserved, :zero)");
    if version.is_some() {
        set.push_str(", version = :next");
    }
    match version {
        Some(0) => condition.push("attribute_not_exists(version)"),
        Some(_) => condition.push("version = :version"),
        None => {}
    }
    let mut update = change(&set).number(":units", units);
    if !condition.is_empty() {
        update = update.when(condition.join(" AND "));
    }
    match version {
        Some(0) => update.number(":next", 1),
        Some(version) => update.number(":version", version).number(":next", version + 1),
        None => update,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_they_were() {
        let sku: Sku = "A-1".parse().unwrap();
        let place = StockLocation { warehouse: "msk-1".parse().unwrap(), lane: 7 };
        assert_eq!(place_key(&sku, &place), Key::new("SKU#A-1", "LOC#msk-1#007"));
    }

    #[test]
    fn a_row_knows_its_place() {
        let (partition, sort) = ("SKU#A-1".to_owned(), "LOC#spb-1#002".to_owned());
        let row = Row { partition, sort, available: 1, reserved: 0, changes: 1, version: 1 };
        assert_eq!(row.place(), Some(StockLocation { warehouse: "spb-1".parse().unwrap(), lane: 2 }));
    }
}
