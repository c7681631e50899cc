//! A machine client's id and secret in the place of an access token: its clients fetch none.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{call, enter, unique_number, unique_user};
use crate::harness::{Answer, client, client_token, operator, post};

/// Every route, with a body that is answered.
fn routes(sku: u32) -> Vec<(&'static str, Value)> {
    let user = unique_user();
    vec![
        ("/loms/order/create", json!({"user": user, "items": [{"sku": sku, "count": 1}]})),
        ("/loms/stocks", json!({"sku": sku})),
        ("/stocks", json!({"sku": sku})),
        ("/cart/item/add", json!({"user": user, "sku": sku, "count": 1})),
        ("/cart/list", json!({"user": user})),
        ("/cart/item/delete", json!({"user": user, "sku": sku})),
        ("/cart/clear", json!({"user": user})),
        ("/product/get_product", json!({"sku": sku})),
        ("/get_product", json!({"sku": sku})),
        ("/product/list_skus", json!({"count": 1})),
        ("/list_skus", json!({"count": 1})),
    ]
}

async fn product() -> u32 {
    let sku = unique_number();
    enter(sku, 100, 100).await;
    sku
}

#[tokio::test]
async fn an_address_with_a_client_in_it_is_all_that_is_configured() {
    let (id, secret) = client(&["loms"]).await;
    let sku = product().await;
    for (path, body) in routes(sku) {
        let answer = Answer::to(post(path).basic_auth(&id, Some(&secret)).json(&body)).await;
        answer.expect(200);
    }
    let body = json!({"user": unique_user(), "items": [{"sku": sku, "count": 1}]});
    let basic = |path: &str| post(path).basic_auth(&id, Some(&secret));
    let order = Answer::to(basic("/loms/order/create").json(&body)).await.expect(200)["orderID"].clone();
    let body = json!({"orderID": order});
    Answer::to(basic("/loms/order/pay").json(&body)).await.expect(200);
    assert_eq!(Answer::to(basic("/loms/order/info").json(&body)).await.expect(200)["status"], "payed");
    // Its use is seen by those who may take it back.
    let clients = operator().await.ask(crate::harness::get("/api/v1/admin/clients")).await.expect(200);
    let known = clients["items"].as_array().unwrap().iter().find(|known| known["clientId"] == id).unwrap();
    assert!(known["lastUsedAt"].is_string(), "{known}");
}

#[tokio::test]
async fn a_client_stands_in_the_token_of_a_body() {
    let (id, secret) = client(&["loms"]).await;
    let sku = product().await;
    for path in ["/product/get_product", "/get_product"] {
        let token = format!("{id}:{secret}");
        let body = json!({"token": token, "sku": sku});
        assert_eq!(Answer::to(post(path).json(&body)).await.expect(200)["price"], 100);
        let wrong = json!({"token": format!("{id}:x"), "sku": sku});
        Answer::to(post(path).json(&wrong)).await.problem(401, "invalid_client");
    }
    for path in ["/product/list_skus", "/list_skus"] {
        let body = json!({"token": format!("{id}:{secret}"), "startAfterSku": sku - 1, "count": 1});
        assert_eq!(Answer::to(post(path).json(&body)).await.expect(200)["skus"], json!([sku]));
        let by_token = json!({"token": client_token(&["loms"]).await, "count": 1});
        Answer::to(post(path).json(&by_token)).await.expect(200);
    }
}

#[tokio::test]
async fn who_is_not_a_client_of_this_surface_is_told_so() {
    let (id, secret) = client(&["loms"]).await;
    let ask = |request: RequestBuilder| Answer::to(request.json(&json!({"sku": 7})));
    for (id, secret) in
        [(id.as_str(), "x"), (&Uuid::new_v4().to_string(), &secret), ("x", &secret), (&id, "")]
    {
        let refused = ask(post("/stocks").basic_auth(id, Some(secret))).await;
        assert!(refused.header("www-authenticate").starts_with("Basic realm="), "{refused:?}");
        refused.problem(401, "invalid_client");
    }
    ask(post("/stocks").header("authorization", "Basic %%")).await.problem(401, "invalid_client");
    let (id, secret) = client(&["orders:read"]).await;
    ask(post("/stocks").basic_auth(&id, Some(&secret))).await.problem(403, "insufficient_scope");
    // Elsewhere a secret is no token.
    let me = crate::harness::get("/api/v1/orders").basic_auth(&id, Some(&secret));
    Answer::to(me).await.problem(401, "invalid_token");
    let sku = product().await;
    assert_eq!(call("/stocks", &json!({"sku": sku})).await["count"], 100, "a token is as good as ever");
}

#[tokio::test]
async fn a_client_that_is_taken_back_is_refused_at_once() {
    let (id, secret) = client(&["loms"]).await;
    let ask = || Answer::to(post("/list_skus").basic_auth(&id, Some(&secret)).json(&json!({"count": 1})));
    ask().await.expect(200);
    let revoke = crate::harness::delete(&format!("/api/v1/admin/clients/{id}"));
    assert_eq!(operator().await.ask(revoke).await.status, 204);
    ask().await.problem(401, "invalid_client");
}
