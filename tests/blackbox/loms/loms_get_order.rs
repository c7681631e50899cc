//! `POST /loms/order/info`

use std::time::Duration;

use serde_json::json;

use super::{
    AROUND_INT64, ask, call, client, count, create, goods, refuses_bad_requests, refuses_integers, status,
    unique_user, whole,
};
use crate::harness::{
    PATIENCE, address, customer, eventually, members, operator, order_directly, patch, post, product, setting,
};

const PATH: &str = "/loms/order/info";

#[tokio::test]
async fn an_order_is_told_in_integers() {
    let (user, kettle) = (unique_user(), goods(100, 3).await);
    let order = create(user, kettle, 2).await;
    let info = call(PATH, &json!({"orderID": order})).await;
    assert_eq!(members(&info), ["items", "status", "user"]);
    let items = json!([{"sku": kettle, "count": 2}]);
    assert_eq!(info, json!({"status": "awaiting payment", "user": user, "items": items}));
}

#[tokio::test]
async fn a_paid_order_stays_so_however_far_it_comes() {
    let order = create(unique_user(), goods(100, 3).await, 2).await;
    call("/loms/order/pay", &json!({"orderID": order})).await;
    assert_eq!(status(&order).await, "payed");
    let path = format!("/api/v1/orders/{order}");
    operator().await.ask(patch(&path).json(&address())).await.expect(200);
    for next in ["confirmed", "shipped", "delivered"] {
        operator().await.ask(patch(&path).json(&json!({"status": next}))).await.expect(200);
        assert_eq!(status(&order).await, "payed", "{next}");
    }
}

/// Nothing is called by hand here: the scheduled function finds it, and the queue's consumer cancels it.
#[tokio::test]
async fn an_order_that_is_not_paid_in_time_is_cancelled_by_the_schedule() {
    let kettle = goods(100, 2).await;
    let order = create(unique_user(), kettle, 2).await;
    assert_eq!(count(kettle).await, 0);
    let window = setting("PAYMENT_WINDOW_SECONDS").parse().unwrap();
    let patience = PATIENCE * 2 + Duration::from_secs(window);
    eventually("the order to expire", patience, || async {
        (status(&order).await == "cancelled").then_some(())
    })
    .await;
    assert_eq!(count(kettle).await, 2, "the goods came back");
}

#[tokio::test]
async fn there_is_no_order_without_a_number_of_this_surface() {
    for order in [i64::MIN, -1, 0, 1, 1 << 53, i64::MAX] {
        ask(PATH, &json!({"orderID": order})).await.problem(404, "not_found");
    }
    // Orders of accounts are none of a LOMS client's business.
    let anna = customer().await;
    let placed = order_directly(&anna, &product(100, 1).await, 1, &json!({})).await;
    for path in [PATH, "/loms/order/pay", "/loms/order/cancel"] {
        ask(path, &json!({"orderID": placed["number"]})).await.problem(404, "not_found");
    }
    assert_eq!(whole(&placed["number"]).await["status"], "awaiting_payment");
}

#[tokio::test]
async fn a_client_sees_nothing_of_it_on_the_other_surfaces() {
    let order = create(unique_user(), goods(100, 1).await, 1).await;
    let path = format!("/api/v1/orders/{order}/cancel");
    client().await.ask(post(&path)).await.problem(403, "not_your_order");
}

#[tokio::test]
async fn bad_input_is_named() {
    let body = json!({"orderID": 1});
    refuses_bad_requests(PATH, &body).await;
    refuses_integers(PATH, &body, "orderID", AROUND_INT64).await;
}
