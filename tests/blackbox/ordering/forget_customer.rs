//! The consumer that takes the person off the orders of a deleted account.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{
    PATIENCE, Person, address, customer, delete, eventually, get, invoke, operator, order_directly,
    order_event, patch, pay_for, place_order, post, product, put_in_cart, remove, sqs_batch,
};

const STREET: &str = "ул. Тверская, 1";

/// The order at `path` once it has lost its address.
async fn without_address(operator: &Person, path: &str) -> Value {
    eventually("the address to go", PATIENCE, || async {
        Some(operator.ask(get(path)).await.expect(200)).filter(|order| order["street"].is_null())
    })
    .await
}

fn path_of(order: &Value) -> String {
    format!("/api/v1/orders/{}", order["number"])
}

/// Deletes the account of `person` and waits until the consumer has seen every order that was placed before.
async fn delete_account(person: &Person, operator: &Person) {
    let unreserved = order_directly(person, &product(500, 1).await, 1, &json!({"reserve": false})).await;
    assert_eq!(person.ask(delete("/api/v1/users/me")).await.status, 204);
    without_address(operator, &path_of(&unreserved)).await;
}

/// Lets the consumer pass over the orders of `user`, as of an account that was deleted `ago`.
async fn pass_over(user: &str, ago: Duration) {
    let mut event = order_event("identity.user_deleted", user, 1, &json!({"userId": user}));
    event["occurredAt"] = json!(format!("{:.3}", jiff::Timestamp::now() - ago));
    let batch = sqs_batch(&[("m1", json!({"detail": event}).to_string())]);
    assert_eq!(invoke("ForgetCustomer", &batch).await.unwrap()["batchItemFailures"], json!([]));
}

#[tokio::test]
async fn the_orders_of_a_deleted_account_stay_without_the_person() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 4).await;
    let cancelled = order_directly(&anna, &kettle, 1, &json!({})).await;
    let reason = json!({"reason": "Я переезжаю на ул. Ленина"});
    anna.ask(post(&format!("{}/cancel", path_of(&cancelled))).json(&reason)).await.expect(200);
    let unreserved = order_directly(&anna, &kettle, 1, &json!({"reserve": false})).await;
    let said = json!({"note": "Звонить Ивану", "metadata": {"friend": "Ольга"}});
    let waiting = order_directly(&anna, &kettle, 1, &said).await;
    assert_eq!(anna.ask(delete("/api/v1/users/me")).await.status, 204);

    for (order, status) in [(cancelled, "cancelled"), (unreserved, "new"), (waiting, "awaiting_payment")] {
        let order = without_address(&operator, &path_of(&order)).await;
        assert_eq!(order["status"], status, "the order goes its way");
        assert_eq!((&order["totalAmount"], &order["userId"]), (&json!(500), &json!(anna.id)));
        let text = order.to_string();
        for part in ["Москва", "Тверская", "Ленина", "Ивану", "Ольга"] {
            assert!(!text.contains(part), "{part}: {text}");
        }
    }
}

#[tokio::test]
async fn a_paid_order_of_a_deleted_account_reaches_its_customer_and_loses_the_address_then() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 4).await;
    let path = path_of(&pay_for(&anna, &kettle, 1).await);
    delete_account(&anna, &operator).await;
    pass_over(&anna.id, Duration::from_mins(30)).await;

    assert_eq!(operator.ask(get(&path)).await.expect(200)["street"], STREET);
    for status in ["confirmed", "shipped"] {
        let order = operator.ask(patch(&path).json(&json!({"status": status}))).await.expect(200);
        assert_eq!((&order["status"], &order["street"]), (&json!(status), &json!(STREET)));
    }
    let delivered = operator.ask(patch(&path).json(&json!({"status": "delivered"}))).await.expect(200);
    assert_eq!(delivered["status"], "delivered");
    let kept = operator.ask(get(&path)).await.expect(200).to_string();
    for part in ["Москва", "Тверская"] {
        assert!(!kept.contains(part), "{part}: {kept}");
    }
}

#[tokio::test]
async fn a_cancelled_order_of_a_deleted_account_keeps_neither_address_nor_reason() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 4).await;
    let paid = path_of(&pay_for(&anna, &kettle, 1).await);
    // A payment that has begun may still succeed.
    let paying = path_of(&place_order(&anna, &kettle, 1).await);
    anna.ask(patch(&paying).json(&address())).await.expect(200);
    delete_account(&anna, &operator).await;
    pass_over(&anna.id, Duration::from_mins(30)).await;

    let reason = json!({"reason": "She moved to ул. Ленина"});
    for path in [paid, paying] {
        assert_eq!(operator.ask(get(&path)).await.expect(200)["street"], STREET);
        operator.ask(post(&format!("{path}/cancel")).json(&reason)).await.expect(200);
        let order = operator.ask(get(&path)).await.expect(200);
        assert_eq!(order["status"], "cancelled");
        let text = order.to_string();
        assert!(!text.contains("Тверская") && !text.contains("Ленина"), "{text}");
    }
}

#[tokio::test]
async fn the_token_of_a_deleted_account_writes_no_order() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 4).await;
    let path = path_of(&order_directly(&anna, &kettle, 1, &json!({})).await);
    put_in_cart(&anna, &kettle.sku, 1).await;
    delete_account(&anna, &operator).await;
    without_address(&operator, &path).await;
    let before = operator.ask(get(&path)).await.expect(200);

    let mut direct = address();
    direct["productId"] = json!(kettle.sku);
    let reason = json!({"reason": "Я переезжаю на ул. Ленина"});
    for request in [
        post("/api/v1/orders/checkout").json(&address()),
        post("/api/v1/orders").json(&direct),
        patch(&path).json(&address()),
        post(&format!("{path}/cancel")).json(&reason),
        post(&format!("{path}/pay")),
        post(&format!("{path}/reserve")),
    ] {
        anna.ask(request).await.problem(401, "invalid_token");
    }
    assert_eq!(operator.ask(get(&path)).await.expect(200), before, "nothing was written");
    let orders = operator.ask(get(&format!("/api/v1/orders/user/{}", anna.id))).await.expect(200);
    assert_eq!(orders["items"].as_array().unwrap().len(), 2, "and nothing was ordered: {orders}");
}

/// Between the deletion and the tombstone an access token may place an order. The tombstone is removed to stand for that, and the deletion is said to
/// have happened almost so long ago that the next pass is the last, and is due in seconds.
#[tokio::test]
async fn an_order_that_was_placed_after_the_deletion_loses_the_person_too() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 4).await;
    delete_account(&anna, &operator).await;

    pass_over(&anna.id, Duration::from_mins(20) - Duration::from_secs(20)).await;
    remove("ORDERS_TABLE", &format!("DELETED#USER#{}", anna.id), "DELETED").await;
    let after = path_of(&order_directly(&anna, &kettle, 1, &json!({})).await);
    assert_eq!(operator.ask(get(&after)).await.expect(200)["street"], STREET, "no pass has seen it yet");
    without_address(&operator, &after).await;
    anna.ask(patch(&after).json(&address())).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn what_is_no_event_comes_again() {
    let record =
        |id: &str, body: Value| json!({"messageId": id, "body": body.to_string(), "eventSource": "aws:sqs"});
    let batch = json!({"Records": [record("m1", json!({"detail": {}})), record("m2", json!(7))]});
    let answer = invoke("ForgetCustomer", &batch).await.unwrap();
    assert_eq!(answer["batchItemFailures"], json!([{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}]));
}
