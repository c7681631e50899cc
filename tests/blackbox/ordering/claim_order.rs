//! `POST /api/v1/orders/{id}/claim`.

use serde_json::json;

use super::guests::{WRONG, guest_order, opened, path};
use crate::harness::{Answer, customer, get, item, journal_of, post};

#[tokio::test]
async fn an_account_claims_an_unpaid_order_and_pays_it_otherwise() {
    let (anna, placed) = (customer().await, guest_order().await);
    let claim = path(&placed, "/claim");
    let claimed = anna.ask(opened(post(&claim), &placed)).await.expect(200);
    assert_eq!((&claimed["userId"], &claimed["status"]), (&json!(anna.id), &json!("awaiting_payment")));
    let mine = anna.ask(get("/api/v1/orders")).await.expect(200);
    assert_eq!(mine["items"][0]["id"], placed["id"], "it is in the list");
    // A repeat changes nothing, with the token and without.
    let again = anna.ask(opened(post(&claim), &placed)).await.expect(200);
    assert_eq!(again, claimed);
    assert_eq!(anna.ask(post(&claim)).await.expect(200), claimed);
    // The token opens nothing any more, and no other account gets the order.
    Answer::to(opened(get(&path(&placed, "")), &placed)).await.problem(404, "not_found");
    customer().await.ask(opened(post(&claim), &placed)).await.problem(403, "not_your_order");
    let rows = journal_of(&format!("order/{}", placed["id"].as_str().unwrap())).await;
    assert_eq!(rows.iter().filter(|row| row.to_string().contains("orders.order_claimed")).count(), 1);
    // The payment is the account's too.
    let payment = format!("/api/v1/payments/{}", placed["payment"]["paymentId"].as_str().unwrap());
    anna.ask(get(&payment)).await.expect(200);
    anna.ask(post(&format!("{payment}/cancel"))).await.expect(200);
    let card = json!({"method": "card", "cardToken": "tok_success"});
    anna.ask(post(&path(&placed, "/pay")).json(&card)).await.expect(201);
    let paid = anna.ask(get(&path(&placed, ""))).await.expect(200);
    assert_eq!(paid["status"], "paid");
    let key = format!("ORDER#{}", placed["id"].as_str().unwrap());
    let stored = item("ORDERS_TABLE", &key, "ORDER").await.unwrap();
    assert!(!stored.contains_key("guest"), "no token is stored any more");
}

#[tokio::test]
async fn only_the_token_claims() {
    let (anna, placed, other) = (customer().await, guest_order().await, guest_order().await);
    let claim = path(&placed, "/claim");
    anna.ask(post(&claim)).await.problem(404, "not_found");
    for token in [WRONG, "x", other["orderToken"].as_str().unwrap()] {
        anna.ask(post(&claim).header("x-order-token", token)).await.problem(404, "not_found");
    }
    anna.ask(opened(post("/api/v1/orders/77/claim"), &placed)).await.problem(404, "not_found");
    Answer::to(opened(post(&claim), &placed)).await.problem(401, "token_required");
    anna.ask(opened(post(&claim), &placed).json(&json!({"a": 1}))).await.problem(422, "invalid_input");
    let stale = opened(post(&claim), &placed).header("if-match", "\"77-0\"");
    anna.ask(stale).await.problem(412, "etag_mismatch");
    Answer::to(opened(get(&path(&placed, "")), &placed)).await.expect(200);
}
