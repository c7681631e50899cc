//! Whether the rows say what the live reservations say. Pure.
//!
//! Rows and reservations are read one after the other while goods are sold, so a single look proves nothing: a reservation that was made between
//! the two readings looks like a difference. What proves it is that every change of a row, by anyone, raises its `changes` in the transaction
//! that also changes the reservation. Each look reads the reservations first and the row after them. When the row is the same in two looks, nothing
//! touched it from the first reading of it to the second, and the reservations of the second look were read in between: they are exactly those
//! that the row counts.
//!
//! The hourly check finds reservations through an index, which follows the table without a bound. So two looks only accuse a row. What proves a
//! difference is a reading of all reservations from the table itself, consistently, with one reading of the row before it and one after it
//! ([`judge_consistent`]). A repair is decided by nothing else.

use std::collections::BTreeMap;

use kernel::Sku;
use serde::{Deserialize, Serialize};

use crate::allocation::StockLocation;
use crate::reservation::{Reservation, ReservationStatus};
use crate::warehouse::Warehouse;

/// The key of a row of the stock table: a SKU at a location.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StockRowKey {
    pub sku: Sku,
    pub place: StockLocation,
}

/// A row's numbers, as they are: also those that no code of this crate would write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Figures {
    /// Units that may be sold.
    pub available: i64,
    /// Units reserved.
    pub reserved: i64,
    /// How often the row was changed; of no interest to anyone outside.
    #[serde(skip)]
    pub changes: u64,
}

/// What live reservations hold of each row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    units: BTreeMap<StockRowKey, u64>,
    reservations: u64,
}

impl Held {
    /// Counts `reservation`, if it is live.
    pub fn add(&mut self, reservation: &Reservation) {
        if reservation.status != ReservationStatus::Reserved {
            return;
        }
        self.reservations += 1;
        for take in &reservation.takes {
            let spot = StockRowKey { sku: take.sku.clone(), place: take.place.clone() };
            *self.units.entry(spot).or_default() += u64::from(take.quantity.get());
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.reservations += other.reservations;
        for (spot, units) in other.units {
            *self.units.entry(spot).or_default() += units;
        }
        self
    }

    /// What is held of the row at `spot`.
    pub fn of(&self, spot: &StockRowKey) -> u64 {
        self.units.get(spot).copied().unwrap_or(0)
    }

    /// The rows that something is held of.
    pub fn spots(&self) -> impl Iterator<Item = &StockRowKey> {
        self.units.keys()
    }

    /// The units that live reservations hold: those that wait for payment.
    pub fn units(&self) -> u64 {
        self.units.values().sum()
    }

    /// How many live reservations were counted.
    pub fn reservations(&self) -> u64 {
        self.reservations
    }
}

/// A row as it was read once, beside what live reservations say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The row's numbers.
    pub figures: Figures,
    /// Units that live reservations hold of the row.
    pub expected: u64,
}

impl Sample {
    /// Whether the row can't be right as it was seen.
    pub fn differs(&self) -> bool {
        u64::try_from(self.figures.reserved) != Ok(self.expected) || self.figures.available < 0
    }

    /// The row's numbers as a repair leaves them. What is set aside is what live reservations say; how many units there really are besides
    /// nobody knows before they were counted, so none are put on sale.
    pub fn repaired(&self) -> Figures {
        Figures {
            available: self.figures.available.max(0),
            reserved: i64::try_from(self.expected).unwrap_or(i64::MAX),
            changes: self.figures.changes + 1,
        }
    }
}

/// A difference as it is kept: what the last check that found it again saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Of what.
    pub sku: Sku,
    /// In which warehouse.
    pub warehouse: Warehouse,
    /// On which lane.
    pub lane: u16,
    /// Units that the row said may be sold.
    pub available: i64,
    /// Units that the row said are set aside.
    pub reserved: i64,
    /// Units that live reservations hold of it.
    pub expected: u64,
}

impl Finding {
    /// What `look` found at `spot`.
    pub fn new(spot: &StockRowKey, look: &Sample) -> Self {
        Self {
            sku: spot.sku.clone(),
            warehouse: spot.place.warehouse.clone(),
            lane: spot.place.lane,
            available: look.figures.available,
            reserved: look.figures.reserved,
            expected: look.expected,
        }
    }

    /// Whether both tell of the same difference. A row that goods are sold from differs by as much as before, by other numbers.
    pub fn tells_the_same_as(&self, other: &Self) -> bool {
        let told = |finding: &Self| {
            let surplus = i128::from(finding.reserved) - i128::from(finding.expected);
            (surplus, finding.available.min(0))
        };
        told(self) == told(other)
    }
}

/// What two looks at a row, some seconds apart, say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The row is right.
    Agrees,
    /// The row is wrong, and has been since the first look.
    Differs,
    /// The row moved between the looks: look again.
    Unsettled,
}

/// Judges a row by reservations that were read consistently after the row was read as `before` and before it was read again, as `now` says.
///
/// Every change of a reservation raises the row's `changes` in the same transaction. When the row is the same in both readings, the reservations that
/// hold units of it were all written before the first one, so a consistent reading misses none; and none of them ended until the second.
pub fn judge_consistent(before: &Figures, now: &Sample) -> Verdict {
    if *before != now.figures {
        Verdict::Unsettled
    } else if now.differs() {
        Verdict::Differs
    } else {
        Verdict::Agrees
    }
}

/// Judges a row by two looks through the index, the later one last. A row that differs is accused and not convicted: see [`judge_consistent`].
pub fn judge(first: &Sample, second: &Sample) -> Verdict {
    if !second.differs() {
        Verdict::Agrees
    } else if first == second {
        Verdict::Differs
    } else {
        Verdict::Unsettled
    }
}

#[cfg(test)]
#[path = "drift_tests.rs"]
mod tests;
