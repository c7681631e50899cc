//! An invocation's use of DynamoDB, for its log line: calls, capacity units, conflicts and throttles.
//!
//! The counters belong to the process. A function serves one invocation at a time, so what was counted since the last line is
//! the invocation's own.

use std::sync::{Mutex, PoisonError};

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// Calls, and the capacity units that DynamoDB says they took, those of indexes included.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Usage {
    /// Requests, refused ones too; the SDK's own repeats are not counted separately.
    pub(crate) calls: u64,
    /// Read capacity units. Half a unit is an eventually consistent read of 4 KB.
    pub(crate) read_units: f64,
    /// Write capacity units. A write of 1 KB takes one, and two in a transaction.
    pub(crate) write_units: f64,
    /// Attempts at a transaction that met another one and were made again.
    pub(crate) conflicts: u64,
    /// Attempts, the SDK's own repeats included, that `DynamoDB` throttled.
    pub(crate) throttles: u64,
}

static USED: Mutex<Usage> =
    Mutex::new(Usage { calls: 0, read_units: 0.0, write_units: 0.0, conflicts: 0, throttles: 0 });

/// Returns the usage since the last call, and resets it.
pub(crate) fn take() -> Usage {
    std::mem::take(&mut USED.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Counts one call that read.
#[expect(clippy::float_arithmetic, reason = "capacity units, as DynamoDB reports them")]
pub(super) fn read(consumed: &[ConsumedCapacity]) {
    let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
    used.calls += 1;
    used.read_units += units(consumed);
}

/// Counts one call that wrote.
#[expect(clippy::float_arithmetic, reason = "capacity units, as DynamoDB reports them")]
pub(super) fn write(consumed: &[ConsumedCapacity]) {
    let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
    used.calls += 1;
    used.write_units += units(consumed);
}

/// Counts one attempt at a transaction that is made again.
pub(super) fn conflict() {
    USED.lock().unwrap_or_else(PoisonError::into_inner).conflicts += 1;
}

/// Counts one attempt that was throttled.
pub(super) fn throttle() {
    USED.lock().unwrap_or_else(PoisonError::into_inner).throttles += 1;
}

/// The sum over the tables of one call.
fn units(consumed: &[ConsumedCapacity]) -> f64 {
    consumed.iter().filter_map(|of_table| of_table.capacity_units).sum()
}
