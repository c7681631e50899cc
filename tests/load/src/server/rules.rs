//! What DynamoDB does and the server behind does not: conflicts between transactions, and the throughput of a partition.
//!
//! Conflicts follow the developer guide, "Amazon DynamoDB Transactions: How it works", section "Transaction conflict handling in DynamoDB"
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html>): while a `TransactWriteItems` is under way, another that has
//! one of its items is cancelled with `TransactionConflict` at that item, and a single write to one fails with `TransactionConflictException`. Reads are not held
//! up; `TransactGetItems` would be, and nothing here uses it.
//!
//! In a two-phase commit the coordinator asks all items at once. So a transaction that meets a conflict has the items that were free, and keeps others from them until it has
//! been cancelled.
//!
//! A partition takes 1,000 write units and 3,000 read units a second (developer guide, "Best practices for designing and using partition keys effectively"). All items
//! with one partition key are taken to be in one partition. DynamoDB may split such a collection along its sort keys after it was hot for a while, and may let a burst through
//! from what was not used in the five minutes before; neither is promised, and neither is done here beyond one second's worth.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Write units that a partition takes in a second.
const WRITES_PER_SECOND: u64 = 1_000;
/// Read units that a partition takes in a second.
const READS_PER_SECOND: u64 = 3_000;
/// Units are counted in thousandths: an eventually consistent read takes half of one.
pub(super) const UNIT: u64 = 1_000;

/// Which of the rules are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Times as DynamoDB's, in per cent of the published ones; none with 0.
    pub time_percent: u32,
    /// Transactions that meet at an item conflict.
    pub conflicts: bool,
    /// A partition's throughput is limited.
    pub partition_limits: bool,
}

impl Rules {
    /// The bare server: one transaction after another, as fast as it can.
    pub const BARE: Self = Self { time_percent: 0, conflicts: false, partition_limits: false };
    /// DynamoDB's times and conflicts.
    pub const CONFLICTS: Self = Self { time_percent: 100, conflicts: true, partition_limits: false };
    /// DynamoDB's times, conflicts and limits.
    pub const LIMITS: Self = Self { partition_limits: true, ..Self::CONFLICTS };
}

/// An item, by its table and its key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ItemKey {
    pub(super) table: String,
    pub(super) pk: String,
    pub(super) sk: String,
}

/// The items of all transactions that are under way.
#[derive(Default)]
pub(super) struct InFlight(Mutex<HashSet<ItemKey>>);

/// Items that no other transaction gets for as long as this lives.
pub(super) struct Claim {
    in_flight: Arc<InFlight>,
    keys: Vec<ItemKey>,
}

impl InFlight {
    /// Claims those of `keys` that are free, and says of each whether another transaction has it.
    pub(super) fn claim(self: &Arc<Self>, keys: &[ItemKey]) -> (Claim, Vec<bool>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken: Vec<bool> = keys.iter().map(|key| held.contains(key)).collect();
        let free = keys.iter().zip(&taken).filter(|(_, taken)| !**taken).map(|(key, _)| key.clone());
        let keys: Vec<ItemKey> = free.collect();
        held.extend(keys.iter().cloned());
        (Claim { in_flight: Arc::clone(self), keys }, taken)
    }

    /// Whether a transaction has the item.
    pub(super) fn has(&self, key: &ItemKey) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(key)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut held = self.in_flight.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            held.remove(key);
        }
    }
}

/// What a partition is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Load {
    /// Reads.
    Read,
    /// Writes.
    Write,
}

impl Load {
    fn per_second(self) -> u64 {
        UNIT * match self {
            Self::Read => READS_PER_SECOND,
            Self::Write => WRITES_PER_SECOND,
        }
    }
}

/// What each partition still takes.
#[derive(Default)]
pub(super) struct Partitions(Mutex<HashMap<(Load, String, String), Bucket>>);

struct Bucket {
    /// Thousandths of units; an item goes through while there is any.
    left: i128,
    filled: Instant,
}

impl Partitions {
    /// Whether the partition `pk` of `table`, a table or an index, takes one more request at `now`.
    pub(super) fn admits(&self, load: Load, table: &str, pk: &str, now: Instant) -> bool {
        self.with(load, table, pk, now, |bucket| bucket.left > 0)
    }

    /// Books `units` thousandths to the partition.
    pub(super) fn charge(&self, load: Load, table: &str, pk: &str, units: u64, now: Instant) {
        self.with(load, table, pk, now, |bucket| bucket.left -= i128::from(units));
    }

    fn with<T>(
        &self,
        load: Load,
        table: &str,
        pk: &str,
        now: Instant,
        act: impl FnOnce(&mut Bucket) -> T,
    ) -> T {
        let most = i128::from(load.per_second());
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets
            .entry((load, table.to_owned(), pk.to_owned()))
            .or_insert_with(|| Bucket { left: most, filled: now });
        let elapsed = now.saturating_duration_since(bucket.filled).as_nanos();
        let refill = most * i128::try_from(elapsed).unwrap_or(i128::MAX / most) / 1_000_000_000;
        bucket.left = (bucket.left + refill).min(most);
        bucket.filled = now;
        act(bucket)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn keys(names: &[&str]) -> Vec<ItemKey> {
        let key = |name: &&str| ItemKey { table: "T".to_owned(), pk: (*name).to_owned(), sk: "S".to_owned() };
        names.iter().map(key).collect()
    }

    #[test]
    fn one_transaction_at_a_time_has_an_item() {
        let in_flight = Arc::new(InFlight::default());
        let (first, taken) = in_flight.claim(&keys(&["a", "b"]));
        assert_eq!(taken, [false, false]);
        let (second, taken) = in_flight.claim(&keys(&["b", "c"]));
        assert_eq!(taken, [true, false], "the conflict stands where the item stands");
        assert_eq!(in_flight.claim(&keys(&["c"])).1, [true], "what was free is held until the call-off");
        drop(second);
        assert_eq!(in_flight.claim(&keys(&["c"])).1, [false]);
        assert!(in_flight.has(&keys(&["b"])[0]), "calling one off frees nothing of another's");
        drop(first);
        assert_eq!(in_flight.claim(&keys(&["a", "b"])).1, [false, false]);
    }

    #[test]
    fn a_partition_takes_a_thousand_writes_a_second() {
        let (partitions, start) = (Partitions::default(), Instant::now());
        let mut made = 0;
        // Two seconds in steps of a millisecond, one attempt of two units in each half.
        for step in 0..4_000 {
            let now = start + Duration::from_micros(500 * step);
            if partitions.admits(Load::Write, "T", "p", now) {
                partitions.charge(Load::Write, "T", "p", 2 * UNIT, now);
                made += 1;
            }
        }
        // One second's worth was there at the beginning, two came.
        assert!((1_495..=1_505).contains(&made), "{made}");
        assert!(partitions.admits(Load::Write, "T", "another", start));
        assert!(partitions.admits(Load::Read, "T", "p", start + Duration::from_secs(2)));
    }
}
