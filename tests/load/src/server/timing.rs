//! How long DynamoDB takes, as someone measured it.
//!
//! The figures are those of a public test that called DynamoDB from Lambda functions in the same region, 400 times for each operation:
//! <https://github.com/alexdebrie/dynamodb-performance-testing>, described at
//! <https://www.alexdebrie.com/posts/dynamodb-transactions-performance/>. A transaction took 25.3 ms in the median where a put took 7.55 ms, and one
//! whose condition failed took as long as one that was made.

use std::time::Duration;

/// A distribution of times by some of its quantiles: per mille, and microseconds. Between them it is drawn as straight lines.
type Curve = [(u32, u32)];

/// `PutItem`; taken for every request that is no transaction.
const REQUEST: &Curve =
    &[(0, 5_470), (500, 7_550), (900, 11_300), (950, 13_200), (990, 16_200), (1_000, 29_000)];
/// `TransactWriteItems` of five items.
const TRANSACTION: &Curve =
    &[(0, 19_400), (500, 25_300), (900, 30_700), (950, 36_400), (990, 92_500), (1_000, 218_000)];

/// How long one transaction takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TransactionTime {
    /// What any request takes: the way there and back.
    pub(super) way: Duration,
    /// What it takes beyond that. The public figures do not tell the two phases of a commit apart, so its items are taken to be held for all of it.
    pub(super) held: Duration,
}

/// The time of a request that is no transaction.
pub(super) fn request(percent: u32) -> Duration {
    micros(at(REQUEST, draw()), percent)
}

/// The time of a transaction.
pub(super) fn transaction(percent: u32) -> TransactionTime {
    let quantile = draw();
    let way = at(REQUEST, quantile);
    let held = at(TRANSACTION, quantile) - way;
    TransactionTime { way: micros(way, percent), held: micros(held, percent) }
}

fn draw() -> u32 {
    fastrand::u32(0..=1_000)
}

/// The curve's value at `quantile`, in microseconds.
fn at(curve: &Curve, quantile: u32) -> u32 {
    let above = curve.iter().position(|point| point.0 >= quantile).unwrap_or(curve.len() - 1);
    let (to, high) = curve[above];
    let (from, low) = curve[above.saturating_sub(1)];
    if to == from { high } else { low + (high - low) * (quantile - from) / (to - from) }
}

fn micros(micros: u32, percent: u32) -> Duration {
    Duration::from_micros(u64::from(micros) * u64::from(percent) / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_goes_through_its_points_and_straight_between_them() {
        for curve in [REQUEST, TRANSACTION] {
            for (quantile, value) in curve {
                assert_eq!(at(curve, *quantile), *value);
            }
        }
        assert_eq!(at(REQUEST, 250), 6_510);
    }

    #[test]
    fn a_transaction_always_takes_longer_than_a_request() {
        for quantile in 0..=1_000 {
            assert!(at(TRANSACTION, quantile) > at(REQUEST, quantile), "{quantile}");
        }
    }
}
