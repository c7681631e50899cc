//! Money that goes back to the customer.

use serde_json::{Value, json};

use super::double::{Scene, control, object, tell};
use crate::harness::{decide, operator, post, stock_of};

/// An order that is paid.
async fn paid(scene: &Scene) -> Value {
    let placed = scene.order().await;
    assert_eq!(decide(&placed, "pay").await.status, 303);
    scene.becomes(&placed, "paid", "succeeded").await;
    placed
}

/// An operator calls the order off.
async fn cancel(order: &Value) -> Value {
    operator().await.ask(post(&format!("/api/v1/orders/{}/cancel", order["number"]))).await.expect(200)
}

/// All of the order's money went back, in one refund.
async fn went_back(scene: &Scene, order: &Value) {
    scene.becomes(order, "cancelled", "refunded").await;
    let refunds = scene.refunds(order).await;
    assert_eq!(refunds.len(), 1, "{refunds:?}");
    let payment = scene.payment(order).await;
    assert_eq!((&refunds[0]["amount"], &refunds[0]["status"]), (&payment["amount"], &json!("succeeded")));
    assert_eq!(payment["refunded_amount"], payment["amount"]);
    scene.adds_up(order).await;
}

#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn a_paid_order_that_is_called_off_costs_nothing() {
    let scene = Scene::with(1).await;
    let order = paid(&scene).await;
    assert_eq!(cancel(&order).await["status"], "cancelled");
    went_back(&scene, &order).await;
    assert_eq!(stock_of(&scene.kettle.sku).await, 1);
    let refund = scene.refunds(&order).await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(scene.acknowledged(&refund).await, [[200]], "the webhook has nothing to add");
}

/// The provider works on a refund for a while. Only its webhook reports the end: a repeat is answered as the first request was.
#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn a_refund_that_takes_its_time_is_finished_by_its_webhook() {
    let scene = Scene::with(1).await;
    let order = paid(&scene).await;
    scene.script("create_refund", &json!({"kind": "stay_open"}), 1).await;
    assert_eq!(cancel(&order).await["payment"]["status"], "refunding");
    let refunds = scene.refunds(&order).await;
    assert_eq!(refunds.len(), 1, "{refunds:?}");
    let refund = refunds[0]["id"].as_str().unwrap().to_owned();
    // A notification alone is not believed.
    tell("refund.succeeded", &refund).await.expect(200);
    assert_eq!(scene.reload(&order).await["payment"]["status"], "refunding");
    control(&format!("refunds/{refund}/decide"), &json!({"decision": "succeed"})).await;
    went_back(&scene, &order).await;
    assert_eq!(scene.acknowledged(&refund).await, [[200]]);
}

/// However often the refund is requested, and whichever responses are lost, the money goes back once.
#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn a_refund_whose_answer_is_lost_is_sent_once() {
    for (kind, times) in [("drop_after", 1), ("fail_after", 3), ("drop_before", 3)] {
        let scene = Scene::with(1).await;
        let order = paid(&scene).await;
        scene.script("create_refund", &json!({"kind": kind}), times).await;
        assert_eq!(cancel(&order).await["status"], "cancelled", "{kind}");
        went_back(&scene, &order).await;
        let keys = scene.keys("create_refund").await;
        assert!(keys.len() > 1 && keys.iter().all(|key| *key == keys[0]), "{kind}: {keys:?}");
    }
}

/// A refund's own events say nothing about the payment, and the payment's say nothing about the refund.
#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn what_was_sent_back_stays_sent_back() {
    let scene = Scene::with(1).await;
    let order = paid(&scene).await;
    cancel(&order).await;
    went_back(&scene, &order).await;
    let refund = scene.refunds(&order).await[0]["id"].as_str().unwrap().to_owned();
    for (event, id) in [
        ("refund.succeeded", &refund),
        ("payment.succeeded", &object(&order)),
        ("refund.succeeded", &refund),
        ("payment.canceled", &object(&order)),
    ] {
        assert_eq!(tell(event, id).await.expect(200)["outcome"], "applied", "{event}");
    }
    went_back(&scene, &order).await;
}
