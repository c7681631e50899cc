//! The consumer that takes the person off the orders of a deleted account.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{
    PATIENCE, customer, delete, eventually, get, invoke, operator, order_event, post, product, put_in_cart,
    sqs_batch,
};

#[tokio::test]
async fn the_orders_of_a_deleted_account_stay_without_the_person() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 4).await;
    let address = json!({"country": "RU", "region": "Москва", "city": "Москва", "street": "ул. Тверская, 1"});
    let mut numbers = Vec::new();
    for _ in 0..2 {
        put_in_cart(&anna, &kettle.sku, 1).await;
        numbers.push(
            anna.ask(post("/api/v1/orders/checkout").json(&address)).await.expect(201)["number"].clone(),
        );
    }
    let reason = json!({"reason": "Я переезжаю на ул. Ленина"});
    anna.ask(post(&format!("/api/v1/orders/{}/cancel", numbers[0])).json(&reason)).await.expect(200);
    assert_eq!(anna.ask(delete("/api/v1/users/me")).await.status, 204);

    for (number, status) in numbers.iter().zip(["cancelled", "awaiting_payment"]) {
        let path = format!("/api/v1/orders/{number}");
        let order = eventually("the address to go", PATIENCE, || async {
            Some(operator.ask(get(&path)).await.expect(200)).filter(|order| order["street"].is_null())
        })
        .await;
        assert_eq!(order["status"], status, "the order goes its way");
        assert_eq!((&order["totalAmount"], &order["userId"]), (&json!(500), &json!(anna.id)));
        let text = order.to_string();
        for part in ["Москва", "Тверская", "Ленина"] {
            assert!(!text.contains(part), "{part}: {text}");
        }
    }
}

/// An access token outlives its account by up to 15 minutes. The deletion is said to have happened almost so long ago that the next pass is the
/// last, and is due in seconds.
#[tokio::test]
async fn an_order_that_was_placed_after_the_deletion_loses_the_person_too() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 4).await;
    let address = json!({"country": "RU", "region": "Москва", "city": "Москва", "street": "ул. Тверская, 1"});
    let place = async || {
        put_in_cart(&anna, &kettle.sku, 1).await;
        let order = anna.ask(post("/api/v1/orders/checkout").json(&address)).await.expect(201);
        format!("/api/v1/orders/{}", order["number"])
    };
    let street = async |path: &str| operator.ask(get(path)).await.expect(200)["street"].clone();
    let gone = |path: String| {
        eventually("the address to go", PATIENCE, move || {
            let path = path.clone();
            async move { street(&path).await.is_null().then_some(()) }
        })
    };
    let before = place().await;
    assert_eq!(anna.ask(delete("/api/v1/users/me")).await.status, 204);
    gone(before).await;

    let mut event = order_event("identity.user_deleted", &anna.id, 1, &json!({"userId": anna.id}));
    let deleted_at = jiff::Timestamp::now() - Duration::from_mins(20) + Duration::from_secs(20);
    event["occurredAt"] = json!(format!("{deleted_at:.3}"));
    let batch = sqs_batch(&[("m1", json!({"detail": event}).to_string())]);
    assert_eq!(invoke("ForgetCustomer", &batch).await.unwrap()["batchItemFailures"], json!([]));
    let after = place().await;
    assert_eq!(street(&after).await, "ул. Тверская, 1", "no pass has seen it yet");
    gone(after).await;
}

#[tokio::test]
async fn what_is_no_event_comes_again() {
    let record =
        |id: &str, body: Value| json!({"messageId": id, "body": body.to_string(), "eventSource": "aws:sqs"});
    let batch = json!({"Records": [record("m1", json!({"detail": {}})), record("m2", json!(7))]});
    let answer = invoke("ForgetCustomer", &batch).await.unwrap();
    assert_eq!(answer["batchItemFailures"], json!([{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}]));
}
