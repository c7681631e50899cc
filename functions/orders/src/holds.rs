//! Limits on what an account, and a source address, hold without having paid: open unpaid orders and their units. Pure, but for the keys.
//!
//! Stock that waits for payment can not be sold to others, and an order costs nothing until it is paid. So unpaid orders are recorded by account and
//! by source address, in one item each, in the very transactions in which an order begins and ends to wait. An item names each order, so nothing
//! drifts: taking an order off twice, or one that is not there, changes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::contact::{Contact, Email, Phone};
use kernel::{OrderId, Timestamp, UserId};
use platform::dynamo::Key;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::draft::PricedLine;

/// Open unpaid orders of an account with a verified contact when `UNPAID_ORDERS_PER_ACCOUNT` is not set.
pub const DEFAULT_UNPAID_ORDERS: u64 = 40;
/// Units of one SKU in them when `UNPAID_UNITS_PER_ACCOUNT` is not set.
pub const DEFAULT_UNPAID_UNITS: u64 = 400;
/// The divisor of the limits for an account without a verified contact.
pub const UNVERIFIED_DIVISOR: u64 = 2;
/// The divisor of the limits for a guest, and for all orders from a source address when a guest orders.
pub const GUEST_DIVISOR: u64 = 4;
/// Orders of an account that expire in a row until it has less time to pay.
pub const EXPIRIES_UNTIL_SHORT_WINDOW: u64 = 3;
/// The divisor of the usual time to pay that then applies.
pub const SHORT_WINDOW_DIVISOR: u32 = 4;
/// The time for which the item of an account or address is kept after its last change. Longer than any order waits (`PaymentWindowSeconds` is a day
/// at most).
pub const HOLDS_RETENTION: Duration = Duration::from_hours(7 * 24);
/// An order that should have ended this long ago counts no more: code from before it was counted may have ended it.
const FORGOTTEN_AFTER: Duration = Duration::from_hours(24);
/// The prefix of an order's attribute.
const ENTRY: &str = "o#";

/// The account and source address that an unpaid order is counted for. Orders of operators and machine clients have none, and count nowhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// A keyless hash of the source address; absent once it was forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Stands for the contact of a guest, who has no account. The order stays counted for it when an account claims the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

impl Holder {
    /// The keys of the items that `user`'s orders are counted in: the account's or the guest's, then the address's.
    pub(crate) fn keys(&self, user: UserId) -> Vec<Key> {
        let own = match &self.contact {
            Some(contact) => format!("CONTACT#{contact}"),
            None => format!("USER#{user}"),
        };
        let source = self.source.as_ref().map(|source| key(&format!("SOURCE#{source}")));
        [key(&own)].into_iter().chain(source).collect()
    }
}

/// Stands for the contact of a guest in keys and items: a hash of their email address, or else of their phone number. All contacts can be tried, so it
/// hides none from who has the table.
pub fn pseudonym(contact: &Contact) -> String {
    let email = contact.email.as_ref().map(Email::as_str);
    let known_by = email.or(contact.phone.as_ref().map(Phone::as_str)).unwrap_or_default();
    hex::encode(&Sha256::digest(known_by)[..16])
}

fn key(whose: &str) -> Key {
    Key::new(format!("HOLD#{whose}"), "HOLD")
}

/// The attribute of an order in an item.
pub(crate) fn attribute(order: OrderId) -> String {
    format!("{ENTRY}{order}")
}

/// An order in an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The time at which the payment is due.
    pub(crate) until: Timestamp,
    /// Units by SKU.
    pub(crate) units: BTreeMap<String, u64>,
}

impl Entry {
    pub(crate) fn new(lines: &[PricedLine], until: Timestamp) -> Self {
        let mut units = BTreeMap::new();
        for line in lines {
            *units.entry(line.sku.to_string()).or_insert(0) += u64::from(line.quantity.get());
        }
        Self { until, units }
    }
}

