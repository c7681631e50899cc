//! The consumer of the expiry queue. That a due order is cancelled is shown by the journey.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{customer, get, invoke, item, place_order, product, put_back, remove, set_text};

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

/// What it would give back is gone, so that it fails for good: its message goes to the dead letters, and the sweep leaves it alone for ever longer.
#[tokio::test]
async fn an_order_that_can_not_be_expired_is_not_queued_every_minute() {
    let anna = customer().await;
    let kettle = product(100, 1).await;
    let placed = place_order(&anna, &kettle, 1).await;
    let id = placed["id"].as_str().unwrap();
    let order_key = format!("ORDER#{id}");
    let stored = item("ORDERS_TABLE", &order_key, "ORDER").await.unwrap();
    let reservation = format!("RESERVATION#{}", stored["reservationId"].as_s().unwrap());
    let row = item("STOCK_TABLE", &reservation, "RESERVATION").await.unwrap();
    remove("STOCK_TABLE", &reservation, "RESERVATION").await;
    let overdue = jiff::Timestamp::now() - std::time::Duration::from_mins(20);
    set_text("ORDERS_TABLE", &order_key, "ORDER", "expiresAt", &format!("{overdue:.3}")).await;
    let due = messages(&[json!({"orderId": id})]);
    let answer = invoke("ExpireOrder", &due).await.unwrap();
    assert_eq!(answer["batchItemFailures"], json!([{"itemIdentifier": "m0"}]));
    let next: jiff::Timestamp = item("ORDERS_TABLE", &order_key, "ORDER").await.unwrap()["expiryKey"]
        .as_s()
        .unwrap()
        .parse()
        .unwrap();
    let minutes = next.duration_since(jiff::Timestamp::now()).as_secs() / 60;
    assert!((18..=20).contains(&minutes), "as long again as it is overdue: {minutes}");
    put_back("STOCK_TABLE", row).await;
    assert_eq!(invoke("ExpireOrder", &due).await.unwrap()["batchItemFailures"], json!([]));
    let order = anna.ask(get(&format!("/api/v1/orders/{}", placed["number"]))).await.expect(200);
    assert_eq!(order["status"], "cancelled");
}
