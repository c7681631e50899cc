//! Events that are published again: out of the bus's archive, and out of the journal.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{
    Consumer, PATIENCE, Person, Said, Sight, customer, emails, eventually, in_seconds, journal_of,
    place_order, product, tool, whole_journal,
};

/// Long enough for a message that is in a queue to be handled.
const SETTLING: Duration = Duration::from_secs(4);

fn replays() -> Value {
    json!({"replay-name": [{"exists": true}]})
}

/// How many letters `person` got about the order `number`.
async fn letters(person: &Person, number: &Value) -> usize {
    let about = |letter: &&Value| letter["text"].as_str().unwrap().contains(&number.to_string());
    emails(&person.email).await.iter().filter(about).count()
}

/// An order of which its customer has been notified.
async fn told_order(person: &Person) -> Value {
    let order = place_order(person, &product(500, 9).await, 1).await;
    eventually("the letter", PATIENCE, || async {
        (letters(person, &order["number"]).await == 1).then_some(())
    })
    .await;
    order
}

fn aggregate(order: &Value) -> String {
    format!("order/{}", order["id"].as_str().unwrap())
}

async fn replay(from: &str, rules: &str) -> Said {
    tool("replay", &["--from", from, "--rules", rules]).await
}

#[tokio::test]
async fn a_replay_reaches_the_rules_that_it_names_and_sends_nobody_a_second_message() {
    let (before, anna) = (in_seconds(-2), customer().await);
    let (heard, spared) =
        (Consumer::on_the_stacks_bus(&replays()).await, Consumer::on_the_stacks_bus(&replays()).await);
    let order = told_order(&anna).await;
    let said = replay(&before, &format!("OrderEventsToNotifier {}", heard.rule)).await;
    assert!(said.succeeded, "{}", said.text);
    let again = eventually("the order to be told again", PATIENCE, || async {
        let seen = heard.seen().await;
        seen.into_iter().find(|message| message["detail"]["subject"] == aggregate(&order))
    })
    .await;
    assert_eq!(again["detail-type"], "orders.order_placed.v1");
    let told = &journal_of(&aggregate(&order)).await[0];
    assert_eq!(Sight::of(&again["detail"]), Sight::of(told), "the same event, not another");
    tokio::time::sleep(SETTLING).await;
    assert_eq!(letters(&anna, &order["number"]).await, 1);
    assert!(spared.seen().await.is_empty(), "a rule that is not named hears nothing");
    heard.end().await;
    spared.end().await;
}

#[tokio::test]
async fn a_replay_names_its_rules_and_its_time() {
    let unknown = replay("2026-03-03T14:00Z", "Nobody").await;
    assert!(!unknown.succeeded && unknown.text.contains("no rule is called Nobody"), "{}", unknown.text);
    assert!(unknown.text.contains("OrderEventsToNotifier") && unknown.text.contains("EventsToWebhooks"));
    let none = replay("2026-03-03T14:00Z", "").await;
    assert!(!none.succeeded && none.text.contains("no rule is named"), "{}", none.text);
    let timeless = replay("yesterday", "all").await;
    assert!(!timeless.succeeded && timeless.text.contains("'yesterday' is no time"), "{}", timeless.text);
}

/// The whole way, while other tests write events: the journal, its stream, the publisher, the bus, its archive, a replay.
#[tokio::test]
async fn what_the_journal_tells_is_in_the_archive() {
    // The bus's times are whole seconds.
    let (before, wider) = (in_seconds(0), in_seconds(-2));
    told_order(&customer().await).await;
    let journal = whole_journal().await;
    let written = journal.iter().filter(|event| event["occurredAt"].as_str().unwrap() >= before.as_str());
    let written: HashSet<Sight> = written.map(Sight::of).collect();
    assert!(written.len() >= 5, "{written:?}");
    let consumer = Consumer::on_the_stacks_bus(&replays()).await;
    let seen = std::sync::Mutex::new(HashSet::new());
    eventually("every event to be in the archive", PATIENCE, || async {
        let said = replay(&wider, &consumer.rule).await;
        assert!(said.succeeded, "{}", said.text);
        let came = consumer.seen().await;
        let mut seen = seen.lock().unwrap();
        seen.extend(came.iter().map(|message| Sight::of(&message["detail"])));
        written.is_subset(&seen).then_some(())
    })
    .await;
    eprintln!("{} events in the journal, all of them in the archive", written.len());
    consumer.end().await;
}

#[tokio::test]
async fn what_the_stream_gave_up_is_published_out_of_the_journal() {
    let anna = customer().await;
    let order = told_order(&anna).await;
    let name = aggregate(&order);
    let consumer = Consumer::on_the_stacks_bus(&json!({"detail": {"subject": [name]}})).await;
    let looked = tool("republish", &["--aggregate", &name, "--dry-run"]).await;
    assert!(looked.succeeded && looked.text.contains("1  orders.order_placed"), "{}", looked.text);
    assert!(looked.text.contains("Nothing was published"), "{}", looked.text);
    assert!(consumer.seen().await.is_empty());

    let done = tool("republish", &["--aggregate", &name]).await;
    assert!(done.succeeded && done.text.contains("publishing (1 of 1)"), "{}", done.text);
    let told = journal_of(&name).await;
    let seen =
        eventually("the event to be published", PATIENCE, || async { consumer.seen().await.pop() }).await;
    assert_eq!(seen["source"], "holdfast.orders");
    let detail = &seen["detail"];
    for (member, value) in told[0]["data"].as_object().unwrap() {
        assert_eq!(&detail["data"][member], value, "{member}");
    }
    for member in ["id", "sequence", "version"] {
        assert_eq!(detail[member], told[0][member], "{member}");
    }
    tokio::time::sleep(SETTLING).await;
    assert_eq!(letters(&anna, &order["number"]).await, 1, "who has been told is not told again");
    consumer.end().await;
}

#[tokio::test]
async fn a_span_of_the_journal_can_be_looked_at() {
    let before = in_seconds(0);
    told_order(&customer().await).await;
    let looked = tool("republish", &["--from", &before, "--dry-run"]).await;
    assert!(looked.succeeded, "{}", looked.text);
    assert!(
        looked.text.contains("orders.order_placed") && looked.text.contains("identity."),
        "{}",
        looked.text
    );
    let long_ago =
        tool("republish", &["--from", "2020-01-01T00:00Z", "--to", "2020-01-02T00:00Z", "--dry-run"]).await;
    assert!(long_ago.succeeded && long_ago.text.contains("(0 events)"), "{}", long_ago.text);
    let timeless = tool("republish", &["--dry-run"]).await;
    assert!(!timeless.succeeded && timeless.text.contains("no time is named"), "{}", timeless.text);
}
