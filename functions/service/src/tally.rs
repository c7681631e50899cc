//! The business metrics that the events of a batch count towards.
//!
//! Counting here, and not where the changes are made, has one place instead of twenty, and counts what was committed and nothing else: a transaction
//! that was refused, repeated or answered from its record writes no row.

use std::collections::{BTreeMap, HashSet};

use kernel::Event;
use platform::journal;
use platform::stream::{Change, Parked, Stuck};

/// The metric that each event type counts towards.
pub const COUNTED: [(&str, &str); 11] = [
    ("orders.order_placed", "OrdersPlaced"),
    ("orders.order_paid", "OrdersPaid"),
    ("orders.order_canceled", "OrdersCancelled"),
    ("orders.order_failed", "OrdersFailedForStock"),
    ("payments.payment_succeeded", "PaymentsSucceeded"),
    ("payments.payment_failed", "PaymentsDeclined"),
    ("payments.refund_succeeded", "PaymentsRefunded"),
    ("payments.refund_failed", "RefundsFailed"),
    ("notifications.notification_sent", "NotificationsSent"),
    ("notifications.notification_failed", "NotificationFailures"),
    ("notifications.notification_unconfirmed", "NotificationFailures"),
];
/// Orders that were cancelled because they were not paid in time have a metric of their own.
const ORDERS_EXPIRED: &str = "OrdersExpired";

/// The metric that each change of a batch counts towards, with the change's position in the stream.
#[derive(Debug)]
pub struct Tally(Vec<(String, Option<&'static str>)>);

impl Tally {
    /// Of `changes`, in the stream's order.
    pub fn of(changes: &[Change]) -> Self {
        Self(changes.iter().map(|change| (change.sequence_number.clone(), counted(change))).collect())
    }

    /// The sums over what was published before the position from which the stream will go on. The rest comes again, and is counted then: each event is
    /// counted once, unless the process dies between the bus's answer and its own. What is `parked` is counted when it is published again.
    pub fn settled(self, parked: &[Parked], verdict: &Result<(), Stuck>) -> Vec<(&'static str, u64)> {
        let stop = verdict.as_ref().err().map(|stuck| stuck.sequence_number.as_str());
        let aside: HashSet<&str> = parked.iter().map(|row| row.sequence_number.as_str()).collect();
        let done = self.0.iter().take_while(|(position, _)| stop != Some(position.as_str()));
        let done = done.filter(|(position, _)| !aside.contains(position.as_str()));
        let mut sums = BTreeMap::new();
        for metric in done.filter_map(|(_, metric)| *metric) {
            *sums.entry(metric).or_insert(0) += 1;
        }
        sums.into_iter().collect()
    }
}

fn counted(change: &Change) -> Option<&'static str> {
    if change.new_image.is_empty() {
        return None;
    }
    journal::event_of(change.new_image.clone()).ok().and_then(|event| metric(&event))
}

fn metric(event: &Event) -> Option<&'static str> {
    if event.kind == "orders.order_canceled" && event.data["cause"] == "expired" {
        return Some(ORDERS_EXPIRED);
    }
    COUNTED.iter().find(|(kind, _)| *kind == event.kind).map(|(_, metric)| *metric)
}

#[cfg(test)]
mod tests {
    use kernel::Problem;
    use serde_json::{Value, json};

    use super::*;
    use crate::outbox::tests::event;

    fn change(position: &str, kind: &str, data: &Value) -> Change {
        let event = event(kind, "order/a", 1, data);
        let new_image = serde_dynamo::to_item(json!({"event": event})).unwrap();
        Change { sequence_number: position.to_owned(), new_image, ..Change::default() }
    }

    fn batch() -> Vec<Change> {
        vec![
            change("1", "orders.order_placed", &json!({})),
            change("2", "orders.order_canceled", &json!({"cause": "expired"})),
            change("3", "orders.order_canceled", &json!({"cause": "requested"})),
            Change { sequence_number: "4".to_owned(), ..Change::default() },
            change("5", "catalog.product_changed", &json!({})),
            change("6", "orders.order_placed", &json!({})),
        ]
    }

    #[test]
    fn events_are_counted_by_what_they_are() {
        let sums = Tally::of(&batch()).settled(&[], &Ok(()));
        assert_eq!(sums, [("OrdersCancelled", 1), ("OrdersExpired", 1), ("OrdersPlaced", 2)]);
    }

    #[test]
    fn what_comes_again_is_not_counted_yet() {
        let verdict = Err(Stuck { sequence_number: "3".to_owned(), problem: Problem::unavailable("busy") });
        assert_eq!(Tally::of(&batch()).settled(&[], &verdict), [("OrdersExpired", 1), ("OrdersPlaced", 1)]);
    }

    #[test]
    fn what_is_parked_is_not_counted() {
        let parked = Parked { sequence_number: "1".to_owned(), key: None, reason: "too large".to_owned() };
        let sums = Tally::of(&batch()).settled(&[parked], &Ok(()));
        assert_eq!(sums, [("OrdersCancelled", 1), ("OrdersExpired", 1), ("OrdersPlaced", 1)]);
    }
}
