//! Reading a SKU's rows until a shortage can be believed.
//!
//! A read of several rows is no snapshot (DynamoDB developer guide, "Isolation levels": a query reads each item as it was last committed). While
//! units move between lanes, it may see the lane that they left and not yet the lane that they came to, and the sum is too small. Every write of a
//! row raises its `changes`. So two reads in a row with the same `changes` of every row show the stock of one moment: nothing was written between
//! them.

use std::future::Future;
use std::time::Duration;

use kernel::Problem;

use super::Kept;
use super::rows::Row;

/// The most reads before the request fails with `unavailable`.
const MAX_READS: u32 = 6;
/// The pause before the first repeat; each later one is twice as long. The rows of one transaction become visible within milliseconds of each other.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// The comparison of two reads of a SKU's rows, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    /// No row was written in between: both show the stock of one moment.
    Same,
    /// Stock was reserved, sold or returned. No units moved between lanes from the first read to the beginning of the second.
    Traded,
    /// A warehouse was set or adjusted, or its lanes were changed.
    Moved,
}

/// Reads a SKU's stock until it `suffices`, or until the shortage can be believed. Fails with `unavailable` when units move between lanes at every
/// read.
///
/// In a busy hour every read differs from the one before. Sales and returns alone leave units on their lanes: a read that only they followed, twice,
/// is believed.
pub(super) async fn read_until<R>(
    suffices: impl Fn(&Kept) -> bool,
    read: impl Fn() -> R,
) -> Result<Kept, Problem>
where
    R: Future<Output = Result<Kept, Problem>>,
{
    let mut kept = read().await?;
    let (mut pause, mut traded) = (FIRST_PAUSE, false);
    for _ in 1..MAX_READS {
        // One row is read at one moment.
        if suffices(&kept) || kept.rows.len() == 1 {
            return Ok(kept);
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
        let now = read().await?;
        traded = match compare(&kept.rows, &now.rows) {
            Comparison::Same => return Ok(now),
            Comparison::Traded if traded && !suffices(&now) => return Ok(kept),
            Comparison::Traded => true,
            Comparison::Moved => false,
        };
        kept = now;
    }
    if suffices(&kept) {
        Ok(kept)
    } else {
        Err(Problem::unavailable("units were moved between lanes at every read"))
    }
}

/// Rows come in the order of their keys, so the version of a warehouse, which lane 0 has, is read before its other lanes.
fn compare(before: &[Row], now: &[Row]) -> Comparison {
    let same = |of: fn(&Row) -> u64| {
        before.len() == now.len() && before.iter().zip(now).all(|(a, b)| a.key() == b.key() && of(a) == of(b))
    };
    if same(|row| row.changes) {
        Comparison::Same
    } else if same(|row| row.version) {
        Comparison::Traded
    } else {
        Comparison::Moved
    }
}

#[cfg(test)]
#[path = "planning_tests.rs"]
mod tests;
