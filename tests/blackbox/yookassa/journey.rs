//! A customer's way to the provider's page and back.

use serde_json::{Value, json};
use uuid::Uuid;

use super::double::{Scene, base_url, control, object, tell, written};
use crate::harness::{Answer, decide, get, http, lambda, order_directly, post, setting, stock_of, url};

#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn from_the_cart_over_the_providers_page_to_a_paid_order() {
    let scene = Scene::with(3).await;
    let placed = scene.order().await;
    assert_eq!(
        (&placed["status"], &placed["payment"]["status"]),
        (&json!("awaiting_payment"), &json!("pending"))
    );
    let address = placed["paymentUrl"].as_str().unwrap();
    assert!(address.starts_with(base_url().await), "{address} is not the provider's");
    assert_eq!(stock_of(&scene.kettle.sku).await, 2, "the goods are set aside");
    let page = Answer::to(http().get(address)).await;
    let shown = [written(scene.kettle.price), placed["number"].to_string()];
    assert!(page.status == 200 && shown.iter().all(|text| page.text.contains(text)), "{}", page.text);

    let decided = decide(&placed, "pay").await;
    assert_eq!(
        (decided.status, decided.header("location")),
        (303, &*url("/payment-return")),
        "{}",
        decided.text
    );
    Answer::to(get("/payment-return")).await.expect(200);
    let paid = scene.becomes(&placed, "paid", "succeeded").await;
    assert_eq!((&paid["version"], &paid["payment"].get("paymentUrl")), (&json!(2), &None));
    assert_eq!(stock_of(&scene.kettle.sku).await, 2, "sold goods do not come back");
    let payment = scene.payment(&placed).await;
    assert_eq!(payment["amount"], json!({"value": written(scene.kettle.price), "currency": "RUB"}));
    assert_eq!(payment["metadata"]["payment_id"], paid["payment"]["paymentId"]);
    assert_eq!(scene.acknowledged(&object(&placed)).await, [[200]]);
    scene.adds_up(&placed).await;
}

#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn a_declined_payment_cancels_the_order_and_costs_nothing() {
    let scene = Scene::with(2).await;
    let placed = scene.order().await;
    assert_eq!(decide(&placed, "decline").await.status, 303);
    scene.becomes(&placed, "cancelled", "failed").await;
    assert_eq!(stock_of(&scene.kettle.sku).await, 2, "the goods can be sold again");
    assert_eq!(scene.acknowledged(&object(&placed)).await, [[200]]);
    scene.adds_up(&placed).await;
}

/// The customer sees an order that waits still, and nothing that they do then takes money twice.
#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn the_browser_is_back_before_the_webhook() {
    let scene = Scene::with(1).await;
    let placed = scene.order().await;
    scene.deliver(&json!({"hold": true})).await;
    assert_eq!(decide(&placed, "pay").await.status, 303);
    let waiting = scene.reload(&placed).await;
    assert_eq!(waiting["status"], "awaiting_payment");
    assert_eq!(waiting["payment"]["paymentUrl"], placed["paymentUrl"]);
    // The page knows already, and there is no other to pay on.
    let page = Answer::to(http().get(placed["paymentUrl"].as_str().unwrap())).await;
    assert!(page.text.contains("Paid."), "{}", page.text);
    let again = scene.anna.ask(post(&format!("/api/v1/orders/{}/pay", placed["number"])).json(&json!({})));
    again.await.problem(409, "payment_in_progress");
    release(&placed).await;
    scene.becomes(&placed, "paid", "succeeded").await;
    scene.adds_up(&placed).await;
}

#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn the_webhook_comes_before_the_browser_is_back() {
    let scene = Scene::with(1).await;
    let placed = scene.order().await;
    // Decided behind the browser's back: it is still on its way.
    let decision = json!({"decision": "pay"});
    control(&format!("payments/{}/decide", object(&placed)), &decision).await;
    let paid = scene.becomes(&placed, "paid", "succeeded").await;
    // A payer who presses the button once more comes back to an order that is unchanged.
    assert_eq!(decide(&placed, "pay").await.status, 303);
    tell("payment.succeeded", &object(&placed)).await.expect(200);
    assert_eq!(scene.reload(&placed).await, paid);
    scene.adds_up(&placed).await;
}

/// A card that is paid with at once: the answer and the webhook race each other.
#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn a_card_is_decided_at_once_and_told_at_the_same_time() {
    let scene = Scene::with(2).await;
    for (token, status, payment) in
        [("tok_success", "paid", "succeeded"), ("tok_declined", "cancelled", "failed")]
    {
        let card = json!({"card": token});
        let placed = order_directly(&scene.anna, &scene.kettle, 1, &card).await;
        assert_eq!(placed["status"], status, "{token}");
        let order = scene.becomes(&placed, status, payment).await;
        assert_eq!(order["version"], 2, "{token}: settled once");
        let id = scene.payment(&placed).await["id"].as_str().unwrap().to_owned();
        assert_eq!(scene.acknowledged(&id).await, [[200]], "{token}");
        scene.adds_up(&placed).await;
    }
    assert_eq!(stock_of(&scene.kettle.sku).await, 1);
}

/// Lets go of what was held back about the payment of `order`.
async fn release(order: &Value) {
    let released = control("notifications/release", &json!({"object": object(order)})).await;
    assert_eq!(released["released"], 1);
}

/// What stands for a provider on other stacks: its pages, and the callback that its signed word comes by.
#[tokio::test]
#[ignore = "needs YooKassa's double for the stack's provider"]
async fn a_shop_with_a_provider_has_no_sandbox() {
    let id = Uuid::new_v4();
    for request in [
        get(&format!("/sandbox/payments/{id}")),
        post(&format!("/sandbox/payments/{id}")),
        post(&format!("/api/v1/payments/{id}/notify")).json(&json!({})),
    ] {
        // By hand: the document describes them, for shops that have them.
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 404);
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], "not_found");
    }
    for function in ["ShowSandboxPayment", "DecideSandboxPayment", "NotifyPayment"] {
        let name = format!("{}-{function}", setting("STACK_NAME"));
        let found = lambda().get_function_configuration().function_name(name).send().await;
        assert!(found.is_err(), "{function} is deployed");
    }
}
