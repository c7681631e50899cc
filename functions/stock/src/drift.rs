//! Comparing stock rows with the live reservations. Pure.
//!
//! Rows and reservations are read one after the other while stock is sold, so a single sample proves nothing: a reservation that was made between the
//! two readings looks like a difference. The proof is that every change of a row, by any writer, raises its `changes` in the transaction that also
//! changes the reservation. Each sample reads the reservations first and the row after them. When the row is the same in two samples, nothing changed
//! it from the first reading of it to the second, and the reservations of the second sample were read in between: they are exactly those that the row
//! counts.
//!
//! The hourly check finds reservations through an index, which follows the table without a bound. So two samples only make a row suspect. A
//! difference is proven by a reading of all reservations from the table itself, consistently, with one reading of the row before it and one after it
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

/// A row's numbers, as stored: also those that no code of this crate would write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Figures {
    /// Units that may be sold.
    pub available: i64,
    /// Units reserved.
    pub reserved: i64,
    /// The number of changes of the row; internal.
    #[serde(skip)]
    pub changes: u64,
}

/// The units that live reservations hold of each row.
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

    /// Adds both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.reservations += other.reservations;
        for (spot, units) in other.units {
            *self.units.entry(spot).or_default() += units;
        }
        self
    }

    /// The units held of the row at `spot`.
    pub fn of(&self, spot: &StockRowKey) -> u64 {
        self.units.get(spot).copied().unwrap_or(0)
    }

    /// The keys of the rows of which units are held.
    pub fn spots(&self) -> impl Iterator<Item = &StockRowKey> {
        self.units.keys()
    }

    /// The units that live reservations hold: those that wait for payment.
    pub fn units(&self) -> u64 {
        self.units.values().sum()
    }

    /// The number of live reservations that were counted.
    pub fn reservations(&self) -> u64 {
        self.reservations
    }
}

/// A sample: a row as it was read once, beside the units that live reservations hold of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The row's numbers.
    pub figures: Figures,
    /// Units that live reservations hold of the row.
    pub expected: u64,
}

impl Sample {
    /// Returns true when the sampled row contradicts the reservations.
    pub fn differs(&self) -> bool {
        u64::try_from(self.figures.reserved) != Ok(self.expected) || self.figures.available < 0
    }

    /// The row's numbers as a repair leaves them. The reserved units are those that live reservations hold. How many units there really are besides
    /// is unknown until they are counted, so none are put on sale.
    pub fn repaired(&self) -> Figures {
        Figures {
            available: self.figures.available.max(0),
            reserved: i64::try_from(self.expected).unwrap_or(i64::MAX),
            changes: self.figures.changes + 1,
        }
    }
}

/// A difference as it is stored: as the last check that found it again saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The SKU.
    pub sku: Sku,
    /// The warehouse.
    pub warehouse: Warehouse,
    /// The lane.
    pub lane: u16,
    /// Units available according to the row.
    pub available: i64,
    /// Units reserved according to the row.
    pub reserved: i64,
    /// Units that live reservations hold of it.
    pub expected: u64,
}

impl Finding {
    /// The finding that `look` shows at `spot`.
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

    /// Returns true when both describe the same difference. A row from which stock is sold differs by as much as before, by other numbers.
    pub fn tells_the_same_as(&self, other: &Self) -> bool {
        let told = |finding: &Self| {
            let surplus = i128::from(finding.reserved) - i128::from(finding.expected);
            (surplus, finding.available.min(0))
        };
        told(self) == told(other)
    }
}

/// The verdict of two samples of a row, taken some seconds apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The row is right.
    Agrees,
    /// The row is wrong, and has been since the first sample.
    Differs,
    /// The row changed between the samples: sample it again.
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

/// Judges a row by two samples through the index, the later one last. A row that differs is suspect and not proven wrong: see [`judge_consistent`].
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
