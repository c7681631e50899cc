//! Money that arrives when no order waits for it any more.

use serde_json::json;

use super::double::{Scene, control, object};
use crate::harness::{decide, expire, post, stock_of};

#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn money_that_comes_after_the_order_expired_buys_the_goods_after_all() {
    let scene = Scene::with(1).await;
    let placed = scene.order().await;
    expire(&placed).await;
    assert_eq!(stock_of(&scene.kettle.sku).await, 1);
    assert_eq!(decide(&placed, "pay").await.status, 303);
    scene.becomes(&placed, "paid", "succeeded").await;
    assert_eq!(stock_of(&scene.kettle.sku).await, 0);
    assert!(scene.refunds(&placed).await.is_empty());
    scene.adds_up(&placed).await;
}

#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn money_for_an_order_that_was_called_off_goes_back() {
    let scene = Scene::with(1).await;
    let placed = scene.order().await;
    let cancel = post(&format!("/api/v1/orders/{}/cancel", placed["number"]));
    assert_eq!(scene.anna.ask(cancel).await.expect(200)["status"], "cancelled");
    // The provider gives up no payment that is pending, so its page takes money still.
    assert_eq!(decide(&placed, "pay").await.status, 303);
    scene.becomes(&placed, "cancelled", "refunded").await;
    assert_eq!(scene.refunds(&placed).await.len(), 1);
    assert_eq!(stock_of(&scene.kettle.sku).await, 1, "nobody wants the goods");
    scene.adds_up(&placed).await;
}

/// The customer pays in the last moment, and Holdfast is notified of it after the order has expired.
#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn a_webhook_that_is_overtaken_by_the_end_of_the_time_to_pay() {
    let scene = Scene::with(1).await;
    let placed = scene.order().await;
    scene.deliver(&json!({"hold": true})).await;
    assert_eq!(decide(&placed, "pay").await.status, 303);
    expire(&placed).await;
    control("notifications/release", &json!({"object": object(&placed)})).await;
    scene.becomes(&placed, "paid", "succeeded").await;
    assert_eq!(stock_of(&scene.kettle.sku).await, 0, "sold, and not twice");
    scene.adds_up(&placed).await;
}
