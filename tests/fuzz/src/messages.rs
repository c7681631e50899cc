//! What queues, streams and operators bring: bodies of SQS, events of the bus, rows of a table's stream, inputs of jobs.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use aws_lambda_events::event::dynamodb::Event as StreamEvent;
use aws_lambda_events::event::sqs::SqsEvent;
use kernel::{Event, Kind};
use platform::queue::Message;
use platform::stream::Change;
use platform::function::Start;
use platform::{job, queue, stream};
use serde_json::{Value, json};

use crate::functions::{JOBS, QUEUES, STREAMS};
use crate::input::{Input, named};
use crate::shop::Shop;

/// It sends to any address that a stored endpoint has, so it is handed none.
const CALLS_OUT: &str = "deliver-webhook";
/// Rewrites orders of older forms.
const REWRITE: &str = "rewrite-orders";
/// The newest form of an order (functions/orders/src/record.rs).
const NEWEST_ORDER: u32 = 2;

/// Hands a body to a consumer of a queue. A body that is an event is the same event once it is written and read again.
pub fn bodies(data: &[u8]) {
    let Some(input) = Input::read(data) else { return };
    let shop = Shop::shared();
    let items = if input.name == CALLS_OUT { &[][..] } else { &input.items };
    shop.stub.hold(items);
    let handler = started(shop, &QUEUES, input.name);
    for body in bodies_of(input.text()) {
        let message = Message::new("fuzz", body);
        if let Ok((_, event)) = message.event(shop.call()) {
            check_event(&event);
        }
        let _ = shop.run(handler(shop.call(), message));
    }
}

/// The bodies of a batch of SQS, or the text itself as the body of one.
fn bodies_of(text: &str) -> Vec<String> {
    match serde_json::from_str::<SqsEvent>(text) {
        Ok(batch) if !batch.records.is_empty() => {
            batch.records.into_iter().filter_map(|record| record.body).collect()
        }
        _ => vec![text.to_owned()],
    }
}

fn check_event(event: &Event) {
    let written = serde_json::to_string(event).expect("an event is JSON");
    let read: Event = serde_json::from_str(&written).expect("what was written can be read");
    assert_eq!(&read, event, "an event changes when it is written");
}

/// Hands a batch of a stream to its consumer. The publisher never stops at a row that it can't read: it parks that. A row that no stream brought has
/// nowhere to go on from, and stops it.
pub fn rows(data: &[u8]) {
    let Some(input) = Input::read(data) else { return };
    let Ok(batch) = serde_json::from_slice::<StreamEvent>(input.body.unwrap_or_default()) else { return };
    let changes: Vec<Change> = batch
        .records
        .into_iter()
        .map(|record| Change {
            sequence_number: record.change.sequence_number.unwrap_or_default(),
            stream: record.event_source_arn,
            keys: record.change.keys,
            new_image: record.change.new_image,
        })
        .collect();
    let shop = Shop::shared();
    shop.stub.hold(&input.items);
    let handler = started(shop, &STREAMS, input.name);
    let is_whole = changes.iter().all(|change| change.stream.is_some() && !change.sequence_number.is_empty());
    let outcome = shop.run(handler(shop.call(), changes));
    if input.name == "publish-events" && is_whole {
        assert!(outcome.is_ok(), "the publisher stops: {outcome:?}");
    }
}

/// Hands an input to a job.
pub fn inputs(data: &[u8]) {
    let Some(input) = Input::read(data) else { return };
    let Ok(asked) = serde_json::from_str::<Value>(input.text()) else { return };
    let shop = Shop::shared();
    shop.stub.hold(&input.items);
    let handler = started(shop, &JOBS, input.name);
    let outcome = shop.run(handler(shop.call(), asked));
    if let (Err(problem), true) = (&outcome, input.items.is_empty()) {
        assert!(problem.kind != Kind::Internal, "{} fails by its input: {problem:?}", input.name);
    }
}

/// Rewrites orders of older forms, given one in each line. What is written is of the newest form, is written the same again, and reads as the order
/// that it was.
pub fn older_orders(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let items: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(Value::is_object).collect();
    for item in items {
        let Some(written) = rewritten(&item) else { continue };
        assert_eq!(written["itemVersion"], json!(NEWEST_ORDER), "{item} is written in an older form");
        assert_eq!(rewritten(&written).as_ref(), Some(&written), "an order changes each time it is written");
        assert_eq!(shown(&item), shown(&written), "an order changes when it is rewritten");
    }
}

/// What the job writes for `item`; `None` when it can't be read as an order.
fn rewritten(item: &Value) -> Option<Value> {
    let shop = Shop::shared();
    shop.stub.hold(std::slice::from_ref(item));
    let asked = json!({"segment": 0, "segments": 1, "limit": 1});
    let _ = shop.run(started(shop, &JOBS, REWRITE)(shop.call(), asked));
    shop.stub.written().pop()
}

/// What `GET /api/v1/orders/{id}` shows of the order.
fn shown(item: &Value) -> Option<Value> {
    let id = item["id"].as_str()?;
    let input = Input {
        name: "get-order",
        parameters: vec![("id", id)],
        items: vec![item.clone()],
        ..Input::default()
    };
    crate::routes::body(&input)
}

type Started<H> = LazyLock<Mutex<HashMap<usize, &'static H>>>;

/// A function that is started once.
trait Startable: Sized + Send + Sync + 'static {
    fn all() -> &'static Started<Self>;
}

macro_rules! startable {
    ($($handler:ty),+) => {$(
        impl Startable for $handler {
            fn all() -> &'static Started<Self> {
                static ALL: Started<$handler> = LazyLock::new(Mutex::default);
                &ALL
            }
        }
    )+};
}

startable!(queue::Handler, stream::Handler, job::Handler);

fn started<H: Startable>(shop: &Shop, all: &'static [(&str, Start<H>)], name: &str) -> &'static H {
    let start = named(all, name);
    let mut started = H::all().lock().unwrap_or_else(PoisonError::into_inner);
    started.entry(std::ptr::from_ref(start).addr()).or_insert_with(|| Box::leak(Box::new(shop.start(*start))))
}
