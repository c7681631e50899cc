//! `POST /cart/checkout`

use serde_json::json;

use super::{
    AROUND_USER, add, ask, call, client, count, goods, lines, refuses_bad_requests, refuses_integers, status,
    unique_user,
};
use crate::harness::{details, post, put_product, put_stock};

const PATH: &str = "/cart/checkout";

#[tokio::test]
async fn what_is_in_the_cart_is_ordered() {
    let (user, kettle, cup) = (unique_user(), goods(100, 5).await, goods(100, 5).await);
    add(user, kettle, 3).await;
    add(user, cup, 1).await;
    let order = call(PATH, &json!({"user": user})).await;
    assert_eq!(order.as_object().unwrap().len(), 1);
    let info = call("/loms/order/info", &json!({"orderID": order["orderID"]})).await;
    assert_eq!((&info["status"], &info["user"]), (&json!("awaiting payment"), &json!(user)));
    assert_eq!(info["items"].as_array().unwrap().len(), 2);
    assert!(lines(user).await.is_empty(), "the cart is empty");
    assert_eq!((count(kettle).await, count(cup).await), (json!(2), json!(4)));
    ask(PATH, &json!({"user": user})).await.problem(409, "cart_empty");
}

#[tokio::test]
async fn a_cart_that_can_not_be_had_makes_a_failed_order_and_stays() {
    let (user, kettle) = (unique_user(), goods(100, 5).await);
    add(user, kettle, 3).await;
    put_stock(&kettle.to_string(), &json!({"warehouse": "msk-1", "available": 2})).await;
    let order = call(PATH, &json!({"user": user})).await["orderID"].clone();
    assert_eq!(status(&order).await, "failed");
    assert_eq!((lines(user).await, count(kettle).await), (vec![(u64::from(kettle), 3)], json!(2)));
}

#[tokio::test]
async fn what_is_no_longer_sold_has_to_leave_the_cart_first() {
    let (user, kettle, cup) = (unique_user(), goods(100, 5).await, goods(100, 5).await);
    add(user, kettle, 1).await;
    add(user, cup, 1).await;
    let mut gone = details(100);
    gone["isActive"] = json!(false);
    put_product(&kettle.to_string(), &gone).await;
    let problem = ask(PATH, &json!({"user": user})).await.problem(409, "product_not_orderable");
    assert!(problem["detail"].as_str().unwrap().contains(&kettle.to_string()), "{problem}");
    call("/cart/item/delete", &json!({"user": user, "sku": kettle})).await;
    let order = call(PATH, &json!({"user": user})).await["orderID"].clone();
    assert_eq!(status(&order).await, "awaiting payment");
}

#[tokio::test]
async fn an_idempotency_key_makes_one_order_of_repeats() {
    let (user, client, kettle) = (unique_user(), client().await, goods(100, 5).await);
    add(user, kettle, 3).await;
    let body = json!({"user": user});
    let send = || client.ask(post(PATH).header("idempotency-key", "checkout-1").json(&body));
    let first = send().await.expect(200);
    let again = send().await;
    assert_eq!(again.header("x-idempotent-replay"), "true");
    assert_eq!(again.expect(200), first);
    assert_eq!(count(kettle).await, 2);
}

#[tokio::test]
async fn bad_input_is_named() {
    let body = json!({"user": 1});
    refuses_bad_requests(PATH, &body).await;
    refuses_integers(PATH, &body, "user", AROUND_USER).await;
}
