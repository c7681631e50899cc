//! Which events an endpoint wants.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

/// The contexts whose events are told by webhook. Accounts, logins and grants are told to nobody: the right to register an
/// endpoint is none to watch people. This context's own events are not told either, so that no delivery can cause another.
pub const CONTEXTS: [&str; 4] = ["orders", "payments", "stock", "catalog"];
/// The most types that one endpoint lists.
pub const MAX_EVENT_TYPES: usize = 50;
/// The longest name of a type, in characters.
pub const MAX_TYPE_LENGTH: usize = 100;
/// Contexts whose events come by the thousand, such as with an import of the catalog. The rule `BulkEventsToWebhooks` has the same.
const BULK_CONTEXTS: [&str; 2] = ["stock", "catalog"];
/// Means every event that is told at all.
const ALL: &str = "*";

/// The name of a kind of event as the bus has it: `<context>.<what_happened>.v<version>`, or `*` for all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct EventType(String);

/// The text names no kind of event that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotATold;

impl fmt::Display for NotATold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "must be * or a type of the contexts orders, payments, stock or catalog, such as orders.order_paid.v1",
        )
    }
}

impl FromStr for EventType {
    type Err = NotATold;

    fn from_str(text: &str) -> Result<Self, NotATold> {
        if text == ALL || (text.len() <= MAX_TYPE_LENGTH && is_told(text)) {
            return Ok(Self(text.to_owned()));
        }
        Err(NotATold)
    }
}

impl<'de> Deserialize<'de> for EventType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Whether events of the type `name` come by the thousand, so that no other waits behind them.
pub fn is_bulk(name: &str) -> bool {
    name.split('.').next().is_some_and(|context| BULK_CONTEXTS.contains(&context))
}

/// Whether events of the type `name` are told by webhook.
pub fn is_told(name: &str) -> bool {
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

/// What an endpoint wants: at least one type, none twice.
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

    /// Whether events of the type `name` are among them.
    pub fn want(&self, name: &str) -> bool {
        is_told(name) && self.0.iter().any(|wanted| wanted.0 == ALL || wanted.0 == name)
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
            assert_eq!(name.parse::<EventType>(), Err(NotATold));
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
            assert_eq!(name.parse::<EventType>(), Err(NotATold), "{name}");
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
