//! `POST /loms/order/pay`

use futures_util::future::join_all;
use serde_json::json;

use super::{
    AROUND_INT64, ask, call, client, count, create, goods, refuses_bad_requests, refuses_integers, status,
    unique_user, whole,
};
use crate::harness::{customer_with, get, journal_of, operator, post};

const PATH: &str = "/loms/order/pay";

#[tokio::test]
async fn what_was_set_aside_is_bought() {
    let kettle = goods(150, 5).await;
    let order = create(unique_user(), kettle, 2).await;
    assert_eq!(call(PATH, &json!({"orderID": order})).await, json!({}));
    assert_eq!(status(&order).await, "payed");
    assert_eq!(count(kettle).await, 3, "sold goods do not come back");
    let kept = whole(&order).await;
    assert_eq!((&kept["status"], &kept["version"]), (&json!("paid"), &json!(2)));
    let stock = operator().await.ask(get(&format!("/api/v1/stocks/{kettle}"))).await.expect(200);
    assert_eq!(stock["warehouses"][0]["reserved"], 0, "{stock}");
    // The money is on the books: a payment of its own kind, which no provider knows of.
    let id = kept["payment"]["paymentId"].as_str().unwrap();
    let cashier = customer_with(&["payments:write"]).await;
    let payment = cashier.ask(get(&format!("/api/v1/payments/{id}"))).await.expect(200);
    assert_eq!((&payment["method"], &payment["status"]), (&json!("external"), &json!("succeeded")));
    assert_eq!((&payment["amount"], &payment["currency"]), (&json!(300), &json!("RUB")));
    let journal = journal_of(&format!("payment/{id}")).await;
    assert_eq!(journal.len(), 1);
    assert_eq!(journal[0]["type"], "payments.payment_succeeded");
    assert_eq!(journal[0]["actor"], json!({"kind": "operator", "id": client().await.id}));
}

#[tokio::test]
async fn a_repeat_changes_nothing() {
    let kettle = goods(150, 5).await;
    let order = create(unique_user(), kettle, 2).await;
    let body = json!({"orderID": order});
    let answers = join_all((0..8).map(|_| ask(PATH, &body))).await;
    for answer in answers {
        assert_eq!(answer.expect(200), json!({}));
    }
    assert_eq!(call(PATH, &body).await, json!({}));
    assert_eq!(whole(&order).await["version"], 2, "it was paid once");
    assert_eq!(count(kettle).await, 3);
}

#[tokio::test]
async fn an_order_whose_money_went_back_is_cancelled() {
    let kettle = goods(150, 5).await;
    let order = create(unique_user(), kettle, 2).await;
    call(PATH, &json!({"orderID": order})).await;
    let paid = whole(&order).await;
    let cashier = customer_with(&["payments:write"]).await;
    let refund =
        json!({"orderId": order, "paymentId": paid["payment"]["paymentId"], "amount": paid["totalAmount"]});
    cashier.ask(post("/api/v1/refunds").json(&refund)).await.expect(201);
    assert_eq!(status(&order).await, "cancelled");
    assert_eq!(count(kettle).await, 5);
}

#[tokio::test]
async fn what_does_not_wait_for_its_payment_is_not_paid() {
    let kettle = goods(100, 1).await;
    let cancelled = create(unique_user(), kettle, 1).await;
    call("/loms/order/cancel", &json!({"orderID": cancelled})).await;
    let failed = create(unique_user(), kettle, 2).await;
    for (order, named) in [(cancelled, "cancelled"), (failed, "failed")] {
        let problem = ask(PATH, &json!({"orderID": order})).await.problem(409, "transition_not_allowed");
        assert_eq!((&problem["orderID"], &problem["orderStatus"]), (&order, &json!(named)));
        assert_eq!(status(&order).await, named);
    }
    assert_eq!(count(kettle).await, 1);
}

#[tokio::test]
async fn what_is_being_paid_elsewhere_is_not_paid_here_too() {
    let order = create(unique_user(), goods(100, 1).await, 1).await;
    let cashier = customer_with(&["payments:write"]).await;
    cashier.ask(post(&format!("/api/v1/orders/{order}/pay"))).await.expect(201);
    ask(PATH, &json!({"orderID": order})).await.problem(409, "payment_in_progress");
    assert_eq!(status(&order).await, "awaiting payment");
}

#[tokio::test]
async fn paying_and_cancelling_at_once_ends_in_one_of_both() {
    for _ in 0..4 {
        let kettle = goods(100, 1).await;
        let order = create(unique_user(), kettle, 1).await;
        let body = json!({"orderID": order});
        let answers = join_all([PATH, "/loms/order/cancel"].map(|path| ask(path, &body))).await;
        let told: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        let expected = match status(&order).await.as_str() {
            "payed" => (vec![200, 409], json!(0)),
            "cancelled" => (vec![409, 200], json!(1)),
            other => panic!("{other}"),
        };
        assert_eq!((told, count(kettle).await), expected);
    }
}

#[tokio::test]
async fn bad_input_is_named() {
    let body = json!({"orderID": 1});
    refuses_bad_requests(PATH, &body).await;
    refuses_integers(PATH, &body, "orderID", AROUND_INT64).await;
    ask(PATH, &body).await.problem(404, "not_found");
}
