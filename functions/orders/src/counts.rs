//! The number of orders placed in each of the last hours, and their present status.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use kernel::{Problem, Timestamp};
use serde::Serialize;

use crate::edges::Status;
use crate::filter::Filter;
use crate::store::{Listed, Orders, Partition};

/// The longest span for which orders can be counted, in hours.
pub const MAX_HOURS: u32 = 48;
/// Orders read at a time, some 250 KB of the index.
const CHUNK: u32 = 1_000;
/// Orders of one shard of the list that are counted at most, the newest first.
const MAX_COUNTED: usize = 5_000;
/// An hour of the clock, in milliseconds.
const HOUR: i64 = 60 * 60 * 1_000;

/// Orders by the hour in which they were placed.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// The time since which all orders are counted.
    from: Timestamp,
    /// The time until which they are counted.
    to: Timestamp,
    /// The oldest first; the last one is not over.
    hours: Vec<Hour>,
    /// True when `from` is as far back as requested.
    complete: bool,
}

/// The orders placed in one hour, by the status that they have now.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Hour {
    from: Timestamp,
    by_status: BTreeMap<&'static str, u64>,
}

/// The orders that were read of one shard.
struct Shard {
    orders: Vec<Listed>,
    /// The oldest order that was read, when there are older ones that were not.
    stopped: Option<Timestamp>,
}

/// Counts the orders placed in the hour of `now` and the `hours - 1` before it.
///
/// The list of all orders by creation is read, a shard beside the other, at most [`MAX_COUNTED`] orders of each. DynamoDB bills a count by
/// the items that it passes over, so that asking for a count of each status in each hour would cost the same and take hundreds of queries.
pub async fn count(orders: &Orders, now: Timestamp, hours: u32) -> Result<Counts, Problem> {
    let from = beginning(now, hours);
    let shards = Partition::of_all(None).into_iter().map(|partition| read(orders, partition, from));
    Ok(tally(try_join_all(shards).await?, from, now))
}

async fn read(orders: &Orders, partition: Partition, from: Timestamp) -> Result<Shard, Problem> {
    let filter = Filter { from: Some(from), ..Filter::default() };
    let mut found: Vec<Listed> = Vec::new();
    while found.len() < MAX_COUNTED {
        let after = found.last().map(Listed::created_key);
        let chunk = orders.chunk(&partition, &filter.span(after.as_deref()), CHUNK).await?;
        let more = chunk.more && !chunk.items.is_empty();
        found.extend(chunk.items);
        if !more {
            return Ok(Shard { orders: found, stopped: None });
        }
    }
    let stopped = found.last().map(|oldest| oldest.summary.created_at);
    Ok(Shard { orders: found, stopped })
}

/// The beginning of the first of `hours` hours of the clock, of which the last one is that of `now`.
fn beginning(now: Timestamp, hours: u32) -> Timestamp {
    let this = now.as_millis().div_euclid(HOUR);
    Timestamp::from_millis((this - i64::from(hours) + 1) * HOUR)
}

/// Counts the orders that were read. Where a shard was not read to its end, only orders newer than its last one are counted: the counts are
/// right, and cover a shorter span.
fn tally(shards: Vec<Shard>, from: Timestamp, now: Timestamp) -> Counts {
    let stopped = shards.iter().filter_map(|shard| shard.stopped).max();
    let from = stopped.map_or(from, |stopped| stopped.max(from));
    let first = from.as_millis().div_euclid(HOUR);
    let last = now.as_millis().div_euclid(HOUR);
    let mut hours: Vec<Hour> = (first..=last)
        .map(|hour| Hour {
            from: Timestamp::from_millis(hour * HOUR),
            by_status: Status::ALL.into_iter().map(|status| (status.name(), 0)).collect(),
        })
        .collect();
    for order in shards.into_iter().flat_map(|shard| shard.orders) {
        let placed = order.summary.created_at;
        // By another clock an order may have been placed after now; it belongs to the last hour.
        let hour = placed.as_millis().div_euclid(HOUR).min(last) - first;
        let hour = usize::try_from(hour).ok().filter(|_| placed >= from).and_then(|hour| hours.get_mut(hour));
        if let Some(count) = hour.and_then(|hour| hour.by_status.get_mut(order.summary.status.name())) {
            *count += 1;
        }
    }
    Counts { from, to: now, hours, complete: stopped.is_none() }
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, OrderNumber, UserId};

    use super::*;
    use crate::store::OrderSummary;

    fn at(time: &str) -> Timestamp {
        format!("2026-11-21T{time}Z").parse().unwrap()
    }

    fn placed(time: &str, status: Status) -> Listed {
        let number = OrderNumber::generate(at(time));
        let summary = OrderSummary {
            id: number.order_id(),
            number,
            status,
            total_amount: 1,
            currency: Currency::from_code("RUB").unwrap(),
            created_at: at(time),
        };
        Listed { summary, user: UserId::generate() }
    }

    fn shard(orders: &[(&str, Status)], stopped: Option<&str>) -> Shard {
        let orders = orders.iter().map(|(time, status)| placed(time, *status)).collect();
        Shard { orders, stopped: stopped.map(at) }
    }

    fn shown(counts: &Counts) -> Vec<(String, u64, u64)> {
        let of = |hour: &Hour, name| hour.by_status[name];
        let hours = counts.hours.iter();
        hours.map(|hour| (hour.from.to_string(), of(hour, "paid"), of(hour, "cancelled"))).collect()
    }

    #[test]
    fn the_hours_are_those_of_the_clock_and_the_last_is_not_over() {
        assert_eq!(beginning(at("12:59:59"), 1), at("12:00:00"));
        assert_eq!(beginning(at("12:00:00"), 3), at("10:00:00"));
    }

    #[test]
    fn orders_are_counted_in_their_hour_by_what_they_are_now() {
        let (paid, cancelled) = (Status::Paid, Status::Cancelled);
        let one = shard(&[("12:30:00", paid), ("11:59:59.999", cancelled), ("11:00:00", paid)], None);
        let other = shard(&[("12:31:00", paid), ("13:00:00", paid)], None);
        let counts = tally(vec![one, other], at("10:00:00"), at("12:45:00"));
        let hour = |time: &str| at(time).to_string();
        let expected = [(hour("10:00:00"), 0, 0), (hour("11:00:00"), 1, 1), (hour("12:00:00"), 3, 0)];
        assert_eq!(shown(&counts), expected);
        assert!(counts.complete);
        assert_eq!((counts.from, counts.to), (at("10:00:00"), at("12:45:00")));
        assert_eq!(counts.hours[0].by_status.len(), Status::ALL.len());
    }

    #[test]
    fn what_not_every_shard_was_read_for_is_not_counted() {
        let paid = Status::Paid;
        let read_in_part = shard(&[("12:30:00", paid), ("11:20:00", paid)], Some("11:20:00"));
        let whole = shard(&[("11:30:00", paid), ("11:10:00", paid), ("10:30:00", paid)], None);
        let counts = tally(vec![read_in_part, whole], at("10:00:00"), at("12:45:00"));
        let hour = |time: &str| at(time).to_string();
        assert_eq!(shown(&counts), [(hour("11:00:00"), 2, 0), (hour("12:00:00"), 1, 0)]);
        assert_eq!((counts.from, counts.complete), (at("11:20:00"), false));
    }
}
