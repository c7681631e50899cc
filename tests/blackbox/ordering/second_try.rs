//! The second try of a payer whose first one came to nothing.

use serde_json::json;

use crate::harness::{
    cart_of, customer, decide, operator, post, product, put_in_cart, reload, request_event, run_with,
    stock_of, token_header,
};

const CHECKOUT: &str = "/api/v1/orders/checkout";

/// Declined at once, and later on the provider's page.
#[tokio::test]
async fn the_lines_of_a_declined_order_are_in_the_cart_again() {
    let anna = customer().await;
    let (kettle, tray) = (product(500, 9).await, product(900, 9).await);
    for body in [json!({"method": "card", "cardToken": "tok_declined"}), json!({})] {
        put_in_cart(&anna, &kettle.sku, 2).await;
        put_in_cart(&anna, &tray.sku, 1).await;
        let mut order = anna.ask(post(CHECKOUT).json(&body)).await.expect(201);
        if body == json!({}) {
            assert_eq!(cart_of(&anna).await["items"], json!([]));
            // What was put into the cart meanwhile stays.
            put_in_cart(&anna, &kettle.sku, 3).await;
            assert_eq!(decide(&order, "decline").await.status, 303);
            order = reload(&anna, &order).await;
        }
        assert_eq!(
            (&order["status"], &order["cancellationCause"]),
            (&json!("cancelled"), &json!("declined"))
        );
        let cart = cart_of(&anna).await;
        let quantity = |sku: &str| {
            let lines = cart["items"].as_array().unwrap();
            lines.iter().find(|line| line["sku"] == sku).map(|line| line["quantity"].clone())
        };
        let kettles = if body == json!({}) { 5 } else { 2 };
        assert_eq!((quantity(&kettle.sku), quantity(&tray.sku)), (Some(json!(kettles)), Some(json!(1))));
        assert_eq!(stock_of(&kettle.sku).await, 9);
    }
    let paid = anna
        .ask(post(CHECKOUT).json(&json!({"method": "card", "cardToken": "tok_success"})))
        .await
        .expect(201);
    assert_eq!(paid["status"], "paid", "the next card pays");
    assert_eq!(cart_of(&anna).await["items"], json!([]));
}

/// A cancelled order was not wanted, and one that ran out of time has been left: their lines stay away.
#[tokio::test]
async fn only_a_declined_order_fills_the_cart() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    put_in_cart(&anna, &kettle.sku, 2).await;
    let order = anna.ask(post(CHECKOUT)).await.expect(201);
    anna.ask(post(&format!("/api/v1/orders/{}/cancel", order["number"]))).await.expect(200);
    assert_eq!(cart_of(&anna).await["items"], json!([]));
    put_in_cart(&anna, &kettle.sku, 2).await;
    let order = anna.ask(post(CHECKOUT)).await.expect(201);
    crate::harness::expire(&order).await;
    assert_eq!(reload(&anna, &order).await["cancellationCause"], "expired");
    assert_eq!(cart_of(&anna).await["items"], json!([]));
}

/// With `DeclinedPayment=keep`: the order waits, and another attempt pays it.
#[tokio::test]
async fn an_order_that_is_kept_is_paid_by_another_attempt() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    put_in_cart(&anna, &kettle.sku, 2).await;
    let order = anna.ask(post(CHECKOUT)).await.expect(201);
    let payment = order["payment"]["paymentId"].as_str().unwrap().to_owned();
    anna.ask(post(&format!("/api/v1/payments/{payment}/cancel"))).await.expect(200);
    let pay = format!("/api/v1/orders/{}/pay", order["number"]);
    let declined = json!({"method": "card", "cardToken": "tok_declined"});
    let number = order["number"].to_string();
    let event = request_event("POST /api/v1/orders/{id}/pay", &number, &token_header(&anna.token), &declined);
    run_with("PayOrder", &event, &[("ON_DECLINE", "keep")]).await;
    let kept = reload(&anna, &order).await;
    assert_eq!((&kept["status"], &kept["payment"]["status"]), (&json!("awaiting_payment"), &json!("failed")));
    assert_eq!(kept["payment"].get("paymentUrl"), None);
    assert_eq!(kept["expiresAt"], order["expiresAt"], "no more time for that");
    assert_eq!(stock_of(&kettle.sku).await, 7);
    assert_eq!(cart_of(&anna).await["items"], json!([]));
    let card = json!({"method": "card", "cardToken": "tok_success"});
    assert_eq!(anna.ask(post(&pay).json(&card)).await.expect(201)["status"], "succeeded");
    assert_eq!(reload(&anna, &order).await["status"], "paid");
}

/// An operator's word of money that came otherwise is as good once an attempt is over.
#[tokio::test]
async fn an_attempt_that_is_over_leaves_the_order_to_any_other_way() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 9).await;
    put_in_cart(&anna, &kettle.sku, 1).await;
    let order = anna.ask(post(CHECKOUT)).await.expect(201);
    let payment = order["payment"]["paymentId"].as_str().unwrap().to_owned();
    anna.ask(post(&format!("/api/v1/payments/{payment}/cancel"))).await.expect(200);
    let cancelled =
        operator.ask(post(&format!("/api/v1/orders/{}/cancel", order["number"]))).await.expect(200);
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(stock_of(&kettle.sku).await, 9);
}
