//! `POST /cart/list`

use serde_json::json;

use super::{
    AROUND_USER, add, ask, call, enter, goods, refuses_bad_requests, refuses_integers, unique_number,
    unique_user,
};
use crate::harness::{details, put_product};

const PATH: &str = "/cart/list";

#[tokio::test]
async fn names_and_prices_are_those_of_the_moment() {
    let (user, kettle) = (unique_user(), unique_number());
    let (first, second) = (kettle - 1, kettle);
    enter(second, 150, 5).await;
    enter(first, 40, 9).await;
    add(user, second, 3).await;
    add(user, first, 2).await;
    let mut cheaper = details(120);
    cheaper["name"] = json!("Чайник 🫖");
    put_product(&second.to_string(), &cheaper).await;
    let items = json!([
        {"sku": first, "count": 2, "name": "Самовар ☕", "price": 40},
        {"sku": second, "count": 3, "name": "Чайник 🫖", "price": 120},
    ]);
    assert_eq!(call(PATH, &json!({"user": user})).await, json!({"items": items, "totalPrice": 440}));
}

#[tokio::test]
async fn an_empty_cart_is_an_empty_list() {
    let empty = json!({"items": [], "totalPrice": 0});
    assert_eq!(call(PATH, &json!({"user": unique_user()})).await, empty);
}

#[tokio::test]
async fn what_can_not_be_bought_stays_in_sight_and_out_of_the_total() {
    let (user, kettle, cup) = (unique_user(), goods(100, 5).await, goods(7, 5).await);
    add(user, kettle, 1).await;
    add(user, cup, 2).await;
    let mut gone = details(100);
    gone["isActive"] = json!(false);
    put_product(&kettle.to_string(), &gone).await;
    let cart = call(PATH, &json!({"user": user})).await;
    assert_eq!((cart["items"].as_array().unwrap().len(), &cart["totalPrice"]), (2, &json!(14)));
}

#[tokio::test]
async fn prices_are_exact_at_their_limits() {
    let (user, dear) = (unique_user(), goods(4_294_967_295, 100).await);
    add(user, dear, 3).await;
    let cart = call(PATH, &json!({"user": user})).await;
    assert_eq!(cart["items"][0]["price"], json!(4_294_967_295_u32));
    assert_eq!(cart["totalPrice"], json!(12_884_901_885_u64), "a total is never cut");
    put_product(&dear.to_string(), &details(4_294_967_296)).await;
    let problem = ask(PATH, &json!({"user": user})).await.problem(409, "price_beyond_uint32");
    assert_eq!(problem["sku"], dear);
}

#[tokio::test]
async fn bad_input_is_named() {
    let body = json!({"user": 1});
    refuses_bad_requests(PATH, &body).await;
    refuses_integers(PATH, &body, "user", AROUND_USER).await;
}