/// An item as it was read; without one, nothing is held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// Counts its changes; `None` where there is no item.
    pub(crate) version: Option<u64>,
    /// Orders that expired since the last one that was paid.
    expired: u64,
    entries: BTreeMap<String, Entry>,
}

impl Held {
    /// Reads an item. Attributes that are not understood are passed over.
    pub(crate) fn read(item: Option<BTreeMap<String, Value>>) -> Self {
        let Some(item) = item else { return Self::default() };
        let number = |name: &str| item.get(name).and_then(Value::as_u64).unwrap_or_default();
        let (version, expired) = (Some(number("version")), number("expired"));
        let entry = |(name, value): (String, Value)| {
            name.starts_with(ENTRY).then(|| Some((name, serde_json::from_value(value).ok()?)))?
        };
        Self { version, expired, entries: item.into_iter().filter_map(entry).collect() }
    }

    /// The attributes of orders that count no more.
    pub(crate) fn forgotten(&self, now: Timestamp) -> Vec<&str> {
        let old = self.entries.iter().filter(|(_, entry)| !counts(entry, now));
        old.map(|(name, _)| name.as_str()).collect()
    }

    /// The share of the time to pay `window` for an account that let orders expire again and again.
    pub fn window(&self, window: Duration) -> Duration {
        if self.expired < EXPIRIES_UNTIL_SHORT_WINDOW {
            return window;
        }
        (window / SHORT_WINDOW_DIVISOR).max(Duration::from_secs(1))
    }

    /// Checks that an order of `lines` may be added to those held.
    pub fn check(&self, lines: &[PricedLine], limits: Limits, now: Timestamp) -> Result<(), TooMuch> {
        let entries: Vec<&Entry> = self.entries.values().filter(|entry| counts(entry, now)).collect();
        if entries.len() as u64 >= limits.orders {
            let next = entries.iter().map(|entry| entry.until).min().unwrap_or(now);
            return Err(TooMuch::Orders { limit: limits.orders, next });
        }
        for (sku, wanted) in Entry::new(lines, now).units {
            let held: u64 = entries.iter().filter_map(|entry| entry.units.get(&sku)).sum();
            if held.saturating_add(wanted) > limits.units {
                return Err(TooMuch::Units { sku, held, limit: limits.units });
            }
        }
        Ok(())
    }
}

fn counts(entry: &Entry, now: Timestamp) -> bool {
    entry.until.plus(FORGOTTEN_AFTER) > now
}

/// The limits on unpaid orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open unpaid orders.
    pub orders: u64,
    /// Units of one SKU in them.
    pub units: u64,
}

impl Limits {
    /// The limits of an account without a verified contact, where these are those of one with.
    #[must_use]
    pub fn unverified(self) -> Self {
        self.divided(UNVERIFIED_DIVISOR)
    }

    /// The limits of a guest, where these are those of an account or an address.
    #[must_use]
    pub fn of_guest(self) -> Self {
        self.divided(GUEST_DIVISOR)
    }

    fn divided(self, by: u64) -> Self {
        let part = |limit: u64| (limit / by).max(1);
        Self { orders: part(self.orders), units: part(self.units) }
    }

    /// The limits of so many accounts together, where these are those of one.
    #[must_use]
    pub fn times(self, accounts: u64) -> Self {
        let times = |limit: u64| limit.saturating_mul(accounts);
        Self { orders: times(self.orders), units: times(self.units) }
    }
}

/// The order would exceed a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TooMuch {
    /// The account or address has reached the limit of open unpaid orders.
    Orders {
        /// The limit.
        limit: u64,
        /// The time at which the payment of the first of them is due.
        next: Timestamp,
    },
    /// Too many units of a SKU would wait for payment.
    Units {
        /// The SKU.
        sku: String,
        /// Units that other orders hold.
        held: u64,
        /// The limit.
        limit: u64,
    },
}

#[cfg(test)]
#[path = "holds_tests.rs"]
mod tests;
