//! Notifications: what is sent, when, how often, and until when.

use std::time::Duration;

use serde_json::{Value, json};

use super::shop::Shop;
use super::support::{World, payment_body};

async fn begin(world: &World, key: &str, capture: bool) -> String {
    let mut body = payment_body("100.00");
    body["capture"] = json!(capture);
    let (_, payment) = world.post("/payments", key, &body).await;
    payment["id"].as_str().unwrap().to_owned()
}

fn refund(id: &str, value: &str) -> Value {
    json!({"payment_id": id, "amount": {"value": value, "currency": "RUB"}})
}

/// Whether all of the YooKassa stub's notifications are acknowledged, waiting for the last answer to arrive.
async fn all_acknowledged(world: &World) -> Vec<Value> {
    for _ in 0..200 {
        let notifications = world.ask("notifications").await;
        if notifications.iter().all(|notification| notification["acknowledged"] == true) {
            return notifications;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("not acknowledged: {:?}", world.ask("notifications").await);
}

#[tokio::test]
async fn each_change_of_the_object_is_told() {
    let world = World::begin().await;
    let shop = Shop::open(&world, &[]).await;
    let id = begin(&world, "p", false).await;
    world.decide(&id, "pay").await;
    assert_eq!(shop.events(1).await, ["payment.waiting_for_capture"]);
    world.post(&format!("/payments/{id}/capture"), "c", &json!({})).await;
    assert_eq!(shop.events(2).await[1], "payment.succeeded");
    world.script("create_refund", &json!({"kind": "turn_down"})).await;
    world.post("/refunds", "r1", &refund(&id, "10.00")).await;
    world.post("/refunds", "r2", &refund(&id, "10.00")).await;
    assert_eq!(
        shop.events(3).await[2],
        "refund.succeeded",
        "there is no event for a refund that is canceled"
    );
    let body = shop.taken()[1].clone();
    assert_eq!((&body["type"], &body["object"]["id"]), (&json!("notification"), &json!(id)));
}

#[tokio::test]
async fn a_notification_is_sent_until_it_is_acknowledged_by_200() {
    let world = World::begin().await;
    let shop = Shop::open(&world, &[503, 204, 404]).await;
    let id = begin(&world, "p", true).await;
    world.decide(&id, "decline").await;
    assert_eq!(shop.events(4).await, ["payment.canceled"; 4]);
    let notifications = all_acknowledged(&world).await;
    assert_eq!(notifications[0]["answers"], json!([503, 204, 404, 200]));
}

#[tokio::test]
async fn notifications_come_twice_late_and_out_of_order() {
    let world = World::begin().await;
    let shop = Shop::open(&world, &[]).await;
    let twice = begin(&world, "twice", true).await;
    let script = json!({"scope": {"object": twice}, "copies": 2, "after_ms": 50});
    world.control("notifications/scripts", &script).await;
    world.decide(&twice, "pay").await;
    assert_eq!(shop.events(2).await, ["payment.succeeded"; 2]);

    let held = begin(&world, "held", false).await;
    world.control("notifications/scripts", &json!({"scope": {"object": held}, "hold": true})).await;
    world.decide(&held, "pay").await;
    world.post(&format!("/payments/{held}/capture"), "c", &json!({})).await;
    world.post("/refunds", "r", &refund(&held, "100.00")).await;
    assert_eq!(shop.events(2).await.len(), 2, "what is held back waits");
    let (_, released) =
        world.control("notifications/release", &json!({"object": held, "reversed": true})).await;
    // The refund is an object of its own, and its notification is held because it is about the payment.
    assert_eq!(released["released"], 2);
    world.control("notifications/release", &json!({})).await;
    let events = shop.events(5).await;
    assert_eq!(events[2..], ["payment.succeeded", "payment.waiting_for_capture", "refund.succeeded"]);
}
