//! What was asked of the server, counted where it is answered.

use std::collections::BTreeMap;
use std::ops::{Add, Sub};
use std::sync::{Mutex, PoisonError};

/// What was asked in one operation. Units are thousandths of DynamoDB's capacity units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests, refused ones too.
    pub calls: u64,
    /// Requests that a failed condition refused.
    pub refused: u64,
    /// Requests that met another transaction.
    pub conflicts: u64,
    /// Requests that a partition did not take.
    pub throttled: u64,
    /// Requests that failed in any other way.
    pub failed: u64,
    /// Thousandths of capacity units, as the answers report them.
    pub units: u64,
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            refused: self.refused + other.refused,
            conflicts: self.conflicts + other.conflicts,
            throttled: self.throttled + other.throttled,
            failed: self.failed + other.failed,
            units: self.units + other.units,
        }
    }
}

impl Sub for Tally {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            calls: self.calls - other.calls,
            refused: self.refused - other.refused,
            conflicts: self.conflicts - other.conflicts,
            throttled: self.throttled - other.throttled,
            failed: self.failed - other.failed,
            units: self.units - other.units,
        }
    }
}

/// What was asked, by operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<String, Tally>);

impl Counts {
    /// What was asked in `operation`.
    pub fn of(&self, operation: &str) -> Tally {
        self.0.get(operation).copied().unwrap_or_default()
    }

    /// What was asked in all operations of DynamoDB together.
    pub fn total(&self) -> Tally {
        self.0
            .iter()
            .filter(|(name, _)| *name != super::QUEUE_OPERATION)
            .fold(Tally::default(), |sum, (_, tally)| sum + *tally)
    }

    /// What was asked after `before` was counted.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self(self.0.iter().map(|(name, tally)| (name.clone(), *tally - before.of(name))).collect())
    }
}

/// Counts while the server runs.
#[derive(Default)]
pub(super) struct Meter(Mutex<Counts>);

impl Meter {
    pub(super) fn add(&self, operation: &str, tally: Tally) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = counts.of(operation) + tally;
        counts.0.insert(operation.to_owned(), sum);
    }

    pub(super) fn read(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
