//! `POST /api/v1/orders/{id}/pay`.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, Person, count, customer, customer_with, decide, order_directly, place_order, post, product,
    reload, stock_of,
};

async fn pay(person: &Person, order: &Value, body: &Value) -> Answer {
    person.ask(post(&path(order)).json(body)).await
}

fn path(order: &Value) -> String {
    format!("/api/v1/orders/{}/pay", order["number"])
}

#[tokio::test]
async fn an_order_is_paid_later() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    let cases = [
        (json!({"method": "card", "cardToken": "tok_success"}), "succeeded", "paid", 8),
        (json!({"method": "phone", "phone": "+7 999 123-45-60"}), "succeeded", "paid", 7),
        (json!({"method": "card", "cardToken": "tok_declined"}), "failed", "cancelled", 7),
        (json!({"method": "card", "cardToken": "tok_pending"}), "pending", "awaiting_payment", 6),
        (json!({}), "pending", "awaiting_payment", 5),
    ];
    for (body, payment, status, left) in cases {
        let placed = order_directly(&anna, &kettle, 1, &json!({})).await;
        let begun = pay(&anna, &placed, &body).await.expect(201);
        assert_eq!(begun["status"], payment, "{body}");
        assert_eq!(begun.get("paymentUrl").is_some(), payment == "pending", "{body}");
        let order = reload(&anna, &placed).await;
        assert_eq!((&order["status"], &order["payment"]["status"]), (&json!(status), &json!(payment)));
        assert_eq!(order["payment"]["paymentId"], begun["paymentId"]);
        assert_eq!(stock_of(&kettle.sku).await, left, "{body}");
        if payment == "pending" {
            assert_eq!(decide(&begun, "pay").await.status, 303);
            assert_eq!(reload(&anna, &placed).await["status"], "paid");
        }
    }
}

#[tokio::test]
async fn one_order_has_one_payment() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    let page = json!({});
    for placed in [place_order(&anna, &kettle, 1).await, order_directly(&anna, &kettle, 1, &json!({})).await]
    {
        let body = json!({"method": "card", "cardToken": "tok_success"});
        pay(&anna, &placed, &page).await;
        let told = pay(&anna, &placed, &body).await.problem(409, "payment_in_progress");
        let order = reload(&anna, &placed).await;
        assert_eq!(told["order"], order, "with the page to pay on");
        assert!(order["payment"]["paymentUrl"].is_string());
        assert_eq!(count("PAYMENTS_TABLE", "orderId", order["id"].as_str().unwrap()).await, 1);
    }
}

#[tokio::test]
async fn of_payments_at_one_instant_one_begins() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    let body = json!({"method": "card", "cardToken": "tok_success"});
    let placed = order_directly(&anna, &kettle, 1, &json!({})).await;
    let answers = join_all((0..6).map(|_| pay(&anna, &placed, &body))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1, "{answers:?}");
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        let code = answer.body["code"].as_str().unwrap().to_owned();
        assert!(["payment_in_progress", "transition_not_allowed"].contains(&&*code), "{code}");
        answer.problem(409, &code);
    }
    let order = reload(&anna, &placed).await;
    assert_eq!((&order["status"], &order["version"]), (&json!("paid"), &json!(2)));
    assert_eq!(count("PAYMENTS_TABLE", "orderId", order["id"].as_str().unwrap()).await, 1);
}

#[tokio::test]
async fn one_key_is_one_payment() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    for body in [json!({}), json!({"method": "card", "cardToken": "tok_success"})] {
        let placed = order_directly(&anna, &kettle, 1, &json!({})).await;
        let key = Uuid::new_v4().to_string();
        let ask = || anna.ask(post(&path(&placed)).header("idempotency-key", &key).json(&body));
        let answers = join_all((0..5).map(|_| ask())).await;
        let firsts = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(firsts, 1, "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            let replayed = answer.header("x-idempotent-replay") == "true";
            assert!(replayed || answer.body["code"] == "idempotency_in_progress", "{answer:?}");
        }
        let again = ask().await;
        assert_eq!(again.header("x-idempotent-replay"), "true");
        again.expect(200);
        assert_eq!(count("PAYMENTS_TABLE", "orderId", placed["orderId"].as_str().unwrap()).await, 1);
    }
}

/// Whichever request is first, there is either no payment, or it ends with the order.
#[tokio::test]
async fn paying_and_cancelling_at_once() {
    for _ in 0..5 {
        let anna = customer().await;
        let kettle = product(500, 1).await;
        let placed = order_directly(&anna, &kettle, 1, &json!({})).await;
        let cancel = format!("/api/v1/orders/{}/cancel", placed["number"]);
        let body = json!({"method": "card", "cardToken": "tok_success"});
        let (paid, cancelled) = join(pay(&anna, &placed, &body), anna.ask(post(&cancel))).await;
        let order = reload(&anna, &placed).await;
        let (status, payment) = (order["status"].as_str().unwrap(), order["payment"]["status"].as_str());
        match (status, payment) {
            ("paid", Some("succeeded")) => assert_eq!(stock_of(&kettle.sku).await, 0),
            // It came after the customer had called the order off, and went back.
            ("cancelled", None | Some("failed" | "refunded")) => assert_eq!(stock_of(&kettle.sku).await, 1),
            other => panic!("{other:?}: {} {}", paid.text, cancelled.text),
        }
    }
}

#[tokio::test]
async fn only_what_waits_is_paid() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    let body = json!({"method": "card", "cardToken": "tok_success"});
    let new = order_directly(&anna, &kettle, 1, &json!({"reserve": false})).await;
    let paid = order_directly(&anna, &kettle, 1, &json!({"card": "tok_success"})).await;
    let declined = order_directly(&anna, &kettle, 1, &json!({"card": "tok_declined"})).await;
    for (order, status) in [(&new, "new"), (&paid, "paid"), (&declined, "cancelled")] {
        let told = pay(&anna, order, &body).await.problem(409, "transition_not_allowed");
        assert_eq!(told["order"]["status"], status);
    }
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let anna = customer().await;
    let placed = order_directly(&anna, &product(500, 9).await, 1, &json!({})).await;
    Answer::to(post(&path(&placed))).await.problem(401, "token_required");
    pay(&customer().await, &placed, &json!({})).await.problem(403, "not_your_order");
    pay(&anna, &json!({"number": 77}), &json!({})).await.problem(404, "not_found");
    for (body, pointer) in [
        (json!({"method": "cash"}), "/method"),
        (json!({"method": "card"}), "/cardToken"),
        (json!({"method": "phone", "phone": "12"}), "/phone"),
        (json!({"cardToken": "tok_success"}), "/method"),
        (json!({"amount": 1}), "/amount"),
    ] {
        pay(&anna, &placed, &body).await.problem_at(422, "invalid_input", pointer);
    }
    assert_eq!(reload(&anna, &placed).await["payment"], Value::Null);
    let cashier = customer_with(&["payments:write"]).await;
    pay(&cashier, &placed, &json!({})).await.expect(201);
}
