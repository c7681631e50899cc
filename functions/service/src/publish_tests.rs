//! Publishing against injected answers of the bus: the emulator never refuses an entry.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_types::body::SdkBody;
use kernel::Actor;
use platform::stream::Change;
use serde_json::{Value, json};

use super::*;
use crate::outbox::tests::event;

fn bus(answers: &[(u16, Value)]) -> (Bus, StaticReplayClient) {
    let events = answers.iter().map(|(status, body)| {
        let request = http::Request::builder().uri("https://events.test/").body(SdkBody::empty()).unwrap();
        let response = http::Response::builder().status(*status).body(SdkBody::from(body.to_string()));
        ReplayEvent::new(request, response.unwrap())
    });
    let replay = StaticReplayClient::new(events.collect());
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-north-1"))
        .credentials_provider(Credentials::new("id", "key", None, None, "test"))
        .http_client(replay.clone())
        .build();
    (Bus::with_client(Client::from_conf(config)), replay)
}

fn call(milliseconds: u64) -> InvocationContext {
    let end = u64::try_from(Timestamp::now().as_millis()).unwrap() + milliseconds;
    InvocationContext::new(end, "test".to_owned(), Actor::system("test"))
}

fn outbox(aggregates: &[(&str, u64)]) -> Outbox {
    let changes = aggregates.iter().enumerate().map(|(position, (aggregate, sequence))| {
        let mut event = event("orders.order_placed", aggregate, *sequence, &json!({}));
        event.occurred_at = Timestamp::from_millis(1);
        let new_image = serde_dynamo::to_item(json!({"event": event})).unwrap();
        Change { sequence_number: position.to_string(), new_image, ..Change::default() }
    });
    Outbox::of(changes.collect())
}

/// The aggregate and sequence of every entry of every call.
fn sent(replay: &StaticReplayClient) -> Vec<Vec<String>> {
    let calls = replay.actual_requests().map(|request| {
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let entries = body["Entries"].as_array().unwrap().iter().map(|entry| {
            assert_eq!(entry["EventBusName"], "bus");
            assert_eq!(entry["Source"], "holdfast.orders");
            let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
            format!("{} {}", detail["subject"].as_str().unwrap(), detail["sequence"])
        });
        entries.collect()
    });
    calls.collect()
}

fn taken() -> Value {
    json!({"EventId": "1"})
}

fn throttled() -> Value {
    json!({"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"})
}

#[tokio::test]
async fn a_refused_entry_is_offered_again_alone_and_before_what_follows_it() {
    let (bus, replay) = bus(&[
        (200, json!({"FailedEntryCount": 1, "Entries": [throttled(), taken()]})),
        (200, json!({"FailedEntryCount": 0, "Entries": [taken()]})),
        (200, json!({"FailedEntryCount": 0, "Entries": [taken()]})),
    ]);
    publish(&bus, &call(5_000), outbox(&[("order/a", 1), ("order/b", 1), ("order/a", 2)]))
        .await
        .verdict
        .unwrap();
    assert_eq!(sent(&replay), [vec!["order/a 1", "order/b 1"], vec!["order/a 1"], vec!["order/a 2"]]);
}

#[tokio::test]
async fn a_bus_that_stays_busy_is_reported_at_the_first_event_it_did_not_take() {
    let busy = json!({"FailedEntryCount": 1, "Entries": [taken(), throttled()]});
    let still = json!({"FailedEntryCount": 1, "Entries": [throttled()]});
    let mut answers = vec![(200, busy)];
    answers.extend(vec![(200, still); 4]);
    let (bus, replay) = bus(&answers);
    let outcome = publish(&bus, &call(60_000), outbox(&[("order/a", 1), ("order/b", 1)])).await;
    assert_eq!(outcome.verdict.unwrap_err().sequence_number, "1");
    assert_eq!(sent(&replay).len(), 5);
}

#[tokio::test]
async fn no_pause_outlasts_the_invocation() {
    let busy = (200, json!({"FailedEntryCount": 1, "Entries": [throttled()]}));
    let (bus, replay) = bus(&vec![busy; 5]);
    // The margin for the answer is a quarter of a second: there is no time left from the start.
    let outcome = publish(&bus, &call(200), outbox(&[("order/a", 1)])).await;
    assert_eq!(outcome.verdict.unwrap_err().sequence_number, "0");
    assert!(sent(&replay).len() <= 1);
}

#[tokio::test]
async fn a_call_that_is_refused_as_a_whole_is_not_repeated() {
    let denied = json!({"__type": "AccessDeniedException", "message": "not authorized"});
    let (bus, replay) = bus(&[(400, denied)]);
    let stuck =
        publish(&bus, &call(5_000), outbox(&[("order/a", 1), ("order/b", 1)])).await.verdict.unwrap_err();
    assert_eq!((stuck.sequence_number.as_str(), stuck.problem.code), ("0", "internal"));
    assert_eq!(sent(&replay).len(), 1);
}

#[tokio::test]
async fn the_lag_is_the_age_of_the_oldest_event_that_was_offered() {
    let (bus, _) = bus(&[(200, json!({"FailedEntryCount": 1, "Entries": [taken(), throttled()]}))]);
    // The events happened a millisecond after 1970 began. The time is over before the second is offered again.
    let before = u64::try_from(Timestamp::now().as_millis()).unwrap() - 1;
    let published = publish(&bus, &call(300), outbox(&[("order/a", 1), ("order/b", 1)])).await;
    let lag = published.lag.unwrap();
    assert!((before..before + 5_000).contains(&lag), "{lag}");
    assert_eq!(publish(&bus, &call(5_000), outbox(&[])).await.lag, None, "nothing was measured");
}

#[tokio::test]
async fn an_entry_that_is_refused_for_good_holds_nothing_up() {
    let malformed = json!({"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."});
    let (bus, replay) = bus(&[
        (200, json!({"FailedEntryCount": 1, "Entries": [malformed, taken()]})),
        (200, json!({"FailedEntryCount": 0, "Entries": [taken()]})),
    ]);
    let published =
        publish(&bus, &call(5_000), outbox(&[("order/a", 1), ("order/b", 1), ("order/a", 2)])).await;
    published.verdict.unwrap();
    assert_eq!(published.parked.iter().map(|row| row.sequence_number.as_str()).collect::<Vec<_>>(), ["0"]);
    assert_eq!(sent(&replay), [vec!["order/a 1", "order/b 1"], vec!["order/a 2"]]);
}

#[tokio::test]
async fn a_call_that_is_refused_for_one_entry_is_taken_apart_until_that_is_found() {
    let invalid = || (400, json!({"__type": "ValidationException", "message": "an entry is wrong"}));
    let accepted = || (200, json!({"FailedEntryCount": 0, "Entries": [taken()]}));
    let (bus, replay) = bus(&[invalid(), accepted(), invalid(), accepted()]);
    let published =
        publish(&bus, &call(5_000), outbox(&[("order/a", 1), ("order/b", 1), ("order/c", 1)])).await;
    published.verdict.unwrap();
    assert_eq!(published.parked.iter().map(|row| row.sequence_number.as_str()).collect::<Vec<_>>(), ["1"]);
    assert_eq!(sent(&replay).iter().map(Vec::len).collect::<Vec<_>>(), [3, 1, 1, 1]);
}
