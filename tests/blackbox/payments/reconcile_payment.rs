//! The consumer of the queue of open payments: what the provider decided and nobody heard.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use super::notify_payment::paid_unheard;
use crate::harness::alarms::{now, raised};
use crate::harness::{
    Person, customer, eventually, expire, get, invoke, item, journal_of, operator, order_directly, pay_for,
    place_order, post, product, set_number, set_texts_of_existing, sqs_batch, stock_of,
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

/// Waits for the money of the order to have gone back, whoever sends it.
async fn goes_back(person: &Person, order: &Value) {
    let patience = Duration::from_secs(30);
    let refunded =
        || async { (reload(person, order).await["payment"]["status"] == "refunded").then_some(()) };
    eventually("the money to go back", patience, refunded).await;
}

fn key(payment: &str) -> String {
    format!("PAYMENT#{payment}")
}

/// Makes the payment due for a look, and open since `since` if that is given; answers whether it is looked at at all.
///
/// One write with a condition: whoever settles the payment in the same moment is not written over.
pub(super) async fn due(payment: &str, since: Option<&str>) -> bool {
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
    assert_eq!(reload(&anna, &expired).await["status"], "cancelled");
    assert!(due(&payment, None).await, "nobody looks at it");
    reconcile(&payment).await;
    // The goods can still be had.
    becomes(&anna, &expired, "paid").await;

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
    // Nobody asks any more; whoever tells is still heard.
    paid_unheard(&placed).await;
    let service = crate::harness::customer_with(&["payments:write"]).await;
    let path = format!("/api/v1/orders/{}/payment-status", placed["number"]);
    service.ask(post(&path).json(&json!({"paymentId": payment, "status": "succeeded"}))).await.expect(200);
    assert_eq!(reload(&anna, &placed).await["status"], "paid");
}

/// The provider would not send the money when the order was called off.
#[tokio::test]
async fn money_that_could_not_go_back_is_sent_later() {
    let anna = customer().await;
    let paid = pay_for(&anna, &product(700, 1).await, 1).await;
    let payment = payment_of(&paid);
    let row = item("PAYMENTS_TABLE", &key(&payment), "PAYMENT").await.unwrap();
    let AttributeValue::S(reference) = &row["reference"] else { panic!("the provider has not named it") };
    let books = format!("SANDBOX#{reference}");
    set_number("PAYMENTS_TABLE", &books, "SANDBOX", "refunded", 700).await;
    let cancel = format!("/api/v1/orders/{}/cancel", paid["number"]);
    let cancelled = operator().await.ask(post(&cancel)).await.expect(200);
    assert_eq!(cancelled["payment"]["status"], "refunding");
    set_number("PAYMENTS_TABLE", &books, "SANDBOX", "refunded", 0).await;
    // FinishRefund may be sending it already: whoever is first, the money goes back.
    if due(&payment, None).await {
        reconcile(&payment).await;
    }
    goes_back(&anna, &paid).await;
    let told = journal_of(&format!("payment/{payment}")).await;
    let failed = told.iter().filter(|event| event["type"] == "payments.refund_attempt_failed").count();
    assert!(failed >= 1, "{told:?}");
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
