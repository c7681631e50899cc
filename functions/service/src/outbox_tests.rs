//! The outbox against a bus whose answers are given.

use aws_lambda_events::event::dynamodb::Event as StreamEvent;
use kernel::{EventId, Kind};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::*;

/// A row as `platform::journal` writes it.
#[derive(Serialize)]
struct Written {
    #[serde(rename = "PK")]
    pk: String,
    #[serde(rename = "SK")]
    sk: String,
    event: Event,
}

/// The event `kind` of `aggregate`, as the journal keeps it.
pub(crate) fn event(kind: &str, aggregate: &str, sequence: u64, data: &Value) -> Event {
    let id = EventId::derived(&format!("event/{aggregate}/{sequence}"));
    serde_json::from_value(json!({
        "id": id, "type": kind, "version": 1, "occurredAt": "2023-11-14T22:13:20.000Z", "aggregateId": aggregate,
        "sequence": sequence, "actor": {"kind": "provider"}, "correlationId": "c-1", "data": data,
    }))
    .unwrap()
}

fn change(position: usize, kind: &str, aggregate: &str, sequence: u64, data: &Value) -> Change {
    let event = event(kind, aggregate, sequence, data);
    let row = Written { pk: aggregate.to_owned(), sk: format!("{sequence:0>12}"), event };
    Change {
        sequence_number: position.to_string(),
        new_image: serde_dynamo::to_item(row).unwrap(),
        ..Change::default()
    }
}

fn placed(position: usize, aggregate: &str, sequence: u64) -> Change {
    change(position, "orders.order_placed", aggregate, sequence, &json!({}))
}

fn no_event(position: usize) -> Change {
    let row = json!({"PK": "order/x", "SK": "000000000001", "note": "left by hand"});
    Change {
        sequence_number: position.to_string(),
        new_image: serde_dynamo::to_item(row).unwrap(),
        ..Change::default()
    }
}

fn may_pass() -> Outcome {
    Outcome::Failed(Problem::unavailable("ThrottlingException"))
}

fn will_not() -> Outcome {
    Outcome::Failed(Problem::internal("AccessDeniedException"))
}

fn never() -> Outcome {
    Outcome::Refused(Problem::internal("MalformedDetail"))
}

/// The positions of the rows that are parked.
fn positions(parked: &[Parked]) -> Vec<&str> {
    parked.iter().map(|row| row.sequence_number.as_str()).collect()
}

fn numbers(outbox: &Outbox) -> Vec<usize> {
    outbox.next().into_iter().map(|(number, _)| number).collect()
}

fn settle_all(outbox: &mut Outbox, outcome: &Outcome) {
    for number in numbers(outbox) {
        outbox.settle(number, outcome.clone());
    }
}

#[test]
fn an_entry_is_addressed_by_its_context_and_type() {
    let outbox =
        Outbox::of(vec![change(1, "orders.order_paid", "order/1", 2, &json!({"totalAmount": 7_500}))]);
    let (_, entry) = outbox.next()[0];
    assert_eq!(entry.source, "holdfast.orders");
    assert_eq!(entry.detail_type, "orders.order_paid.v1");
    assert_eq!(entry.time.to_string(), "2023-11-14T22:13:20.000Z");
    let detail: Value = serde_json::from_str(&entry.detail).unwrap();
    assert_eq!(detail["type"], "orders.order_paid.v1");
    assert_eq!(detail["subject"], "order/1");
    assert_eq!((&detail["specversion"], &detail["source"]), (&json!("1.0"), &json!("holdfast.orders")));
    assert_eq!(detail["dataschema"], "urn:holdfast:event:orders.order_paid:v1");
    assert_eq!(detail["sequence"], 2);
    assert_eq!(detail["data"]["totalAmount"], 7_500);
    assert_eq!(detail["data"]["envelope"]["aggregateId"], "order/1", "consumers of the older form find it");
}

#[test]
fn a_call_carries_ten_entries_and_one_of_each_aggregate() {
    let mut changes: Vec<Change> = (0..12).map(|n| placed(n, &format!("order/{n}"), 1)).collect();
    changes.insert(1, placed(100, "order/0", 2));
    let mut outbox = Outbox::of(changes);
    assert_eq!(numbers(&outbox), [0, 2, 3, 4, 5, 6, 7, 8, 9, 10], "row 1 waits for row 0");
    settle_all(&mut outbox, &Outcome::Accepted);
    assert_eq!(numbers(&outbox), [1, 11, 12]);
    settle_all(&mut outbox, &Outcome::Accepted);
    assert!(numbers(&outbox).is_empty());
    assert!(outbox.verdict().1.is_ok());
}

#[test]
fn only_what_failed_is_offered_again_and_holds_its_own_aggregate_alone() {
    let mut outbox =
        Outbox::of(vec![placed(1, "order/a", 1), placed(2, "order/b", 1), placed(3, "order/a", 2)]);
    outbox.settle(0, may_pass());
    outbox.settle(1, Outcome::Accepted);
    assert_eq!(numbers(&outbox), [0]);
    outbox.settle(0, Outcome::Accepted);
    assert_eq!(numbers(&outbox), [2]);
}

