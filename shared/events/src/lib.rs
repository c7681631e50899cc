//! The catalogue of events: every event, what it says as JSON Schema, and when it is told.
//!
//! Events are written by their contexts, which need nothing of this crate. A black-box test holds every row that the journal of a run has
//! against its schema, so that what is described here is what is really told; a unit test holds `docs/events/` against what is described
//! here.

mod example;
pub mod orders;
pub mod others;
pub mod payments;
pub mod shapes;

use kernel::cloud_event::ENVELOPE;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

/// An event.
pub struct Described {
    /// `<context>.<what_happened>`.
    pub name: &'static str,
    /// The version of its data.
    pub version: u32,
    /// When it is told.
    pub when: &'static str,
    data: Schema,
}

impl Described {
    fn of<T: JsonSchema>(name: &'static str, when: &'static str) -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        Self { name, version: 1, when, data: settings.into_generator().into_root_schema_for::<T>() }
    }

    /// The name on the bus.
    pub fn detail_type(&self) -> String {
        format!("{}.v{}", self.name, self.version)
    }

    /// The name of the file that its schema is published in.
    pub fn file(&self) -> String {
        format!("{}.schema.json", self.detail_type())
    }

    /// The schema of its `data`, under the id by which events name it as their `dataschema`. As it is published, an event's data also has the members
    /// of the older form.
    pub fn schema(&self) -> Value {
        let mut schema = self.data.as_value().clone();
        schema["properties"][ENVELOPE] = envelope();
        schema["$id"] = json!(format!("urn:holdfast:event:{}:v{}", self.name, self.version));
        schema["title"] = json!(self.detail_type());
        schema["examples"] = json!([self.example()]);
        schema
    }

    /// An example of its `data`.
    pub fn example(&self) -> Value {
        example::of(self.name, self.data.as_value())
    }
}

/// The schema of what an event's members were called before they were attributes of `CloudEvents`.
fn envelope() -> Value {
    let text = json!({"type": "string"});
    let count = json!({"type": "integer", "minimum": 1});
    json!({
        "description": "What the event's members were called in the older form (docs/events.md), for consumers of that one. It goes with a later release.",
        "type": "object",
        "properties": {
            "type": text, "version": count, "occurredAt": {"type": "string", "format": "date-time"}, "aggregateId": text, "sequence": count,
            "actor": {"type": "object"}, "correlationId": text,
        },
        "required": ["type", "version", "occurredAt", "aggregateId", "sequence", "actor", "correlationId"],
        "additionalProperties": false,
    })
}

/// Every event, context by context.
pub fn catalogue() -> Vec<Described> {
    [orders(), payments(), identity(), goods(), messages(), service()].into_iter().flatten().collect()
}

fn orders() -> Vec<Described> {
    use orders::{OrderAwaitsPayment, OrderCanceled, OrderEdited, OrderStep, OrderWithoutGoods};
    vec![
        Described::of::<OrderAwaitsPayment>(
            "orders.order_placed",
            "an order was placed and waits for its payment",
        ),
        Described::of::<OrderWithoutGoods>(
            "orders.order_created",
            "an order was made for which nothing is set aside",
        ),
        Described::of::<OrderAwaitsPayment>(
            "orders.order_reserved",
            "the goods of such an order were set aside",
        ),
        Described::of::<OrderWithoutGoods>("orders.order_failed", "the goods of an order could not be had"),
        Described::of::<OrderStep>("orders.order_paid", "an order was paid"),
        Described::of::<OrderStep>("orders.order_confirmed", "the shop will send an order"),
        Described::of::<OrderStep>("orders.order_shipped", "an order has left the house"),
        Described::of::<OrderStep>("orders.order_delivered", "the customer has an order"),
        Described::of::<OrderCanceled>("orders.order_canceled", "an order was called off, by whatever cause"),
        Described::of::<OrderEdited>("orders.address_changed", "an order goes elsewhere"),
        Described::of::<OrderEdited>("orders.customer_forgotten", "the person was taken off an order"),
    ]
}

