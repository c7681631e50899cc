//! `POST /cart/item/add`

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    AROUND_COUNT, AROUND_UINT32, AROUND_USER, add, ask, call, goods, lines, refuses_bad_requests,
    refuses_integers, unique_number, unique_user,
};
use crate::harness::{details, put_product};

const PATH: &str = "/cart/item/add";

fn body(user: i64, sku: u32, count: u32) -> Value {
    json!({"user": user, "sku": sku, "count": count})
}

#[tokio::test]
async fn counts_add_up_and_are_held_to_the_stock() {
    let (user, kettle) = (unique_user(), goods(100, 5).await);
    add(user, kettle, 2).await;
    add(user, kettle, 3).await;
    assert_eq!(lines(user).await, [(u64::from(kettle), 5)]);
    let problem = ask(PATH, &body(user, kettle, 1)).await.problem(412, "insufficient_stock");
    assert_eq!((&problem["sku"], &problem["wanted"]), (&json!(kettle), &json!(6)));
    assert_eq!(problem["available"], 5);
    assert_eq!(lines(user).await, [(u64::from(kettle), 5)], "the cart is as it was");
    ask(PATH, &body(unique_user(), kettle, 6)).await.problem(412, "insufficient_stock");
}

#[tokio::test]
async fn integers_are_exact_at_their_limits() {
    let sku = 4_294_967_294;
    super::enter(sku, 1, 1_000_000).await;
    for user in [1, i64::MAX] {
        call("/cart/clear", &json!({"user": user})).await;
        add(user, sku, 65_535).await;
        assert_eq!(lines(user).await, [(u64::from(sku), 65_535)]);
        ask(PATH, &body(user, sku, 1)).await.problem_at(400, "invalid_input", "/count");
        assert_eq!(lines(user).await, [(u64::from(sku), 65_535)]);
        call("/cart/clear", &json!({"user": user})).await;
    }
}

#[tokio::test]
async fn neighbouring_customers_have_carts_of_their_own() {
    let (user, kettle) = (unique_user() / 2, goods(100, 5).await);
    add(user, kettle, 2).await;
    for other in [user - 1, user + 1, user * 2] {
        assert!(lines(other).await.is_empty(), "{other}");
    }
}

#[tokio::test]
async fn what_is_added_at_once_is_not_lost() {
    let (user, kettle) = (unique_user(), goods(100, 50).await);
    join_all((0..6).map(|_| add(user, kettle, 3))).await;
    assert_eq!(lines(user).await, [(u64::from(kettle), 18)]);
}

#[tokio::test]
async fn what_is_not_sold_is_not_found() {
    let user = unique_user();
    ask(PATH, &body(user, unique_number(), 1)).await.problem(404, "not_found");
    let kettle = goods(100, 5).await;
    let mut gone = details(100);
    gone["isActive"] = json!(false);
    put_product(&kettle.to_string(), &gone).await;
    ask(PATH, &body(user, kettle, 1)).await.problem(404, "not_found");
    let unstocked = unique_number();
    put_product(&unstocked.to_string(), &details(100)).await;
    ask(PATH, &body(user, unstocked, 1)).await.problem(412, "insufficient_stock");
}

#[tokio::test]
async fn a_cart_is_in_one_currency() {
    let (user, kettle, dollars) = (unique_user(), goods(100, 5).await, goods(100, 5).await);
    let mut priced = details(100);
    priced["currency"] = json!("USD");
    put_product(&dollars.to_string(), &priced).await;
    add(user, kettle, 1).await;
    ask(PATH, &body(user, dollars, 1)).await.problem(409, "mixed_currencies");
}

#[tokio::test]
async fn bad_input_is_named() {
    let good = body(1, 1, 1);
    refuses_bad_requests(PATH, &good).await;
    refuses_integers(PATH, &good, "user", AROUND_USER).await;
    refuses_integers(PATH, &good, "sku", AROUND_UINT32).await;
    refuses_integers(PATH, &good, "count", AROUND_COUNT).await;
}
