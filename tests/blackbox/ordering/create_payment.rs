//! `POST /api/v1/payments`.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, Person, customer, customer_with, get, order_directly, post, product};

const PATH: &str = "/api/v1/payments";

fn payment(order: &Value, more: &Value) -> Value {
    let mut body =
        json!({"orderId": order["orderId"], "amount": order["totalAmount"], "currency": order["currency"]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn unpaid(person: &Person) -> Value {
    order_directly(person, &product(2_000, 3).await, 1, &json!({})).await
}

#[tokio::test]
async fn another_system_begins_the_payment_of_an_order() {
    let (anna, till) = (customer().await, customer_with(&["payments:write"]).await);
    let order = unpaid(&anna).await;
    let card = json!({"method": "card", "cardToken": "tok_success"});
    let key = Uuid::new_v4().to_string();
    let pay = || post(PATH).header("idempotency-key", &key).json(&payment(&order, &card));
    let begun = till.ask(pay()).await.expect(201);
    assert_eq!(begun["status"], "succeeded");
    let again = till.ask(pay()).await;
    assert_eq!(again.header("x-idempotent-replay"), "true");
    assert_eq!(again.expect(200), begun);
    let seen = anna.ask(get(&format!("{PATH}/{}", begun["paymentId"].as_str().unwrap()))).await.expect(200);
    assert_eq!(
        (&seen["orderId"], &seen["amount"]),
        (&order["orderId"], &json!(2_000)),
        "it is the customer's own"
    );
    till.ask(post(PATH).json(&payment(&order, &card))).await.problem(409, "transition_not_allowed");

    let by_phone = unpaid(&anna).await;
    let mut body = payment(&by_phone, &json!({"method": "phone", "phone": "+7 999 123-45-62"}));
    body["orderId"] = by_phone["number"].clone();
    let pending = till.ask(post(PATH).json(&body)).await.expect(201);
    assert_eq!(pending["status"], "pending");
    assert!(pending["paymentUrl"].as_str().is_some());
}

#[tokio::test]
async fn what_is_not_the_order_s_is_refused() {
    let (anna, till) = (customer().await, customer_with(&["payments:write"]).await);
    let order = unpaid(&anna).await;
    let cases = [
        (json!({"amount": 1_999}), "/amount"),
        (json!({"amount": "2000"}), "/amount"),
        (json!({"currency": "USD"}), "/currency"),
        (json!({"currency": "XXX1"}), "/currency"),
        (json!({"orderId": "x"}), "/orderId"),
        (json!({"method": "cash"}), "/method"),
        (json!({"method": "card"}), "/cardToken"),
        (json!({"more": true}), "/more"),
    ];
    for (changes, pointer) in cases {
        let body = payment(&order, &changes);
        till.ask(post(PATH).json(&body)).await.problem_at(422, "invalid_input", pointer);
    }
    let nothing = payment(&order, &json!({"orderId": Uuid::new_v4()}));
    till.ask(post(PATH).json(&nothing)).await.problem(404, "not_found");
    let body = payment(&order, &json!({}));
    anna.ask(post(PATH).json(&body)).await.problem(403, "insufficient_scope");
    Answer::to(post(PATH).json(&body)).await.problem(401, "token_required");
    let order = anna.ask(get(&format!("/api/v1/orders/{}", order["number"]))).await.expect(200);
    assert!(order.get("payment").is_none_or(Value::is_null), "nothing was begun");
}
