//! `POST /api/v1/orders/{id}/confirm`.

use futures_util::future::join_all;
use serde_json::json;

use crate::harness::{
    Answer, customer, get, operator, order_directly, pay_for, post, product, stock_of, wants_a_token,
    wants_the_scope,
};

#[tokio::test]
async fn a_paid_order_is_confirmed_once() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 3).await;
    let paid = pay_for(&anna, &kettle, 1).await;
    let path = format!("/api/v1/orders/{}/confirm", paid["number"]);
    let answers = join_all((0..4).map(|_| operator.ask(post(&path)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    let (confirmed, refused): (Vec<Answer>, Vec<Answer>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    let order = anna.ask(get(&format!("/api/v1/orders/{}", paid["number"]))).await;
    assert_eq!(order.header("etag"), confirmed[0].header("etag"));
    let order = order.expect(200);
    assert_eq!((&order["status"], &order["version"]), (&json!("confirmed"), &json!(3)));
    assert!(order["confirmedAt"].is_string() && order["paidAt"] == paid["paidAt"]);
    assert_eq!(confirmed[0].body, order);
    for answer in refused {
        assert_eq!(answer.problem(409, "transition_not_allowed")["order"], order, "with the order as it is");
    }
    assert_eq!(stock_of(&kettle.sku).await, 2);
}

#[tokio::test]
async fn what_is_not_paid_is_not_confirmed() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 3).await;
    for (more, status) in [
        (json!({}), "awaiting_payment"),
        (json!({"reserve": false}), "new"),
        (json!({"card": "tok_declined"}), "cancelled"),
    ] {
        let placed = order_directly(&anna, &kettle, 1, &more).await;
        let told = operator.ask(post(&format!("/api/v1/orders/{}/confirm", placed["number"]))).await;
        assert_eq!(told.problem(409, "transition_not_allowed")["order"]["status"], status);
    }
    operator.ask(post("/api/v1/orders/77/confirm")).await.problem(404, "not_found");
}

#[tokio::test]
async fn only_operators_may() {
    let anna = customer().await;
    let paid = pay_for(&anna, &product(500, 3).await, 1).await;
    let path = format!("/api/v1/orders/{}/confirm", paid["number"]);
    wants_a_token(|| post(&path)).await;
    wants_the_scope("orders:write", || post(&path)).await;
    anna.ask(post(&path)).await.problem(403, "insufficient_scope");
    let stale = operator().await.ask(post(&path).header("if-match", "\"1-0\"")).await;
    stale.problem(412, "etag_mismatch");
}
