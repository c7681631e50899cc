//! `POST /api/v1/orders/{id}/payments/external`.

use futures_util::future::join_all;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::guests::guest_order;
use crate::harness::{
    Answer, customer, customer_with, get, journal_of, order_directly, pay_for, place_order, post, product,
    reload, stock_of, wants_a_token, wants_the_scope,
};

/// The request for `order` with `body`.
fn record(order: &Value, body: &Value) -> RequestBuilder {
    post(&format!("/api/v1/orders/{}/payments/external", order["number"])).json(body)
}

/// Gives the pending attempt of `order` up, as the customer who stands at the till would.
async fn give_up(order: &Value) {
    let path = format!("/api/v1/payments/{}/cancel", order["payment"]["paymentId"].as_str().unwrap());
    customer_with(&["payments:write"]).await.ask(post(&path)).await.expect(200);
}

#[tokio::test]
async fn money_that_was_received_outside_pays_the_order_once() {
    let (anna, cashier) = (customer().await, customer_with(&["payments:write"]).await);
    let kettle = product(500, 3).await;
    let order = place_order(&anna, &kettle, 2).await;
    let transfer = json!({"amount": 1_000, "method": "bank_transfer", "reference": " Invoice 118 "});
    let told = cashier.ask(record(&order, &transfer)).await.problem(409, "payment_in_progress");
    assert_eq!(told["order"]["status"], "awaiting_payment");
    give_up(&order).await;
    let answers = join_all((0..4).map(|_| cashier.ask(record(&order, &transfer)))).await;
    let payments: Vec<Value> = answers.into_iter().map(|answer| answer.expect(201)).collect();
    assert!(payments.iter().all(|payment| *payment == payments[0]), "one payment for all requests");
    let payment = &payments[0];
    assert_eq!((&payment["status"], &payment["method"]), (&json!("succeeded"), &json!("external")));
    assert_eq!(payment["external"], json!({"method": "bank_transfer", "reference": "Invoice 118"}));
    assert_eq!((&payment["amount"], &payment["capturedAmount"]), (&json!(1_000), &json!(1_000)));
    let paid = reload(&anna, &order).await;
    assert_eq!((&paid["status"], &paid["payment"]["paymentId"]), (&json!("paid"), &payment["paymentId"]));
    assert_eq!(stock_of(&kettle.sku).await, 1);
    let id = payment["paymentId"].as_str().unwrap();
    assert_eq!(anna.ask(get(&format!("/api/v1/payments/{id}"))).await.expect(200), *payment);
    let journal = journal_of(&format!("payment/{id}")).await;
    assert_eq!(journal.len(), 1);
    assert_eq!(
        (&journal[0]["type"], &journal[0]["actor"]["kind"]),
        (&json!("payments.payment_succeeded"), &json!("operator"))
    );
    let data = &journal[0]["data"];
    assert_eq!((&data["method"], &data["externalMethod"]), (&json!("external"), &json!("bank_transfer")));
    assert!(!journal[0].to_string().contains("Invoice"), "a reference may name a person");
}

#[tokio::test]
async fn an_order_that_was_paid_in_another_way_is_refused() {
    let (anna, cashier) = (customer().await, customer_with(&["payments:write"]).await);
    let kettle = product(500, 9).await;
    let (cash, transfer) =
        (json!({"amount": 500, "method": "cash"}), json!({"amount": 500, "method": "bank_transfer"}));
    let by_card = pay_for(&anna, &kettle, 1).await;
    let told = cashier.ask(record(&by_card, &cash)).await.problem(409, "transition_not_allowed");
    assert_eq!((&told["order"]["status"], &told["order"]["payment"]), (&json!("paid"), &by_card["payment"]));
    let in_cash = place_order(&anna, &kettle, 1).await;
    give_up(&in_cash).await;
    cashier.ask(record(&in_cash, &cash)).await.expect(201);
    cashier.ask(record(&in_cash, &transfer)).await.problem(409, "transition_not_allowed");
    let unreserved = order_directly(&anna, &kettle, 1, &json!({"reserve": false})).await;
    cashier.ask(record(&unreserved, &cash)).await.problem(409, "transition_not_allowed");
    cashier.ask(record(&json!({"number": 77}), &cash)).await.problem(404, "not_found");
    assert_eq!(stock_of(&kettle.sku).await, 7);
}

#[tokio::test]
async fn it_is_refunded_as_it_came() {
    let (anna, cashier) = (customer().await, customer_with(&["payments:write"]).await);
    let order = place_order(&anna, &product(500, 3).await, 1).await;
    give_up(&order).await;
    let cash = json!({"amount": 500, "method": "cash", "reference": "till 3"});
    let payment = cashier.ask(record(&order, &cash)).await.expect(201);
    let refund = json!({"orderId": order["id"], "paymentId": payment["paymentId"], "amount": 200});
    let refund = cashier.ask(post("/api/v1/refunds").json(&refund)).await.expect(201);
    assert_eq!((&refund["status"], &refund["amount"]), (&json!("succeeded"), &json!(200)));
    let seen = anna.ask(get(&format!("/api/v1/payments/{}", payment["paymentId"].as_str().unwrap()))).await;
    assert_eq!(seen.expect(200)["refundedAmount"], 200);
}

#[tokio::test]
async fn an_order_of_a_guest_is_paid_at_the_till() {
    let order = guest_order().await;
    give_up(&order).await;
    let cashier = customer_with(&["payments:write"]).await;
    let by_terminal = json!({"amount": 500, "method": "card_terminal", "reference": null});
    let payment = cashier.ask(record(&order, &by_terminal)).await.expect(201);
    assert_eq!(payment["external"], json!({"method": "card_terminal"}));
}

#[tokio::test]
async fn every_fault_is_named_and_nothing_is_written() {
    let (anna, cashier) = (customer().await, customer_with(&["payments:write"]).await);
    let order = place_order(&anna, &product(500, 3).await, 1).await;
    give_up(&order).await;
    let told =
        cashier.ask(record(&order, &json!({"amount": 500, "method": "Cash", "reference": "a\nb"}))).await;
    let told = told.problem(422, "invalid_input");
    assert_eq!(told["errors"].as_array().unwrap().len(), 2, "{told}");
    for amount in [499, 501, 0, -500] {
        let wrong = cashier.ask(record(&order, &json!({"amount": amount, "method": "cash"}))).await;
        wrong.problem_at(422, "invalid_input", "/amount");
    }
    let long = json!({"amount": 500, "method": "cash", "reference": "x".repeat(101)});
    cashier.ask(record(&order, &long)).await.problem_at(422, "invalid_input", "/reference");
    let cash = json!({"amount": 500, "method": "cash"});
    let stale = record(&order, &cash).header("if-match", "\"1-0\"");
    cashier.ask(stale).await.problem(412, "etag_mismatch");
    assert_eq!(reload(&anna, &order).await["status"], "awaiting_payment");
    wants_a_token(|| record(&order, &cash)).await;
    wants_the_scope("payments:write", || record(&order, &cash)).await;
    anna.ask(record(&order, &cash)).await.problem(403, "insufficient_scope");
    Answer::to(record(&order, &cash)).await.problem(401, "token_required");
}
