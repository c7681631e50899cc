//! The published files, the examples, and what contexts write, against the schemas.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use identity::events::{LoggedIn, LoginKind, ScopesGranted};
use kernel::event::{Amount, Units};
use kernel::{
    Actor, Currency, Event, EventData, EventId, NewEvent, OrderNumber, PaymentStatus, Sku, Timestamp,
};
use notifications::events::{NotificationChanged, NotificationSent};
use notifications::recipient::Channel;
use notifications::template::Template;
use orders::Status;
use orders::events::{Item, OrderAwaitsPayment, OrderPlaced};
use payments::events::{PaymentChanged, PaymentFailed, UnknownObjectReported, UnrecognizedObject};
use platform::auth::Scope;
use service::tally::COUNTED;
use stock::events::{Given, Lane, UnitsMoved};
use webhooks::event_type::{TYPES, subscribes_to};

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
    let event = Event {
        id: EventId::derived("event"),
        kind: described.name.to_owned(),
        version: described.version,
        occurred_at: Timestamp::from_millis(1),
        aggregate_id: "order/1".to_owned(),
        sequence: 1,
        actor: Actor::Provider,
        correlation_id: "a".to_owned(),
        trace: None,
        data: json!({}),
    };
    serde_json::to_value(event.published("holdfast.orders")).unwrap()["data"][ENVELOPE].clone()
}

#[test]
fn webhooks_publish_the_events_of_their_contexts() {
    let catalogue = catalogue().into_iter().map(|event| event.detail_type());
    let mut published: Vec<String> = catalogue.filter(|name| subscribes_to(name)).collect();
    published.sort();
    assert_eq!(published, TYPES);
}

#[test]
fn every_event_that_is_counted_is_one_of_the_catalogue() {
    let catalogue = catalogue();
    for (kind, metric) in COUNTED {
        assert!(catalogue.iter().any(|event| event.name == kind), "{metric}: {kind}");
    }
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

/// Every kind of member whose schema is not derived from what it is written as: ids, times, amounts, names.
#[test]
fn data_is_written_as_its_schema_says() {
    let (id, at) = ("7d9f6f0e-52a5-4c1e-9a6e-0b1c2d3e4f50", Timestamp::from_millis(1));
    let (sku, currency): (Sku, _) = ("A-1".parse().unwrap(), Currency::from_code("RUB").unwrap());
    let (user_id, order_id) = (id.parse().unwrap(), id.parse().unwrap());
    let item =
        Item { sku: sku.clone(), name: "Tea".to_owned(), quantity: Units(2), unit_price: Amount(3_750) };
    accepted(&OrderPlaced(OrderAwaitsPayment {
        order_id,
        number: OrderNumber::try_from(42).unwrap(),
        user_id,
        status: Status::AwaitingPayment,
        total_amount: Amount(7_500),
        currency,
        payment_id: None,
        items: vec![item],
        expires_at: at,
    }));
    accepted(&PaymentFailed(PaymentChanged {
        payment_id: id.parse().unwrap(),
        order_id,
        order_number: OrderNumber::try_from(42).unwrap(),
        user_id,
        amount: Amount(7_500),
        currency,
        method: "card",
        external_method: None,
        status: PaymentStatus::Failed,
        failure_code: Some("card_declined".to_owned()),
    }));
    let (provider, reference, event) = ("yookassa", String::new(), String::new());
    let reason = UnrecognizedObject::NotOurs;
    accepted(&UnknownObjectReported { provider, reference, event, reason });
    accepted(&ScopesGranted { user_id, scopes: vec![Scope::OrdersRead] });
    let (session_id, by) = (id.parse().unwrap(), LoginKind::Email);
    accepted(&LoggedIn { user_id, session_id, by, ended_sessions: vec![session_id] });
    let (warehouse, to) = ("msk-1".parse().unwrap(), vec![Given { lane: Lane(u16::MAX), units: Units(1) }]);
    accepted(&UnitsMoved { sku, warehouse, from_lane: Lane(0), to });
    accepted(&NotificationSent(NotificationChanged {
        notification_id: id.parse().unwrap(),
        status: notifications::record::Status::Sent,
        channel: Channel::Email,
        template: Template::OrderPaid,
        user_id: None,
        order_id: Some(order_id),
        event_id: None,
        error_message: None,
    }));
}

/// The journal's `data` fits the schema of its event.
fn accepted<E: EventData>(data: &E) {
    let event = Described::of(&EventDescription::of::<E>());
    let schema = jsonschema::options().should_validate_formats(true).build(&event.schema()).unwrap();
    let written = NewEvent::new("aggregate/1", 1, data).unwrap().data;
    let faults: Vec<String> = schema.iter_errors(&written).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{}: {faults:?}: {written}", E::NAME);
}
