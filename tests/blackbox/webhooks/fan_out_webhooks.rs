//! The consumer of the queue of events that merchants may want to hear of.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Heard, Receiver, deliveries, delivery_that_is, event, listening, published, queued, register, remove,
    signed, tell, unique_type,
};
use crate::harness::{
    PATIENCE, customer, eventually, invoke, order_directly, pay_for, post, product, sqs_batch,
};

/// From the change of an order through journal, bus, rule and queues to the receiver, with nothing called by hand.
#[tokio::test]
async fn a_merchant_hears_what_happens_to_an_order() {
    let (receiver, kettle, anna) = (Receiver::start().await, product(7_500, 9).await, customer().await);
    let asked = ["orders.order_placed.v1", "orders.order_canceled.v1"];
    let made = register(&receiver.url, &asked).await;
    let paid = pay_for(&anna, &kettle, 1).await;
    let order = order_directly(&anna, &kettle, 2, &json!({})).await;
    let id = order["orderId"].as_str().unwrap();
    let cancel = post(&format!("/api/v1/orders/{id}/cancel")).json(&json!({"reason": "передумали"}));
    anna.ask(cancel).await.expect(200);

    let told = eventually("both webhooks", PATIENCE * 2, || async {
        let heard = receiver.heard();
        let of_this = heard.into_iter().filter(|one| one.json()["data"]["orderId"] == *id);
        let mut told: Vec<_> = of_this.collect();
        // Nothing promises that they arrive in order.
        told.sort_by_key(|one| one.json()["sequence"].as_u64());
        (told.len() >= 2).then_some(told)
    })
    .await;
    let types: Vec<Value> = told.iter().map(|one| one.json()["type"].clone()).collect();
    assert_eq!(types, asked.map(|kind| json!(kind)));
    let one = &told[0];
    assert!(signed(one, &made["secret"]) && !signed(one, &json!("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")));
    let body = one.json();
    assert_eq!(
        (one.header("webhook-id"), one.header("content-type")),
        (body["id"].as_str().unwrap(), "application/json")
    );
    assert_eq!((one.path.as_str(), &body["subject"]), ("/hooks?of=a-test", &json!(format!("order/{id}"))));
    assert_eq!((&body["data"]["totalAmount"], &body["sequence"]), (&json!(15_000), &json!(1)));
    assert_eq!((&body["actorkind"], &body["actorid"]), (&json!("customer"), &json!(anna.id)));
    let older = &body["data"]["envelope"];
    assert_eq!(older["actor"], json!({"kind": "customer", "id": anna.id}));
    assert_eq!((&older["aggregateId"], &older["occurredAt"]), (&body["subject"], &body["timestamp"]));

    // Another order was paid meanwhile, to which the endpoint is not subscribed.
    assert_eq!(paid["status"], "paid");
    let others = receiver.heard();
    assert!(others.iter().all(|one| asked.iter().any(|kind| one.json()["type"] == *kind)));
    remove(&made).await;
}

#[tokio::test]
async fn an_event_that_comes_again_makes_no_second_delivery() {
    let (receiver, made, kind) = listening().await;
    let event = event(&kind);
    let batch = sqs_batch(&[("m0", queued(&event)), ("m1", queued(&event))]);
    for answer in join_all((0..4).map(|_| invoke("FanOutWebhooks", &batch))).await {
        assert_eq!(answer.unwrap()["batchItemFailures"], json!([]));
    }
    delivery_that_is(&made, "delivered").await;
    tell(&event).await;
    assert_eq!(deliveries(&made).await.len(), 1);
    assert_eq!(receiver.heard().len(), 1);
    remove(&made).await;
}

/// Queues and the archive may hold what was published before events were `CloudEvents`.
#[tokio::test]
async fn both_forms_of_an_event_make_the_same_delivery() {
    let (receiver, made, kind) = listening().await;
    let (older, published) = (event(&kind), published(&event(&kind)));
    tell(&older).await;
    tell(&published).await;
    let mut bodies: Vec<Value> = receiver.hears(2).await.iter().map(Heard::json).collect();
    bodies.sort_by_key(|body| body["id"] != older["id"]);
    assert_eq!(bodies[0]["id"], older["id"]);
    assert_eq!(bodies[1]["id"], published["id"]);
    for member in
        ["type", "source", "dataschema", "time", "sequence", "version", "actorkind", "correlationid"]
    {
        assert_eq!(bodies[0][member], bodies[1][member], "{member}");
        assert!(!bodies[0][member].is_null(), "{member}");
    }
    for body in &bodies {
        assert_eq!((&body["data"]["name"], &body["data"]["price"]), (&json!("Самовар ☕"), &json!(7_500)));
        assert_eq!(body["data"]["envelope"]["aggregateId"], body["subject"]);
    }
    remove(&made).await;
}

#[tokio::test]
async fn each_endpoint_that_wants_it_hears_it_with_its_own_signature() {
    let kind = unique_type();
    let (receivers, mut made) = (join_all((0..3).map(|_| Receiver::start())).await, Vec::new());
    for (receiver, kind) in receivers.iter().zip([&kind, &kind, &unique_type()]) {
        made.push(register(&receiver.url, &[kind]).await);
    }
    tell(&event(&kind)).await;
    for (receiver, endpoint) in receivers.iter().zip(&made).take(2) {
        let heard = receiver.hears(1).await;
        assert!(signed(&heard[0], &endpoint["secret"]));
    }
    let mixed = receivers[0].heard();
    assert!(!signed(&mixed[0], &made[1]["secret"]), "each endpoint has its own secret");
    assert_eq!(deliveries(&made[2]).await, Vec::<Value>::new());
    for endpoint in &made {
        remove(endpoint).await;
    }
}

/// The webhooks' own events, and those of accounts and messages, are published to no endpoint, so that no delivery can cause another.
#[tokio::test]
async fn what_is_not_told_makes_no_delivery() {
    let receiver = Receiver::start().await;
    let made = register(&receiver.url, &["*"]).await;
    let mut told = Vec::new();
    for kind in
        ["webhooks.endpoint_disabled.v1", "identity.logged_in.v1", "notifications.notification_sent.v1"]
    {
        let event = event(kind);
        tell(&event).await;
        told.push(event["id"].clone());
    }
    let wanted = event(&unique_type());
    tell(&wanted).await;
    // Made in one go, so they would be there by now; other tests' events may be among them.
    let log = eventually("the event that is told", PATIENCE, || async {
        let log = deliveries(&made).await;
        log.iter().any(|one| one["eventId"] == wanted["id"]).then_some(log)
    })
    .await;
    assert!(!log.iter().any(|one| told.contains(&one["eventId"])), "{log:?}");
    assert!(!log.iter().any(|one| one["eventType"].as_str().unwrap().starts_with("webhooks.")));
    remove(&made).await;
}

#[tokio::test]
async fn only_what_is_no_event_comes_again() {
    let (_receiver, made, kind) = listening().await;
    let batch = sqs_batch(&[
        ("m0", "no json".to_owned()),
        ("m1", queued(&event(&kind))),
        ("m2", json!({"detail": {"id": Uuid::new_v4()}}).to_string()),
    ]);
    let answer = invoke("FanOutWebhooks", &batch).await.unwrap();
    let failed = ["m0", "m2"].map(|id| json!({"itemIdentifier": id}));
    assert_eq!(answer["batchItemFailures"], json!(failed));
    delivery_that_is(&made, "delivered").await;
    remove(&made).await;
}
