//! `POST /loms/order/cancel`

use serde_json::json;

use super::{
    AROUND_INT64, ask, call, client, count, create, goods, refuses_bad_requests, refuses_integers, status,
    unique_user, whole,
};
use crate::harness::journal_of;

const PATH: &str = "/loms/order/cancel";

#[tokio::test]
async fn the_reserve_is_lifted() {
    let kettle = goods(100, 4).await;
    let order = create(unique_user(), kettle, 4).await;
    assert_eq!(count(kettle).await, 0);
    assert_eq!(call(PATH, &json!({"orderID": order})).await, json!({}));
    assert_eq!((status(&order).await.as_str(), count(kettle).await), ("cancelled", json!(4)));
    let kept = whole(&order).await;
    assert_eq!((&kept["cancellationCause"], kept.get("cancellationReason")), (&json!("requested"), None));
    let journal = journal_of(&format!("order/{}", kept["id"].as_str().unwrap())).await;
    assert_eq!(journal.last().unwrap()["type"], "orders.order_canceled");
    assert_eq!(journal.last().unwrap()["actor"]["id"], client().await.id);
    assert_eq!(call(PATH, &json!({"orderID": order})).await, json!({}), "a repeat");
    assert_eq!(count(kettle).await, 4, "nothing comes back twice");
}

#[tokio::test]
async fn what_is_paid_is_not_cancelled() {
    let kettle = goods(100, 1).await;
    let order = create(unique_user(), kettle, 1).await;
    call("/loms/order/pay", &json!({"orderID": order})).await;
    let problem = ask(PATH, &json!({"orderID": order})).await.problem(409, "order_already_finalized");
    assert_eq!((&problem["orderID"], &problem["orderStatus"]), (&order, &json!("payed")));
    assert_eq!((status(&order).await.as_str(), count(kettle).await), ("payed", json!(0)));
}

#[tokio::test]
async fn what_failed_is_not_cancelled() {
    let order = create(unique_user(), goods(100, 1).await, 2).await;
    let problem = ask(PATH, &json!({"orderID": order})).await.problem(409, "order_already_finalized");
    assert_eq!(problem["orderStatus"], "failed");
}

#[tokio::test]
async fn bad_input_is_named() {
    let body = json!({"orderID": 1});
    refuses_bad_requests(PATH, &body).await;
    refuses_integers(PATH, &body, "orderID", AROUND_INT64).await;
    ask(PATH, &body).await.problem(404, "not_found");
}