fn payments() -> Vec<Described> {
    use payments::{Payment, Refund, UnknownObject};
    vec![
        Described::of::<Payment>("payments.payment_started", "a payment was begun"),
        Described::of::<Payment>("payments.payment_succeeded", "a payment has the money"),
        Described::of::<Payment>("payments.payment_failed", "a payment came to nothing"),
        Described::of::<Payment>("payments.reconciliation_given_up", "a payment or refund stays undecided"),
        Described::of::<Refund>("payments.refund_started", "money is going back"),
        Described::of::<Refund>("payments.refund_succeeded", "money went back; once for each refund"),
        Described::of::<Refund>("payments.refund_attempt_failed", "money did not go back and is sent again"),
        Described::of::<Refund>("payments.refund_failed", "money did not go back"),
        Described::of::<UnknownObject>(
            "payments.unknown_object_reported",
            "a provider reported what is not ours",
        ),
    ]
}

fn identity() -> Vec<Described> {
    use others::{
        Account, ClientCreated, ClientRevoked, ClientRotated, LoggedIn, LoginAdded, LoginRemoved,
        PasswordChanged, ProfileChanged, ScopesGranted, SessionRevoked, SessionsEnded,
    };
    vec![
        Described::of::<Account>("identity.user_registered", "an account was made"),
        Described::of::<Account>(
            "identity.user_deleted",
            "an account was deleted by its owner, or lost its last login, which was never proved, to another person",
        ),
        Described::of::<Account>("identity.email_verified", "an address was shown to be its owner's"),
        Described::of::<Account>("identity.phone_verified", "a number was shown to be its owner's"),
        Described::of::<LoginAdded>(
            "identity.login_added",
            "an account has another address or number, proved by its owner",
        ),
        Described::of::<LoginRemoved>(
            "identity.login_removed",
            "an address or number opens an account no longer",
        ),
        Described::of::<ProfileChanged>("identity.profile_changed", "a profile was changed"),
        Described::of::<ScopesGranted>("identity.scopes_granted", "an account was given other scopes"),
        Described::of::<LoggedIn>("identity.logged_in", "a session began"),
        Described::of::<SessionsEnded>("identity.sessions_ended", "sessions were ended by their owner"),
        Described::of::<SessionRevoked>("identity.session_revoked", "a session was ended for a reused token"),
        Described::of::<PasswordChanged>("identity.password_changed", "a password was changed or reset"),
        Described::of::<Account>(
            "identity.second_factor_enabled",
            "an account's logins began to need a second factor",
        ),
        Described::of::<Account>(
            "identity.second_factor_removed",
            "an account's second factor was removed by its owner",
        ),
        Described::of::<ClientCreated>("identity.client_created", "a machine client was made"),
        Described::of::<ClientRotated>("identity.client_rotated", "a machine client has another secret"),
        Described::of::<ClientRevoked>("identity.client_revoked", "a machine client was taken back"),
    ]
}

fn goods() -> Vec<Described> {
    use others::{
        Drift, ProductChanged, Reservation, StockArranged, StockChanged, StockCrossed, UnitsMoved,
        WarehouseAdded,
    };
    vec![
        Described::of::<ProductChanged>("catalog.product_changed", "a product was created or changed"),
        Described::of::<StockChanged>("stock.stock_changed", "what a warehouse has was set or adjusted"),
        Described::of::<WarehouseAdded>("stock.warehouse_added", "a warehouse has a SKU for the first time"),
        Described::of::<StockArranged>("stock.stock_arranged", "a SKU has other lanes or another threshold"),
        Described::of::<UnitsMoved>("stock.units_moved", "a lane gave units to others"),
        Described::of::<StockCrossed>("stock.stock_low", "a SKU became low"),
        Described::of::<StockCrossed>("stock.stock_recovered", "a SKU is no longer low"),
        Described::of::<Reservation>("stock.reservation_made", "goods were set aside"),
        Described::of::<Reservation>("stock.reservation_confirmed", "goods that were set aside were sold"),
        Described::of::<Reservation>(
            "stock.reservation_released",
            "goods that were set aside were given back",
        ),
        Described::of::<Reservation>("stock.reservation_expired", "the time of goods set aside was over"),
        Described::of::<Drift>("stock.drift_found", "a row was found wrong, or wrong in another way"),
        Described::of::<Drift>("stock.drift_gone", "a row that was wrong is right"),
        Described::of::<Drift>("stock.drift_repaired", "a row was repaired"),
    ]
}

