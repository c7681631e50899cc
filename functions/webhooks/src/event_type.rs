//! The event types that an endpoint subscribes to.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

/// The contexts whose events are published by webhook. Events of accounts, logins and grants are never sent: the right to register
/// an endpoint does not include watching people. This context's own events are not sent either, so that no delivery can cause another.
pub const CONTEXTS: [&str; 4] = ["orders", "payments", "stock", "catalog"];
/// The most types that one endpoint lists.
pub const MAX_EVENT_TYPES: usize = 50;
/// The longest name of a type, in characters.
pub const MAX_TYPE_LENGTH: usize = 100;
/// Every type that is published by webhook: those of the event catalogue (`shared/events`) of the [`CONTEXTS`].
pub const TYPES: [&str; 36] = [
    "catalog.product_changed.v1",
    "orders.address_changed.v1",
    "orders.customer_forgotten.v1",
    "orders.order_canceled.v1",
    "orders.order_claimed.v1",
    "orders.order_confirmed.v1",
    "orders.order_created.v1",
    "orders.order_delivered.v1",
    "orders.order_failed.v1",
    "orders.order_paid.v1",
    "orders.order_placed.v1",
    "orders.order_reserved.v1",
    "orders.order_shipped.v1",
    "payments.payment_failed.v1",
    "payments.payment_started.v1",
    "payments.payment_succeeded.v1",
    "payments.reconciliation_given_up.v1",
    "payments.refund_attempt_failed.v1",
    "payments.refund_failed.v1",
    "payments.refund_started.v1",
    "payments.refund_succeeded.v1",
    "payments.refund_unknown.v1",
    "payments.unknown_object_reported.v1",
    "stock.drift_found.v1",
    "stock.drift_gone.v1",
    "stock.drift_repaired.v1",
    "stock.reservation_confirmed.v1",
    "stock.reservation_expired.v1",
    "stock.reservation_made.v1",
    "stock.reservation_released.v1",
    "stock.stock_arranged.v1",
    "stock.stock_changed.v1",
    "stock.stock_low.v1",
    "stock.stock_recovered.v1",
    "stock.units_moved.v1",
    "stock.warehouse_added.v1",
];
/// The most names that are suggested for a name that is refused.
const MAX_SUGGESTIONS: usize = 3;
/// The least similarity of a name that is suggested: 1 for the same, 0 for nothing in common.
const SIMILAR: f64 = 0.85;
/// Contexts whose events come by the thousand, such as with an import of the catalog. The rule `BulkEventsToWebhooks` has the same.
const BULK_CONTEXTS: [&str; 2] = ["stock", "catalog"];
/// Means every event that is published by webhook.
const ALL: &str = "*";

/// The name of a kind of event as the bus has it: `<context>.<what_happened>.v<version>`, or `*` for all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct EventType(String);

/// The text names no kind of event that is published by webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownEventType;

impl fmt::Display for UnknownEventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "must be * or a type of the contexts orders, payments, stock or catalog, such as orders.order_paid.v1",
        )
    }
}

impl EventType {
    /// The type that a client calls `name`; the reason why not names the types that are spelled alike.
    fn asked_for(name: &str) -> Result<Self, String> {
        if name == ALL || TYPES.contains(&name) {
            return Ok(Self(name.to_owned()));
        }
        let alike = if name.len() <= MAX_TYPE_LENGTH { nearest(name) } else { Vec::new() };
        if alike.is_empty() {
            Err(UnknownEventType.to_string())
        } else {
            Err(format!("is no event type: is {} meant?", alike.join(" or ")))
        }
    }
}

/// The types whose names are most like `name`, the most similar first.
fn nearest(name: &str) -> Vec<&'static str> {
    let name = name.trim().to_ascii_lowercase();
    let mut alike: Vec<(f64, &str)> = TYPES
        .into_iter()
        .map(|known| (strsim::jaro_winkler(&name, known), known))
        .filter(|(score, _)| *score >= SIMILAR)
        .collect();
    alike.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    alike.into_iter().take(MAX_SUGGESTIONS).map(|(_, known)| known).collect()
}

