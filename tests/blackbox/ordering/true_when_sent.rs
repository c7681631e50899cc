//! What `NotifyCustomer` sends about orders that move on: what is true of them when it is sent.

use serde_json::{Value, json};

use super::notify_customer::tell;
use crate::harness::{
    PATIENCE, Person, customer, decide, emails, eventually, journal_of, operator, order_directly,
    order_event, place_order, post, product, texts,
};

/// The templates of the emails that `person` has received, once there are `count`, each after its text message.
async fn received(person: &Person, count: usize) -> Vec<Value> {
    let sent = eventually("the messages", PATIENCE, || async {
        let (emails, texts) = (emails(&person.email).await, texts(&person.phone).await);
        (emails.len() >= count && texts.len() >= count).then_some(emails)
    });
    sent.await.iter().map(|email| email["template"].clone()).collect()
}

/// Hands every event of `order` over again, as a queue may do.
async fn tell_again(order: &Value) {
    let id = order["id"].as_str().or(order["orderId"].as_str()).unwrap();
    let events = journal_of(&format!("order/{id}")).await;
    assert!(tell(&events).await.is_empty());
}

#[tokio::test]
async fn an_order_that_waits_for_payment_is_told_with_its_payment_page() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(500, 9).await, 1).await;
    assert_eq!(received(&anna, 1).await, ["order_placed"]);
    let [email] = <[Value; 1]>::try_from(emails(&anna.email).await).unwrap();
    let page = placed["paymentUrl"].as_str().unwrap();
    let letter = email["text"].as_str().unwrap();
    assert!(letter.contains(&format!("Pay here: {page}\n")), "{letter}");
    assert!(email["html"].as_str().unwrap().contains("\">Pay here</a>"), "{email}");
}

#[tokio::test]
async fn an_order_that_was_paid_at_once_is_told_by_one_message() {
    let anna = customer().await;
    let placed = order_directly(&anna, &product(500, 9).await, 1, &json!({"card": "tok_success"})).await;
    assert_eq!(placed["status"], "paid");
    assert_eq!(received(&anna, 1).await, ["order_paid"]);
    tell_again(&placed).await;
    assert_eq!(received(&anna, 1).await, ["order_paid"], "and no request for payment");
    let [text] = <[String; 1]>::try_from(texts(&anna.phone).await).unwrap();
    assert!(text.contains("is placed and paid"), "{text}");
}

#[tokio::test]
async fn an_order_that_was_declined_at_once_is_told_as_cancelled_alone() {
    let anna = customer().await;
    let placed = order_directly(&anna, &product(500, 9).await, 1, &json!({"card": "tok_declined"})).await;
    assert_eq!(placed["status"], "cancelled");
    assert_eq!(received(&anna, 1).await, ["order_canceled"]);
    tell_again(&placed).await;
    assert_eq!(received(&anna, 1).await, ["order_canceled"], "and no request for payment");
}

/// What is true no longer when its turn comes is not sent.
#[tokio::test]
async fn a_late_event_is_told_while_it_is_true() {
    let (anna, clerk) = (customer().await, operator().await);
    let placed = place_order(&anna, &product(500, 9).await, 1).await;
    received(&anna, 1).await;
    assert_eq!(decide(&placed, "pay").await.status, 303);
    received(&anna, 2).await;
    let cancel = post(&format!("/api/v1/orders/{}/cancel", placed["number"])).json(&json!({}));
    clerk.ask(cancel).await.expect(200);
    // The cancellation, and the money that went back.
    let told = received(&anna, 4).await;
    let mut stale = Vec::new();
    for kind in ["placed", "paid", "confirmed", "shipped"] {
        let number = placed["number"].as_u64().unwrap();
        let data = json!({"expiresAt": "2036-03-03T14:35:00.000Z", "items": []});
        let mut event = order_event(&format!("orders.order_{kind}"), &anna.id, number, &data);
        event["data"]["orderId"] = placed["id"].clone();
        stale.push(event);
    }
    assert!(tell(&stale).await.is_empty());
    assert_eq!(received(&anna, 4).await, told, "nothing more");
}
