//! The consumer of the queue of open payments: decisions of the provider of which no notification arrived.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use super::notify_payment::paid_unheard;
use crate::harness::alarms::{now, raised};
use crate::harness::{
    Person, customer, eventually, expire, get, invoke, item, journal_of, operator, order_directly, pay_for,
    place_order, post, product, set_number, set_text, set_texts_of_existing, sqs_batch, stock_of,
};

const LONG_AGO: &str = "2026-01-01T00:00:00.000Z";

async fn reload(person: &Person, order: &Value) -> Value {
    let id = order["id"].as_str().or(order["orderId"].as_str()).unwrap();
    person.ask(get(&format!("/api/v1/orders/{id}"))).await.expect(200)
}

/// The order once it has come to `status`: the schedule's own sweep may have found the payment too, and be at it.
async fn becomes(person: &Person, order: &Value, status: &str) {
    let patience = Duration::from_secs(30);
    eventually(status, patience, || async {
        (reload(person, order).await["status"] == status).then_some(())
    })
    .await;
}

/// Waits for the order's money to have gone back, by any process that sends it.
async fn goes_back(person: &Person, order: &Value) {
    let patience = Duration::from_secs(30);
    let refunded =
        || async { (reload(person, order).await["payment"]["status"] == "refunded").then_some(()) };
    eventually("the money to go back", patience, refunded).await;
}

fn key(payment: &str) -> String {
    format!("PAYMENT#{payment}")
}

/// Makes the payment due for a poll, and open since `since` if that is given; returns whether it is polled at all.
///
/// One conditional write: it does not overwrite a settlement of the payment at the same moment.
pub(crate) async fn due(payment: &str, since: Option<&str>) -> bool {
    let mut changes = vec![("lookKey", LONG_AGO), ("watch.next", LONG_AGO)];
    changes.extend(since.map(|since| ("watch.since", since)));
    set_texts_of_existing("PAYMENTS_TABLE", &key(payment), "PAYMENT", &changes, "lookKey").await
}

async fn reconcile(payment: &str) {
    let batch = sqs_batch(&[("look", json!({"paymentId": payment}).to_string())]);
    assert_eq!(invoke("ReconcilePayment", &batch).await.unwrap()["batchItemFailures"], json!([]));
}

/// Whether the payment is in the index of what is to be looked at.
async fn is_watched(payment: &str) -> bool {
    item("PAYMENTS_TABLE", &key(payment), "PAYMENT").await.unwrap().contains_key("lookKey")
}

fn payment_of(order: &Value) -> String {
    order["payment"]["paymentId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_lost_message_leaves_no_paid_order_waiting() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let payment = payment_of(&placed);
    paid_unheard(&placed).await;
    reconcile(&payment).await;
    assert_eq!(reload(&anna, &placed).await["status"], "awaiting_payment", "it was not due");
    assert!(due(&payment, None).await, "nobody looks at it");
    reconcile(&payment).await;
    becomes(&anna, &placed, "paid").await;
    assert!(!is_watched(&payment).await);
}

/// The card was charged, the answer was lost, and the customer never asked again.
#[tokio::test]
async fn a_lost_answer_leaves_nobody_charged_without_an_order() {
    let anna = customer().await;
    let pay = json!({"method": "card", "cardToken": "tok_timeout"});
    let begin = async |order: &Value| {
        let path = format!("/api/v1/orders/{}/pay", order["number"]);
        anna.ask(post(&path).json(&pay)).await.problem(503, "unavailable");
        payment_of(&reload(&anna, order).await)
    };
    let kettle = product(100, 9).await;
    let in_time = order_directly(&anna, &kettle, 1, &json!({})).await;
    let payment = begin(&in_time).await;
    assert!(due(&payment, None).await, "nobody looks at it");
    reconcile(&payment).await;
    becomes(&anna, &in_time, "paid").await;

    let expired = order_directly(&anna, &kettle, 1, &json!({})).await;
    let payment = begin(&expired).await;
    expire(&expired).await;
    assert_eq!(reload(&anna, &expired).await["status"], "paid", "it was asked about before it expired");
    assert!(!is_watched(&payment).await);

    let called_off = order_directly(&anna, &kettle, 1, &json!({})).await;
    let payment = begin(&called_off).await;
    anna.ask(post(&format!("/api/v1/orders/{}/cancel", called_off["number"]))).await.expect(200);
    assert!(due(&payment, None).await, "nobody looks at it");
    reconcile(&payment).await;
    goes_back(&anna, &called_off).await;
    assert_eq!(reload(&anna, &called_off).await["status"], "cancelled");
    assert_eq!(stock_of(&kettle.sku).await, 7);
}

#[tokio::test]
async fn what_stays_open_is_looked_at_later_and_given_up_in_the_end() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let payment = payment_of(&placed);
    assert!(due(&payment, None).await, "nobody looks at it");
    reconcile(&payment).await;
    let row = item("PAYMENTS_TABLE", &key(&payment), "PAYMENT").await.unwrap();
    assert_ne!(row["lookKey"], AttributeValue::S(LONG_AGO.to_owned()));
    assert_eq!(reload(&anna, &placed).await["payment"]["status"], "pending");
    assert!(due(&payment, Some(LONG_AGO)).await, "nobody looks at it");
    let since = now();
    reconcile(&payment).await;
    raised("PaymentsGivenUpAlarm", "PaymentsGivenUp", 0.0, since).await;
    assert!(!is_watched(&payment).await);
    let told = journal_of(&format!("payment/{payment}")).await;
    assert_eq!(told.last().unwrap()["type"], "payments.reconciliation_given_up");
    // The payment is polled no more; a callback is still applied.
    paid_unheard(&placed).await;
    let service = crate::harness::customer_with(&["payments:write"]).await;
    let path = format!("/api/v1/orders/{}/payment-status", placed["number"]);
    service.ask(post(&path).json(&json!({"paymentId": payment, "status": "succeeded"}))).await.expect(200);
    assert_eq!(reload(&anna, &placed).await["status"], "paid");
}

