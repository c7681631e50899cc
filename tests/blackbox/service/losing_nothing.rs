//! Consumers receive every event in the journal: whenever the publisher dies, and regardless of what the bus does.

use std::collections::{HashMap, HashSet};

use fastrand::Rng;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Consumer, Handled, InjectedFault, PATIENCE, Publisher, Sight, customer, eventually, journal_row,
    operator, patch, pay_for, product, whole_journal,
};

/// What the deployed function gets at once: its `BatchSize`.
const BATCH: usize = 100;
/// Events that are published on a bus that fails at random.
const MANY: usize = 3_000;
/// How many aggregates they are of.
const AGGREGATES: usize = 300;
/// What the random failures follow from.
const SEED: u64 = 20_260_303;

/// Rows of the journal in the order of the stream, each under its position.
type Rows = Vec<(String, Value)>;

fn placed(events: &[Value]) -> Rows {
    let row = |(number, event): (usize, &Value)| (format!("{:0>21}", number + 1), journal_row(event));
    events.iter().enumerate().map(row).collect()
}

/// Events that the journal really holds: of two orders from beginning to end, and of products with their stock.
async fn told_by_the_journal() -> Vec<Value> {
    let (anna, clerk) = (customer().await, operator().await);
    let mut about = Vec::new();
    for _ in 0..6 {
        about.push(product(500, 9).await.sku);
    }
    let kettle = product(500, 9).await;
    for _ in 0..2 {
        let order = pay_for(&anna, &kettle, 1).await;
        for status in ["confirmed", "shipped", "delivered"] {
            let path = format!("/api/v1/orders/{}", order["number"]);
            clerk.ask(patch(&path).json(&json!({"status": status}))).await.expect(200);
        }
        about.push(order["id"].as_str().unwrap().to_owned());
    }
    let mut events = whole_journal().await;
    events.retain(|event| about.iter().any(|name| event["aggregateId"].as_str().unwrap().contains(name)));
    events.sort_by_key(|event| {
        (event["occurredAt"].as_str().unwrap().to_owned(), event["sequence"].as_u64().unwrap())
    });
    events
}

/// Hands `rows` over as the stream does, from where the publisher says, until all are published.
async fn stream(publisher: &mut Publisher, rows: &Rows) {
    let mut next = 0;
    while next < rows.len() {
        let batch = &rows[next..rows.len().min(next + BATCH)];
        let given: Vec<(&str, Value)> = batch.iter().map(|(at, row)| (at.as_str(), row.clone())).collect();
        match publisher.handle(&given).await {
            Handled::Wholly => next += batch.len(),
            Handled::From(position) => {
                next = rows.iter().position(|(at, _)| *at == position).unwrap();
            }
            Handled::Died => {}
        }
    }
}

/// Events that came more often than once.
fn repeats(sights: &[Sight]) -> usize {
    sights.len() - sights.iter().collect::<HashSet<_>>().len()
}

/// Fails unless the first sights of each aggregate's events have its order, without a gap.
fn in_order(sights: &[Sight]) {
    let mut seen = HashSet::new();
    let mut last: HashMap<&str, u64> = HashMap::new();
    for sight in sights.iter().filter(|sight| seen.insert(*sight)) {
        let before = last.insert(&sight.aggregate, sight.sequence);
        assert!(before.is_none_or(|before| before + 1 == sight.sequence), "{sight:?} came after {before:?}");
    }
}

/// Waits until `consumer` saw every event of `rows`; answers all that it saw.
async fn seen_by(consumer: &Consumer, rows: &Rows) -> Vec<Sight> {
    let written: HashSet<Sight> = rows.iter().map(|(_, row)| Sight::of(&row["event"])).collect();
    assert_eq!(written.len(), rows.len());
    let all = std::sync::Mutex::new(Vec::new());
    eventually("every event to be seen", PATIENCE, || async {
        let came = consumer.seen().await;
        let mut all = all.lock().unwrap();
        all.extend(came.iter().map(|message| Sight::of(&message["detail"])));
        written.iter().all(|event| all.contains(event)).then_some(())
    })
    .await;
    let all = all.into_inner().unwrap();
    assert!(all.iter().all(|sight| written.contains(sight)), "something else was seen");
    all
}

