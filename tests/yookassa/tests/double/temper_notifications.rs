//! The temper: what goes wrong with notifications.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::shop::Shop;
use super::support::{World, card_body, refund_body};

/// Two events about one payment: it is authorised, and then captured.
async fn authorise_and_capture(world: &World) -> Value {
    let mut body = card_body("tok_success");
    body["capture"] = json!(false);
    let (_, payment) = world.post("/payments", "p", &body).await;
    let path = format!("/payments/{}/capture", payment["id"].as_str().unwrap());
    world.post(&path, "c", &json!({})).await;
    payment
}

#[tokio::test]
async fn a_notification_is_sent_twice() {
    let world = World::begin().await;
    let shop = Shop::open(&world, &[]).await;
    world.always("duplicate_notification").await;
    world.pay_with("p", "tok_success").await;
    assert_eq!(shop.events(2).await, ["payment.succeeded"; 2]);
    assert_eq!(world.count("duplicate_notification").await, 1);
    world.settle().await;
    assert_eq!(shop.taken().len(), 2);
}

#[tokio::test]
async fn a_notification_is_late() {
    let world = World::begin().await;
    let shop = Shop::open(&world, &[]).await;
    world.temper(&json!({"chances": {"late_notification": 1000}, "late_ms": 300})).await;
    let begun = Instant::now();
    world.pay_with("p", "tok_success").await;
    shop.events(1).await;
    assert!(begun.elapsed() >= Duration::from_millis(300));

    world.temper(&json!({"chances": {"late_notification": 1000}, "late_ms": 60_000})).await;
    world.pay_with("q", "tok_success").await;
    assert_eq!(world.count("late_notification").await, 1);
    assert_eq!(shop.taken().len(), 1);
    world.settle().await;
    assert_eq!(shop.taken().len(), 2, "settling does not wait for it");
}

#[tokio::test]
async fn the_next_notification_overtakes_one() {
    let world = World::begin().await;
    let shop = Shop::open(&world, &[]).await;
    world.temper(&json!({"chances": {"reordered_notification": 1000}, "late_ms": 60_000})).await;
    let payment = authorise_and_capture(&world).await;
    assert_eq!(shop.events(2).await, ["payment.succeeded", "payment.waiting_for_capture"]);
    assert_eq!(world.count("reordered_notification").await, 1);
    // The next waits again, and nothing comes after it.
    world.post("/refunds", "r", &refund_body(&payment, "1.00")).await;
    world.settle().await;
    assert_eq!(shop.events(3).await[2], "refund.succeeded");
}

#[tokio::test]
async fn a_notification_arrives_before_the_answer() {
    let world = World::begin().await;
    let shop = Shop::open(&world, &[]).await;
    world.always("notification_before_answer").await;
    let payment = world.pay_with("p", "tok_success").await;
    let taken = shop.taken();
    assert_eq!(taken.len(), 1, "it was there when the answer came");
    assert_eq!(taken[0]["object"]["id"], payment["id"]);
    assert_eq!(world.count("notification_before_answer").await, 1);
}

#[tokio::test]
async fn a_notification_is_never_sent() {
    let world = World::begin().await;
    let shop = Shop::open(&world, &[]).await;
    world.always("lost_notification").await;
    world.pay_with("p", "tok_success").await;
    world.settle().await;
    assert_eq!((shop.taken().len(), world.count("lost_notification").await), (0, 1));
    assert_eq!(world.ask("notifications").await[0]["lost"], true);
    world.pay_with("q", "tok_success").await;
    assert_eq!(shop.events(1).await, ["payment.succeeded"], "after settling it is calm");
}
