//! What became of orders, by their rows and by the journal, read past the system's own code.

use std::collections::{BTreeMap, HashMap};

use kernel::OrderId;
use serde_json::Value;

use crate::Failure;
use crate::books::{each, number, text};
use crate::server::Server;

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Cancelled because its time was over.
    Expired,
    /// Paid while it waited.
    Paid,
    /// Paid after it had been cancelled: the goods were reserved again.
    PaidLate,
}

/// The story that the journal has to tell of an order and of its payment, for each end.
const STORIES: [(End, &str, &[&str], &[&str]); 3] = [
    (
        End::Expired,
        "cancelled",
        &["orders.order_placed", "orders.order_canceled"],
        &["payments.payment_started", "payments.payment_failed"],
    ),
    (
        End::Paid,
        "paid",
        &["orders.order_placed", "orders.order_paid"],
        &["payments.payment_started", "payments.payment_succeeded"],
    ),
    (
        End::PaidLate,
        "paid",
        &["orders.order_placed", "orders.order_canceled", "orders.order_paid"],
        &["payments.payment_started", "payments.payment_failed", "payments.payment_succeeded"],
    ),
];

/// Every order's status and version, and the events of every aggregate in the journal.
pub struct Ledger {
    orders: HashMap<String, (String, i64)>,
    stories: HashMap<String, BTreeMap<i64, String>>,
}

impl Ledger {
    /// Reads the orders and the journal.
    pub fn read(server: &Server) -> Result<Self, Failure> {
        let mut ledger = Self { orders: HashMap::new(), stories: HashMap::new() };
        each(server, "OrdersTable", |item| {
            if let Some(id) = text(&item, "PK")?.strip_prefix("ORDER#") {
                ledger.orders.insert(id.to_owned(), (text(&item, "status")?, number(&item, "version")?));
            }
            Ok(())
        })?;
        each(server, "JournalTable", |item| {
            let event = item.get("event").and_then(Value::as_object);
            let event = event.ok_or_else(|| Failure::new("a journal row without an event"))?;
            let story = ledger.stories.entry(text(event, "aggregateId")?).or_default();
            story.insert(number(event, "sequence")?, text(event, "type")?);
            Ok(())
        })?;
        Ok(ledger)
    }

    /// How many orders there are.
    pub fn len(&self) -> usize {
        self.orders.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }

    /// What became of `order` and its payment. A row and a journal that don't tell one of the three possible stories, to the end and without a
    /// gap, are a failure.
    pub fn end(&self, order: OrderId, payment: &str) -> Result<End, Failure> {
        let Some((status, version)) = self.orders.get(&order.to_string()) else {
            return Err(Failure::new(format!("order {order} is gone")));
        };
        let of_order = self.story(&format!("order/{order}"));
        let of_payment = self.story(&format!("payment/{payment}"));
        let told = STORIES.iter().find(|(_, state, order_story, payment_story)| {
            state == status && order_story == &of_order && payment_story == &of_payment
        });
        match told {
            Some((end, _, story, _)) if Ok(*version) == i64::try_from(story.len()) => Ok(*end),
            _ => Err(Failure::new(format!(
                "order {order} is {status} in version {version}: {of_order:?}, its payment {of_payment:?}"
            ))),
        }
    }

    /// The events of an aggregate while their numbers are 1, 2, 3 and so on; what comes after a gap shows as a gap.
    fn story(&self, aggregate: &str) -> Vec<&str> {
        let Some(story) = self.stories.get(aggregate) else { return Vec::new() };
        let numbered = (1..).zip(story);
        numbered
            .map(|(expected, (sequence, kind))| if *sequence == expected { kind } else { "gap" })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(status: &str, version: i64, of_order: &[(i64, &str)], of_payment: &[&str]) -> Ledger {
        let id = OrderId::derived("o");
        let numbered = |kinds: &[&str]| (1..).zip(kinds.iter().map(|kind| (*kind).to_owned())).collect();
        let of_order = of_order.iter().map(|(sequence, kind)| (*sequence, (*kind).to_owned())).collect();
        Ledger {
            orders: HashMap::from([(id.to_string(), (status.to_owned(), version))]),
            stories: HashMap::from([
                (format!("order/{id}"), of_order),
                ("payment/p".to_owned(), numbered(of_payment)),
            ]),
        }
    }

    #[test]
    fn only_whole_stories_are_believed() {
        const PLACED: (i64, &str) = (1, "orders.order_placed");
        const CANCELLED: (i64, &str) = (2, "orders.order_canceled");
        let failed = ["payments.payment_started", "payments.payment_failed"];
        let end = |ledger: &Ledger| ledger.end(OrderId::derived("o"), "p");
        assert_eq!(end(&ledger("cancelled", 2, &[PLACED, CANCELLED], &failed)).unwrap(), End::Expired);
        let broken = [
            ledger("awaiting_payment", 1, &[PLACED], &failed[..1]),
            ledger("cancelled", 3, &[PLACED, CANCELLED, (3, "orders.order_canceled")], &failed),
            ledger("cancelled", 2, &[PLACED, (3, "orders.order_canceled")], &failed),
            ledger("cancelled", 2, &[PLACED, CANCELLED], &failed[..1]),
            ledger("paid", 2, &[PLACED, CANCELLED], &failed),
        ];
        for ledger in broken {
            assert!(end(&ledger).is_err(), "{:?}", ledger.orders);
        }
    }
}