#[tokio::test]
async fn a_publisher_that_is_killed_at_any_step_loses_nothing() {
    let events = told_by_the_journal().await;
    let rows = placed(&events);
    let consumer = Consumer::on_a_bus_of_its_own().await;
    let mut undisturbed = Publisher::new(&consumer.bus, |_| InjectedFault::Arrives);
    stream(&mut undisturbed, &rows).await;
    let steps = undisturbed.books().calls;
    assert!(steps >= 5, "{} events make {steps} calls", rows.len());
    assert_eq!(repeats(&seen_by(&consumer, &rows).await), 0);
    let mut duplicates = 0;
    let deaths: Vec<(usize, InjectedFault)> = (1..=steps)
        .flat_map(|step| [(step, InjectedFault::CrashPoint), (step, InjectedFault::DeathAfterwards)])
        .collect();
    for (step, death) in &deaths {
        let (mut call, step, fault) = (0, *step, death.clone());
        let mut publisher = Publisher::new(&consumer.bus, move |_| {
            call += 1;
            if call == step { fault.clone() } else { InjectedFault::Arrives }
        });
        stream(&mut publisher, &rows).await;
        let taken = publisher.books().taken;
        in_order(&taken);
        let seen = seen_by(&consumer, &rows).await;
        assert_eq!(seen.len(), taken.len(), "{death:?} at {step}");
        duplicates += repeats(&seen);
    }
    // All is done, and the stream does not hear of it.
    let given: Vec<(&str, Value)> = rows.iter().map(|(at, row)| (at.as_str(), row.clone())).collect();
    assert_eq!(undisturbed.handle(&given).await, Handled::Wholly);
    undisturbed.kill().await;
    stream(&mut undisturbed, &rows).await;
    in_order(&undisturbed.books().taken);
    duplicates += repeats(&seen_by(&consumer, &rows).await);
    eprintln!(
        "killed at each of {} steps of a batch of {}: all seen each time, {duplicates} duplicates",
        deaths.len() + 1,
        rows.len(),
    );
    consumer.end().await;
}

/// `MANY` events of `AGGREGATES` aggregates, mixed: of the journal's kinds, about aggregates that don't exist.
fn many(patterns: &[Value], random: &mut Rng) -> Vec<Value> {
    let names: Vec<String> = (0..AGGREGATES).map(|_| format!("order/{}", Uuid::new_v4())).collect();
    let mut sequences = vec![0; AGGREGATES];
    let event = |_| {
        let aggregate = random.usize(..AGGREGATES);
        sequences[aggregate] += 1;
        let mut event = patterns[random.usize(..patterns.len())].clone();
        event["id"] = json!(Uuid::new_v4());
        event["aggregateId"] = json!(names[aggregate]);
        event["sequence"] = json!(sequences[aggregate]);
        event
    };
    (0..MANY).map(event).collect()
}

/// What a bus does on a bad day.
fn bad_day(random: &mut Rng, entries: usize) -> InjectedFault {
    let some = |random: &mut Rng| {
        let mut some: Vec<usize> = (0..entries).filter(|_| random.u8(..3) == 0).collect();
        if some.is_empty() {
            some.push(random.usize(..entries));
        }
        some
    };
    match random.u8(..100) {
        0..6 => InjectedFault::Partly(some(random), "ThrottlingException"),
        6..12 => InjectedFault::Partly(some(random), "InternalFailure"),
        12..14 => InjectedFault::Partly((0..entries).collect(), "InternalFailure"),
        14..17 => InjectedFault::Refused(400, "ThrottlingException"),
        17..20 => InjectedFault::Refused(500, "InternalException"),
        20..23 => InjectedFault::Lost,
        23..26 => InjectedFault::Unanswered,
        26 => InjectedFault::CrashPoint,
        27 => InjectedFault::DeathAfterwards,
        _ => InjectedFault::Arrives,
    }
}

#[tokio::test]
async fn a_bus_that_fails_in_every_way_at_random_loses_nothing() {
    let mut random = Rng::with_seed(SEED);
    let rows = placed(&many(&told_by_the_journal().await, &mut random));
    let consumer = Consumer::on_a_bus_of_its_own().await;
    let mut publisher = Publisher::new(&consumer.bus, move |entries| bad_day(&mut random, entries.len()));
    stream(&mut publisher, &rows).await;
    publisher.kill().await;
    let books = publisher.books();
    assert!(books.needless.is_empty(), "sent again though the bus had it: {:?}", books.needless);
    in_order(&books.taken);
    let seen = seen_by(&consumer, &rows).await;
    assert_eq!(seen.len(), books.taken.len());
    assert!(books.refused > MANY / 20, "{} refusals", books.refused);
    eprintln!(
        "{} events written, {} seen, {} duplicates; {} calls, {} entries refused, {} calls lost",
        rows.len(),
        seen.len() - repeats(&seen),
        repeats(&seen),
        books.calls,
        books.refused,
        books.lost,
    );
    consumer.end().await;
}