fn messages() -> Vec<Described> {
    use others::{Notification, WebhookEndpoint};
    vec![
        Described::of::<Notification>("notifications.notification_queued", "somebody asked for a message"),
        Described::of::<Notification>("notifications.notification_sent", "a carrier has a message"),
        Described::of::<Notification>(
            "notifications.notification_unconfirmed",
            "a carrier may have a message, and it is not sent again",
        ),
        Described::of::<Notification>("notifications.notification_delivered", "a message arrived"),
        Described::of::<Notification>(
            "notifications.notification_failed",
            "a message can't be sent, or came back",
        ),
        Described::of::<WebhookEndpoint>("webhooks.endpoint_created", "an endpoint was made"),
        Described::of::<WebhookEndpoint>("webhooks.endpoint_changed", "an endpoint was changed"),
        Described::of::<WebhookEndpoint>("webhooks.endpoint_disabled", "an endpoint is not sent to any more"),
        Described::of::<WebhookEndpoint>("webhooks.endpoint_deleted", "an endpoint is gone"),
        Described::of::<WebhookEndpoint>("webhooks.secret_rotated", "an endpoint has another secret"),
    ]
}

fn service() -> Vec<Described> {
    use others::RedriveStarted;
    vec![Described::of::<RedriveStarted>(
        "service.redrive_started",
        "an operator has what was given up sent again",
    )]
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fmt::Write as _;
    use std::path::{Path, PathBuf};

    use kernel::{Actor, NewEvent, Timestamp};

    use super::*;

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events")
    }

    /// Every file of `docs/events/` that is made from the catalogue.
    fn published() -> BTreeMap<String, String> {
        let mut list = String::from(
            "# Every event\n\nMade from `shared/events`; what is around them is in [../events.md](../events.md).\n\n\
             | event | told when | schema of `data` |\n|---|---|---|\n",
        );
        let mut files = BTreeMap::new();
        for event in catalogue() {
            let (name, file) = (event.detail_type(), event.file());
            writeln!(list, "| `{name}` | {} | [{file}]({file}) |", event.when).unwrap();
            // In the order of the alphabet, whether or not this build's JSON keeps another one.
            let mut schema = event.schema();
            schema.sort_all_objects();
            files.insert(file, format!("{schema:#}\n"));
        }
        files.insert("README.md".to_owned(), list);
        files
    }

    /// With `WRITE_EVENTS=1` the folder is written first.
    #[test]
    fn what_is_published_is_what_is_described() {
        let (folder, published) = (folder(), published());
        if std::env::var_os("WRITE_EVENTS").is_some() {
            for (file, text) in &published {
                std::fs::write(folder.join(file), text).unwrap();
            }
        }
        let there: BTreeSet<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(there, published.keys().cloned().collect());
        for (file, text) in published {
            let there = std::fs::read_to_string(folder.join(&file)).unwrap();
            assert!(there == text, "{file} is out of date: run this test with WRITE_EVENTS=1");
        }
    }

    #[test]
    fn every_example_is_as_its_event_is_described() {
        for event in catalogue() {
            let options = jsonschema::options().should_validate_formats(true);
            let schema = options.build(&event.schema()).unwrap();
            let (name, mut example) = (event.detail_type(), event.example());
            assert!(example.get(ENVELOPE).is_none(), "{name} has a member of this name");
            example[ENVELOPE] = published_envelope(&event);
            let wrong: Vec<String> = schema
                .iter_errors(&example)
                .map(|error| format!("{error} at {}", error.instance_path()))
                .collect();
            assert!(wrong.is_empty(), "{name}: {wrong:?}: {example}");
        }
    }

    /// What stands beside the data of an event as it is published.
    fn published_envelope(described: &Described) -> Value {
        let event = NewEvent::new(described.name, "order/1", 1, &json!({})).unwrap();
        let event = event.occurred(Timestamp::from_millis(1), &Actor::Provider, "a");
        serde_json::to_value(event.published("holdfast.orders")).unwrap()["data"][ENVELOPE].clone()
    }

    #[test]
    fn every_event_has_one_description() {
        let names: Vec<&str> = catalogue().iter().map(|event| event.name).collect();
        let distinct: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(names.len(), distinct.len());
        for event in catalogue() {
            assert_eq!(event.schema()["type"], "object", "{}", event.name);
            assert!(!event.schema().to_string().contains("$ref"), "{} stands alone", event.name);
        }
    }
}
