//! `POST /product/get_product`

use serde_json::json;

use super::{
    AROUND_UINT32, ask, call, client, enter, goods, refuses_bad_requests, refuses_integers, unique_number,
};
use crate::harness::{Answer, customer, details, invoke, post, put_product, tampered};

const PATH: &str = "/product/get_product";

#[tokio::test]
async fn a_product_has_a_name_and_a_price() {
    let kettle = goods(4_294_967_295, 1).await;
    let told = json!({"name": "Самовар ☕", "price": 4_294_967_295_u32});
    assert_eq!(call(PATH, &json!({"sku": kettle})).await, told);
    let cup = 4_294_967_293;
    enter(cup, 0, 0).await;
    assert_eq!(call(PATH, &json!({"sku": cup})).await["price"], 0);
    put_product(&kettle.to_string(), &details(4_294_967_296)).await;
    ask(PATH, &json!({"sku": kettle})).await.problem(409, "price_beyond_uint32");
}

#[tokio::test]
async fn the_token_may_stand_in_the_body() {
    let (kettle, client) = (goods(100, 1).await, client().await);
    let with = |token: &str| Answer::to(post(PATH).json(&json!({"token": token, "sku": kettle})));
    assert_eq!(with(&client.token).await.expect(200)["price"], 100);
    with(&tampered(&client.token)).await.problem(401, "invalid_token");
    with("").await.problem(401, "invalid_token");
    with("testtoken").await.problem(401, "invalid_token");
    with(&customer().await.token).await.problem(403, "insufficient_scope");
    // Beside a header it is not looked at.
    let constant = json!({"token": "testtoken", "sku": kettle});
    assert_eq!(call(PATH, &constant).await["price"], 100);
    let stranger = customer().await;
    let both = json!({"token": client.token, "sku": kettle});
    stranger.ask(post(PATH).json(&both)).await.problem(403, "insufficient_scope");
}

/// As machines come: by client credentials, with the scope alone.
#[tokio::test]
async fn a_machine_client_needs_no_account() {
    let order = json!({"name": "a checkout service", "scopes": ["loms"]});
    let made = invoke("CreateClient", &order).await.unwrap();
    let (id, secret) = (made["clientId"].as_str().unwrap(), made["clientSecret"].as_str().unwrap());
    let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    let granted = Answer::to(post("/token").form(&form)).await.expect(200);
    let kettle = goods(100, 1).await;
    let body = json!({"token": granted["access_token"], "sku": kettle});
    assert_eq!(Answer::to(post(PATH).json(&body)).await.expect(200)["price"], 100);
}

#[tokio::test]
async fn what_is_not_sold_is_not_found() {
    ask(PATH, &json!({"sku": unique_number()})).await.problem(404, "not_found");
    let kettle = goods(100, 1).await;
    let mut gone = details(100);
    gone["isActive"] = json!(false);
    put_product(&kettle.to_string(), &gone).await;
    ask(PATH, &json!({"sku": kettle})).await.problem(404, "not_found");
}

#[tokio::test]
async fn bad_input_is_named() {
    let body = json!({"sku": 1});
    refuses_bad_requests(PATH, &body).await;
    refuses_integers(PATH, &body, "sku", AROUND_UINT32).await;
    ask(PATH, &json!({"sku": 1, "token": 7})).await.problem_at(400, "invalid_input", "/token");
}
