//! The journal's stream onto the event bus. The messages that customers receive show which events reach the bus.

use serde_json::{Value, json};

use crate::harness::{
    Consumer, PATIENCE, Person, customer, emails, eventually, invoke, journal_row, order_event, stream_batch,
    taken_from, unique_number, variables,
};

/// A row that says that an order of `person` was paid, and the order's number.
fn paid(person: &Person) -> (Value, u64) {
    let number = unique_number();
    (journal_row(&order_event("orders.order_paid", &person.id, number, &json!({}))), number)
}

/// Hands the rows over and answers where the stream is to go on, if not after the last of them.
async fn publish(rows: &[(&str, Value)]) -> Option<String> {
    let answer = invoke("PublishEvents", &stream_batch(rows)).await.unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap();
    assert!(failures.len() <= 1, "a stream goes on from one place: {answer}");
    failures.first().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned())
}

/// Waits until `person` was notified of the payment of each order in `numbers`, once.
async fn told(person: &Person, numbers: &[u64]) {
    eventually("the events to arrive", PATIENCE, || async {
        let letters = emails(&person.email).await;
        let about = |number: &u64| {
            let named = |letter: &&Value| letter["text"].as_str().unwrap().contains(&number.to_string());
            letters.iter().filter(named).count()
        };
        let counts: Vec<usize> = numbers.iter().map(about).collect();
        assert!(counts.iter().all(|count| *count <= 1), "{counts:?}");
        counts.iter().all(|count| *count == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_event_of_the_journal_arrives() {
    let anna = customer().await;
    let (row, number) = paid(&anna);
    assert_eq!(publish(&[("100", row)]).await, None);
    told(&anna, &[number]).await;
}

#[tokio::test]
async fn an_event_is_published_as_a_cloud_event() {
    let anna = customer().await;
    let (row, number) = paid(&anna);
    let event = &row["event"];
    let consumer = Consumer::on_the_stacks_bus(&json!({"detail": {"subject": [event["aggregateId"]]}})).await;
    assert_eq!(publish(&[("100", row.clone())]).await, None);
    let seen = eventually("the event", PATIENCE, || async { consumer.seen().await.pop() }).await;
    consumer.end().await;
    assert_eq!(
        (&seen["source"], &seen["detail-type"]),
        (&json!("holdfast.orders"), &json!("orders.order_paid.v1"))
    );
    let mut data = event["data"].clone();
    data["envelope"] = json!({
        "type": "orders.order_paid", "version": 1, "occurredAt": event["occurredAt"], "aggregateId": event["aggregateId"],
        "sequence": 2, "actor": {"kind": "customer", "id": anna.id}, "correlationId": "a-test",
    });
    let wanted = json!({
        "specversion": "1.0", "id": event["id"], "type": "orders.order_paid.v1", "source": "holdfast.orders",
        "time": event["occurredAt"], "subject": event["aggregateId"], "datacontenttype": "application/json",
        "dataschema": "urn:holdfast:event:orders.order_paid:v1", "version": 1, "sequence": 2, "correlationid": "a-test",
        "actorkind": "customer", "actorid": anna.id, "data": data,
    });
    assert_eq!(seen["detail"], wanted);
    told(&anna, &[number]).await;
}

#[tokio::test]
async fn more_events_than_the_bus_takes_at_once_all_arrive() {
    let anna = customer().await;
    let mut rows = Vec::new();
    let mut numbers = Vec::new();
    let positions: Vec<String> = (100..112).map(|position| position.to_string()).collect();
    for position in &positions {
        let (mut row, number) = paid(&anna);
        // Half of them are of one aggregate.
        if number % 2 == 0 {
            row["event"]["aggregateId"] = json!("order/of-them-all");
        }
        rows.push((position.as_str(), row));
        numbers.push(number);
    }
    assert_eq!(publish(&rows).await, None);
    told(&anna, &numbers).await;
}

#[tokio::test]
async fn what_is_no_row_of_the_journal_is_reported_and_holds_nothing_else_back() {
    let anna = customer().await;
    let ((first, earlier), (last, later)) = (paid(&anna), paid(&anna));
    let stray = json!({"PK": "order/x", "SK": "000000000001", "colour": "red"});
    let rows = [("100", first), ("101", stray.clone()), ("102", last), ("103", stray)];
    assert_eq!(publish(&rows).await.as_deref(), Some("101"), "the stream goes on from the first");
    told(&anna, &[earlier, later]).await;
}

#[tokio::test]
async fn an_event_that_the_bus_can_never_take_is_reported() {
    let anna = customer().await;
    let (row, _) = paid(&anna);
    let mut of_no_context = row.clone();
    of_no_context["event"]["type"] = json!("order_paid");
    let mut too_large = row.clone();
    too_large["event"]["data"]["padding"] = json!("x".repeat(256 * 1024));
    let mut unsigned = row;
    unsigned["event"].as_object_mut().unwrap().remove("actor");
    for (position, row) in [("7", of_no_context), ("8", too_large), ("9", unsigned)] {
        assert_eq!(publish(&[(position, row)]).await.as_deref(), Some(position));
    }
}

/// The batch is as the stream brings it; a direct caller gets the position instead.
#[tokio::test]
async fn a_row_of_the_stream_that_can_never_be_published_is_parked_and_the_stream_goes_on() {
    let anna = customer().await;
    let ((first, earlier), (mut large, _), (last, later)) = (paid(&anna), paid(&anna), paid(&anna));
    large["event"]["data"]["padding"] = json!("x".repeat(256 * 1024));
    let stray = json!({"PK": "order/x", "SK": "000000000001", "colour": "red"});
    let never = [(unique_number().to_string(), large), (unique_number().to_string(), stray)];
    let mut batch = stream_batch(&[
        ("100", first),
        (&never[0].0, never[0].1.clone()),
        (&never[1].0, never[1].1.clone()),
        ("103", last),
    ]);
    for record in batch["Records"].as_array_mut().unwrap() {
        record["eventSourceARN"] = json!("arn:aws:dynamodb:eu-central-1:000000000000:table/journal/stream/1");
    }
    let answer = invoke("PublishEvents", &batch).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}), "the stream goes on");
    told(&anna, &[earlier, later]).await;
    let url = variables("PublishEvents").await.remove("PUBLISHER_FAILURES_URL").unwrap();
    for (position, row) in &never {
        // Taken out of the queue, so that its alarm ends.
        let wanted = |message: &Value| message["parked"]["sequenceNumber"] == **position;
        let found = taken_from(&url.replace('/', ":"), wanted).await;
        assert_eq!(found["parked"]["key"], json!({"PK": row["PK"], "SK": row["SK"]}));
        assert_ne!(found["parked"]["reason"], "");
    }
}

#[tokio::test]
async fn a_deletion_says_nothing() {
    let mut batch = stream_batch(&[("100", json!({"PK": "order/x", "SK": "000000000001"}))]);
    batch["Records"][0]["eventName"] = json!("REMOVE");
    batch["Records"][0]["dynamodb"].as_object_mut().unwrap().remove("NewImage");
    let nothing = json!({"batchItemFailures": []});
    assert_eq!(invoke("PublishEvents", &batch).await.unwrap(), nothing);
    assert_eq!(invoke("PublishEvents", &json!({"Records": []})).await.unwrap(), nothing);
}