#[test]
fn what_the_bus_does_not_take_is_given_up_and_still_holds_its_aggregate() {
    let changes = || vec![placed(1, "order/a", 1), placed(2, "order/b", 1), placed(3, "order/a", 2)];
    let mut refused = Outbox::of(changes());
    refused.settle(0, will_not());
    assert_eq!(numbers(&refused), [1], "no second attempt, no overtaking");
    refused.settle(1, Outcome::Accepted);
    assert!(numbers(&refused).is_empty());
    let (parked, verdict) = refused.verdict();
    assert!(parked.is_empty(), "a right that is missing is no fault of the row");
    let stuck = verdict.unwrap_err();
    assert_eq!((stuck.sequence_number.as_str(), stuck.problem.kind), ("1", Kind::Internal));

    let mut throttled = Outbox::of(changes());
    for _ in 0..MAX_ATTEMPTS {
        assert_eq!(numbers(&throttled)[0], 0);
        throttled.settle(0, may_pass());
    }
    assert_eq!(numbers(&throttled), [1]);
    assert_eq!(throttled.verdict().1.unwrap_err().sequence_number, "1");
}

#[test]
fn what_was_never_offered_is_where_the_stream_goes_on() {
    let mut outbox = Outbox::of(vec![placed(1, "order/a", 1), placed(2, "order/b", 1)]);
    outbox.settle(0, Outcome::Accepted);
    let stuck = outbox.verdict().1.unwrap_err();
    assert_eq!((stuck.sequence_number.as_str(), stuck.problem.kind), ("2", Kind::Unavailable));
}

#[test]
fn an_entry_that_the_bus_refuses_is_parked_and_holds_nothing() {
    let mut outbox =
        Outbox::of(vec![placed(1, "order/a", 1), placed(2, "order/b", 1), placed(3, "order/a", 2)]);
    outbox.settle(0, never());
    outbox.settle(1, Outcome::Accepted);
    assert_eq!(numbers(&outbox), [2], "later events of the aggregate go on");
    settle_all(&mut outbox, &Outcome::Accepted);
    let (parked, verdict) = outbox.verdict();
    assert!(verdict.is_ok());
    assert_eq!(positions(&parked), ["1"]);
    assert!(parked[0].reason.contains("MalformedDetail"), "{}", parked[0].reason);
}

#[test]
fn a_call_that_is_refused_for_one_of_its_entries_is_taken_apart() {
    let mut outbox =
        Outbox::of(vec![placed(1, "order/a", 1), placed(2, "order/b", 1), placed(3, "order/c", 1)]);
    let one_refused = || Outcome::OneRefused(Problem::internal("ValidationException"));
    settle_all(&mut outbox, &one_refused());
    for (number, outcome) in [(0, Outcome::Accepted), (1, one_refused()), (2, Outcome::Accepted)] {
        assert_eq!(numbers(&outbox), [number], "each by itself");
        outbox.settle(number, outcome);
    }
    assert!(numbers(&outbox).is_empty());
    let (parked, verdict) = outbox.verdict();
    assert!(verdict.is_ok());
    assert_eq!(positions(&parked), ["2"]);
}

#[test]
fn what_is_behind_the_place_where_the_stream_goes_on_is_parked_when_it_comes_again() {
    let mut outbox = Outbox::of(vec![no_event(1), placed(2, "order/a", 1), no_event(3)]);
    outbox.settle(1, will_not());
    let (parked, verdict) = outbox.verdict();
    assert_eq!(positions(&parked), ["1"]);
    assert_eq!(verdict.unwrap_err().sequence_number, "2");
}

#[test]
fn a_row_that_is_no_event_is_parked_and_holds_nothing() {
    let mut outbox = Outbox::of(vec![placed(1, "order/x", 1), no_event(2), placed(3, "order/x", 2)]);
    assert_eq!(numbers(&outbox), [0]);
    settle_all(&mut outbox, &Outcome::Accepted);
    assert_eq!(numbers(&outbox), [2]);
    settle_all(&mut outbox, &Outcome::Accepted);
    let (parked, verdict) = outbox.verdict();
    assert!(verdict.is_ok(), "the stream goes on");
    assert_eq!(positions(&parked), ["2"]);
}

#[test]
fn an_event_without_a_context_is_parked() {
    for kind in ["placed", ".placed"] {
        let outbox = Outbox::of(vec![change(1, kind, "order/1", 1, &json!({}))]);
        assert!(numbers(&outbox).is_empty());
        let (parked, verdict) = outbox.verdict();
        assert_eq!((positions(&parked), verdict.is_ok()), (vec!["1"], true), "{kind}");
    }
}

