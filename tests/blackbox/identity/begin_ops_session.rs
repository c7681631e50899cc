//! `POST /ops/session`

use serde_json::{Value, json};

use super::ops_session::{cookie, has_no_refresh_token, refuses_forged_requests, sign_in};
use crate::harness::{
    Answer, PASSWORD, claims, customer, customer_with, get, members, names_the_member_at_fault, post,
    unique_email, wants_a_json_object,
};

#[tokio::test]
async fn an_operator_gets_an_access_token_and_a_cookie() {
    let olga = customer_with(&["orders:read", "orders:write"]).await;
    let answer = Answer::to(sign_in().json(&json!({"login": olga.email, "password": PASSWORD}))).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let refresh = cookie(&answer);
    let body = answer.expect(200);
    assert_eq!(members(&body), ["accessToken", "expiresIn", "scope", "tokenType", "userId"]);
    assert_eq!((&body["userId"], &body["scope"]), (&json!(olga.id), &json!("orders:read orders:write")));
    has_no_refresh_token(&body, &refresh);
    let token = body["accessToken"].as_str().unwrap();
    assert_eq!(claims(token)["scope"], "orders:read orders:write");
    Answer::to(get("/api/v1/users/me").bearer_auth(token)).await.expect(200);
}

#[tokio::test]
async fn an_account_without_scopes_has_no_scope_member() {
    let anna = customer().await;
    let body =
        Answer::to(sign_in().json(&json!({"login": anna.email, "password": PASSWORD}))).await.expect(200);
    assert_eq!(members(&body), ["accessToken", "expiresIn", "tokenType", "userId"]);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_get_the_same_answer_and_no_cookie() {
    let anna = customer().await;
    let mut details = Vec::new();
    for login in [anna.email, unique_email()] {
        let answer =
            Answer::to(sign_in().json(&json!({"login": login, "password": "a wrong password"}))).await;
        assert!(answer.header("set-cookie").is_empty());
        details.push(answer.problem(401, "invalid_credentials")["detail"].clone());
    }
    assert_eq!(details[0], details[1]);
}

#[tokio::test]
async fn a_forged_request_is_refused_even_with_the_right_password() {
    let anna = customer().await;
    let body = json!({"login": anna.email, "password": PASSWORD});
    refuses_forged_requests(|| post("/ops/session").json(&body)).await;
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let cases = [
        ("login", Value::Null),
        ("login", json!("neither@")),
        ("password", json!(7)),
        ("everywhere", json!(true)),
    ];
    let right = json!({"login": unique_email(), "password": PASSWORD});
    names_the_member_at_fault(&right, cases, sign_in).await;
    wants_a_json_object(sign_in).await;
}