/// A stored type was checked when it was subscribed to; it stays readable when the type is no longer published.
impl FromStr for EventType {
    type Err = UnknownEventType;

    fn from_str(text: &str) -> Result<Self, UnknownEventType> {
        if text == ALL || (text.len() <= MAX_TYPE_LENGTH && subscribes_to(text)) {
            return Ok(Self(text.to_owned()));
        }
        Err(UnknownEventType)
    }
}

impl<'de> Deserialize<'de> for EventType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// True when events of the type `name` come by the thousand, so that no other event waits behind them.
pub fn is_bulk(name: &str) -> bool {
    name.split('.').next().is_some_and(|context| BULK_CONTEXTS.contains(&context))
}

/// Returns whether events of the type `name` are published by webhook.
pub fn subscribes_to(name: &str) -> bool {
    let mut parts = name.split('.');
    let (Some(context), Some(happened), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let word = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let number = |text: &str| {
        !text.is_empty() && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    CONTEXTS.contains(&context) && word(happened) && version.strip_prefix('v').is_some_and(number)
}

/// The event types that an endpoint subscribes to: at least one, none twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventTypes(BTreeSet<EventType>);

impl EventTypes {
    /// From the list that a client sent; the reason why not goes to the list itself.
    pub fn new(types: Vec<EventType>) -> Result<Self, String> {
        // As they were sent: a name that is there twice counts twice.
        if types.is_empty() || types.len() > MAX_EVENT_TYPES {
            return Err(format!("must name from 1 to {MAX_EVENT_TYPES} event types"));
        }
        Ok(Self(types.into_iter().collect()))
    }

    /// As [`Self::new`], from the names that a client sent; the reasons why not, each with the place in the list that it is about.
    pub fn of_names(names: &[String]) -> Result<Self, Vec<(Option<usize>, String)>> {
        if names.is_empty() || names.len() > MAX_EVENT_TYPES {
            return Self::new(vec![EventType(ALL.to_owned()); names.len()])
                .map_err(|detail| vec![(None, detail)]);
        }
        let (mut types, mut faults) = (Vec::new(), Vec::new());
        for (at, name) in names.iter().enumerate() {
            match EventType::asked_for(name) {
                Ok(found) => types.push(found),
                Err(detail) => faults.push((Some(at), detail)),
            }
        }
        if faults.is_empty() { Self::new(types).map_err(|detail| vec![(None, detail)]) } else { Err(faults) }
    }

    /// True when the types include `name`, and it is published by webhook.
    pub fn want(&self, name: &str) -> bool {
        subscribes_to(name) && self.0.iter().any(|wanted| wanted.0 == ALL || wanted.0 == name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_comes_by_the_thousand_is_told_apart() {
        for (name, bulk) in [
            ("catalog.product_changed.v1", true),
            ("stock.stock_changed.v1", true),
            ("orders.order_paid.v1", false),
            ("payments.refund_succeeded.v1", false),
            ("catalogue.x.v1", false),
        ] {
            assert_eq!(is_bulk(name), bulk, "{name}");
        }
    }

    #[test]
    fn a_name_that_is_misspelt_is_answered_with_those_that_are_like_it() {
        let faults = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            EventTypes::of_names(&names).map(|_| ()).unwrap_err()
        };
        for (name, meant) in [
            ("orders.order_payed.v1", "orders.order_paid.v1"),
            ("order.order_paid.v1", "orders.order_paid.v1"),
            ("orders.order_paid", "orders.order_paid.v1"),
            ("orders.order_paid.v2", "orders.order_paid.v1"),
            ("orders.order_cancelled.v1", "orders.order_canceled.v1"),
            ("payments.payment_refunded.v1", "payments.payment_started.v1"),
            ("Stock.Stock_Low.v1", "stock.stock_low.v1"),
        ] {
            let found = faults(&["*", name]);
            assert_eq!((found.len(), found[0].0), (1, Some(1)), "{name}");
            assert!(found[0].1.contains(meant), "{name}: {}", found[0].1);
        }
        assert_eq!(faults(&["identity.logged_in.v1"]), [(Some(0), UnknownEventType.to_string())]);
        assert_eq!(faults(&["x", &"orders.order_paid.v1".repeat(99)]).len(), 2);
        assert_eq!(faults(&[])[0].0, None);
    }

    fn types(names: &[&str]) -> EventTypes {
        EventTypes::new(names.iter().map(|name| name.parse().unwrap()).collect()).unwrap()
    }

    #[test]
    fn an_endpoint_hears_what_it_asked_for() {
        let some = types(&["orders.order_paid.v1", "stock.stock_low.v1"]);
        assert!(some.want("orders.order_paid.v1") && some.want("stock.stock_low.v1"));
        for other in ["orders.order_paid.v2", "orders.order_placed.v1", "orders.order_paid", "*", ""] {
            assert!(!some.want(other), "{other}");
        }
        let all = types(&["*", "orders.order_paid.v1"]);
        assert!(all.want("payments.payment_succeeded.v1") && all.want("catalog.product_changed.v1"));
    }

    #[test]
    fn a_list_is_as_long_as_it_was_sent() {
        let list = |length| EventTypes::new(vec!["*".parse().unwrap(); length]);
        assert!(list(1).is_ok() && list(MAX_EVENT_TYPES).is_ok());
        assert!(list(0).is_err() && list(MAX_EVENT_TYPES + 1).is_err());
    }

    #[test]
    fn nothing_of_accounts_or_of_webhooks_is_told_even_to_who_wants_all() {
        let all = types(&["*"]);
        for name in
            ["identity.logged_in.v1", "notifications.notification_sent.v1", "webhooks.endpoint_disabled.v1"]
        {
            assert!(!all.want(name), "{name}");
            assert_eq!(name.parse::<EventType>(), Err(UnknownEventType));
        }
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for name in [
            "",
            "**",
            "orders",
            "orders.*",
            "orders.order_paid",
            "orders.order_paid.1",
            "orders.order_paid.v",
            "orders.order_paid.v0",
            "orders.order_paid.v01",
            "orders.order_paid.v1.x",
            "Orders.order_paid.v1",
            "orders..v1",
            "orders.order paid.v1",
            " orders.order_paid.v1",
            "shipping.sent.v1",
        ] {
            assert_eq!(name.parse::<EventType>(), Err(UnknownEventType), "{name}");
        }
        assert!(format!("orders.{}.v1", "x".repeat(MAX_TYPE_LENGTH)).parse::<EventType>().is_err());
    }

    #[test]
    fn a_list_holds_one_to_fifty_different_types() {
        assert!(EventTypes::new(Vec::new()).is_err());
        let many =
            |count: usize| (0..count).map(|at| format!("orders.thing_{at}.v1").parse().unwrap()).collect();
        assert!(EventTypes::new(many(MAX_EVENT_TYPES)).is_ok());
        assert!(EventTypes::new(many(MAX_EVENT_TYPES + 1)).is_err());
        let twice = types(&["orders.order_paid.v1", "orders.order_paid.v1"]);
        assert_eq!(serde_json::to_value(&twice).unwrap(), serde_json::json!(["orders.order_paid.v1"]));
    }

    proptest! {
        #[test]
        fn a_type_that_is_told_can_be_asked_for_and_is_wanted(name in "(orders|payments|stock|catalog)\\.[a-z_]{1,40}\\.v[1-9]") {
            prop_assert!(types(&[&name]).want(&name) && types(&["*"]).want(&name));
        }
    }
}