#[test]
fn an_event_larger_than_the_bus_takes_is_parked_and_large_ones_travel_apart() {
    let filler = |bytes: usize| json!({ "text": "x".repeat(bytes) });
    let big = |position, bytes| {
        change(position, "orders.order_placed", &format!("order/{position}"), 1, &filler(bytes))
    };
    let mut outbox = Outbox::of(vec![big(1, MAX_BYTES), big(2, 150_000), big(3, 150_000)]);
    assert_eq!(numbers(&outbox), [1]);
    settle_all(&mut outbox, &Outcome::Accepted);
    assert_eq!(numbers(&outbox), [2]);
    settle_all(&mut outbox, &Outcome::Accepted);
    assert_eq!(positions(&outbox.verdict().0), ["1"]);

    let exactly = |bytes: usize| Outbox::of(vec![big(1, bytes)]).next().first().map(|(_, it)| it.bytes());
    let overhead = exactly(0).unwrap();
    assert_eq!(exactly(MAX_BYTES - overhead - 1), Some(MAX_BYTES - 1));
    assert_eq!(exactly(MAX_BYTES - overhead), None);
}

#[test]
fn a_deletion_says_nothing() {
    let gone = Change { sequence_number: "1".to_owned(), ..Change::default() };
    let outbox = Outbox::of(vec![gone]);
    assert!(numbers(&outbox).is_empty());
    assert!(outbox.verdict().1.is_ok());
}

#[test]
fn the_sample_event_is_what_the_stream_delivers() {
    let sample = include_str!("../../../events/publish-events.json");
    let sample: StreamEvent = serde_json::from_str(sample).unwrap();
    let changes: Vec<Change> = sample
        .records
        .into_iter()
        .map(|record| Change {
            sequence_number: record.change.sequence_number.unwrap(),
            stream: record.event_source_arn,
            keys: record.change.keys,
            new_image: record.change.new_image,
        })
        .collect();
    let row = changes[0].new_image.clone();
    let event = journal::event_of(row.clone()).unwrap();
    assert_eq!(event.id, kernel::EventId::derived("event/notification/sample/1"), "no order changes by it");
    // The sample is what the journal writes, attribute for attribute.
    let written = Written {
        pk: event.aggregate_id.clone(),
        sk: format!("{:0>12}", event.sequence),
        event: event.clone(),
    };
    assert_eq!(serde_dynamo::to_item::<_, serde_dynamo::Item>(written).unwrap(), row);
    assert_eq!(numbers(&Outbox::of(changes)), [0]);
}

/// The outcome of one entry in one call.
fn fate() -> impl Strategy<Value = Outcome> {
    prop_oneof![5 => Just(Outcome::Accepted), 3 => Just(may_pass()), 1 => Just(will_not()), 1 => Just(never())]
}

proptest! {
    /// For any responses of the bus, order within an aggregate holds, nothing before the reported position is missing but what is parked, and
    /// it ends.
    #[test]
    fn nothing_is_lost_and_nothing_overtakes(
        rows in prop::collection::vec(prop_oneof![9 => (0_u8..4).prop_map(Some), 1 => Just(None)], 0..40),
        fates in prop::collection::vec(fate(), 400),
    ) {
        let mut last = [0_u64; 4];
        let mut aggregates = Vec::new();
        let changes: Vec<Change> = rows.iter().enumerate().map(|(position, row)| {
            aggregates.push(*row);
            let Some(aggregate) = row else { return no_event(position) };
            last[usize::from(*aggregate)] += 1;
            placed(position, &format!("order/{aggregate}"), last[usize::from(*aggregate)])
        }).collect();
        let mut outbox = Outbox::of(changes);
        let mut fates = fates.into_iter();
        let (mut accepted, mut refused) = (Vec::new(), Vec::new());
        loop {
            let call = numbers(&outbox);
            prop_assert!(call.len() <= MAX_ENTRIES);
            if call.is_empty() {
                break;
            }
            for number in call {
                let fate = fates.next().unwrap_or(Outcome::Accepted);
                if fate == Outcome::Accepted {
                    accepted.push(number);
                }
                if fate == never() {
                    refused.push(number);
                }
                outbox.settle(number, fate);
            }
        }
        for aggregate in 0..4 {
            let of_it: Vec<usize> = accepted.iter().copied().filter(|&at| aggregates[at] == Some(aggregate)).collect();
            let all = (0..rows.len()).filter(|&at| aggregates[at] == Some(aggregate));
            let all: Vec<usize> = all.filter(|at| !refused.contains(at)).collect();
            prop_assert_eq!(&of_it[..], &all[..of_it.len()], "in order, without a gap but what is parked, each once");
        }
        let (parked, verdict) = outbox.verdict();
        let until = verdict.map_or_else(|stuck| stuck.sequence_number.parse().unwrap(), |()| rows.len());
        let aside: Vec<usize> = parked.iter().map(|row| row.sequence_number.parse().unwrap()).collect();
        for (at, aggregate) in aggregates.iter().enumerate().take(until) {
            let never = aggregate.is_none() || refused.contains(&at);
            prop_assert_eq!((accepted.contains(&at), aside.contains(&at)), (!never, never), "{} of {}", at, until);
        }
        prop_assert!(aside.iter().all(|at| *at < until), "what comes again is not parked yet");
    }
}