/// The provider does not have the payment, and no poll makes it have one: only the customer does.
#[tokio::test]
async fn nobody_is_charged_by_a_poll() {
    let anna = customer().await;
    let kettle = product(100, 2).await;
    let pay = json!({"method": "card", "cardToken": "tok_error_once"});
    let mut payments = Vec::new();
    for _ in 0..2 {
        let order = order_directly(&anna, &kettle, 1, &json!({})).await;
        let path = format!("/api/v1/orders/{}/pay", order["number"]);
        let unanswered = anna.ask(post(&path).json(&pay)).await.problem(503, "unavailable");
        assert_eq!((&unanswered["orderId"], &unanswered["number"]), (&order["orderId"], &order["number"]));
        payments.push((order, unanswered["paymentId"].as_str().unwrap().to_owned()));
    }
    let (waiting, payment) = &payments[0];
    assert!(due(payment, None).await, "nobody looks at it");
    reconcile(payment).await;
    assert_eq!(reload(&anna, waiting).await["payment"]["status"], "pending");
    let (expired, payment) = &payments[1];
    expire(expired).await;
    assert!(due(payment, None).await, "the provider may have it");
    reconcile(payment).await;
    assert!(is_watched(payment).await, "a request may still be on its way");
    set_text("PAYMENTS_TABLE", &key(payment), "PAYMENT", "sentAt", LONG_AGO).await;
    assert!(due(payment, None).await, "nobody looks at it");
    reconcile(payment).await;
    assert!(!is_watched(payment).await, "it never will be");
    assert_eq!(reload(&anna, expired).await["status"], "cancelled");
    // The customer's own repeat, without a key, carries the first one on.
    let path = format!("/api/v1/orders/{}/pay", waiting["number"]);
    assert_eq!(anna.ask(post(&path).json(&pay)).await.expect(201)["paymentId"], payments[0].1.as_str());
    becomes(&anna, waiting, "paid").await;
}

/// The provider refuses for good to send the money when the order is cancelled: an operator is called, and takes it over.
#[tokio::test]
async fn money_that_the_provider_refuses_to_send_is_left_to_an_operator() {
    let (anna, operator) = (customer().await, operator().await);
    let paid = pay_for(&anna, &product(700, 1).await, 1).await;
    let payment = payment_of(&paid);
    let row = item("PAYMENTS_TABLE", &key(&payment), "PAYMENT").await.unwrap();
    let AttributeValue::S(reference) = &row["reference"] else { panic!("the provider has not named it") };
    let books = format!("SANDBOX#{reference}");
    set_number("PAYMENTS_TABLE", &books, "SANDBOX", "refunded", 700).await;
    let since = now();
    let cancel = format!("/api/v1/orders/{}/cancel", paid["number"]);
    operator.ask(post(&cancel)).await.expect(200);
    let failed = async || {
        let told = journal_of(&format!("payment/{payment}")).await;
        told.into_iter().find(|event| event["type"] == "payments.refund_failed")
    };
    let event = eventually("the refund to fail", Duration::from_secs(30), failed).await;
    assert_eq!(event["data"]["failureCode"], "invalid_request");
    assert!(!is_watched(&payment).await, "it is not tried for ever");
    raised("PaymentsNeedOperatorAlarm", "PaymentsNeedOperator", 0.0, since).await;
    set_number("PAYMENTS_TABLE", &books, "SANDBOX", "refunded", 0).await;
    let again = json!({"orderId": paid["id"], "paymentId": payment, "amount": 700});
    let payments = crate::harness::customer_with(&["payments:write"]).await;
    assert_eq!(payments.ask(post("/api/v1/refunds").json(&again)).await.expect(201)["status"], "succeeded");
    goes_back(&anna, &paid).await;
}

#[tokio::test]
async fn a_message_about_nothing_comes_again() {
    let batch = sqs_batch(&[
        ("unknown", json!({"paymentId": uuid::Uuid::new_v4()}).to_string()),
        ("no json", "{".to_owned()),
    ]);
    let answer = invoke("ReconcilePayment", &batch).await.unwrap();
    let failed = json!([{"itemIdentifier": "unknown"}, {"itemIdentifier": "no json"}]);
    assert_eq!(answer["batchItemFailures"], failed);
}
