//! The consumer of the expiry queue. That a due order is cancelled is shown by the journey.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{customer, get, invoke, place_order, product};

fn messages(bodies: &[Value]) -> Value {
    let records = bodies.iter().enumerate().map(|(index, body)| {
        let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        json!({"messageId": format!("m{index}"), "body": body, "eventSource": "aws:sqs"})
    });
    json!({"Records": records.collect::<Vec<_>>()})
}

#[tokio::test]
async fn only_what_failed_comes_again() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let batch = messages(&[
        json!({"orderId": placed["id"]}),
        json!({"orderId": Uuid::new_v4()}),
        json!("no json"),
        json!({"orderId": "no id"}),
    ]);
    let answer = invoke("ExpireOrder", &batch).await.unwrap();
    let failed = json!([{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}, {"itemIdentifier": "m3"}]);
    assert_eq!(answer["batchItemFailures"], failed);
    let order = anna.ask(get(&format!("/api/v1/orders/{}", placed["number"]))).await.expect(200);
    assert_eq!(order["status"], "awaiting_payment", "its time is not over");
}
