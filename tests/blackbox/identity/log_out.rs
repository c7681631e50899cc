//! `POST /api/v1/auth/logout`

use serde_json::{Value, json};

use crate::harness::{
    Answer, PASSWORD, customer, log_in, names_the_member_at_fault, post, tampered, wants_a_json_object,
};

async fn log_out(refresh_token: &Value) {
    let answer = Answer::to(post("/api/v1/auth/logout").json(&json!({"refreshToken": refresh_token}))).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
}

async fn refresh(refresh_token: &Value) -> Answer {
    Answer::to(post("/api/v1/auth/refresh").json(&json!({"refreshToken": refresh_token}))).await
}

#[tokio::test]
async fn the_session_is_over_and_others_go_on() {
    let anna = customer().await;
    let (phone, laptop) = (log_in(&anna.email, PASSWORD).await, log_in(&anna.email, PASSWORD).await);
    log_out(&phone["refreshToken"]).await;
    refresh(&phone["refreshToken"]).await.problem(401, "invalid_refresh_token");
    refresh(&laptop["refreshToken"]).await.expect(200);
    log_out(&phone["refreshToken"]).await;
}

#[tokio::test]
async fn a_client_that_did_not_hear_of_its_last_refresh_logs_out_all_the_same() {
    let first = log_in(&customer().await.email, PASSWORD).await;
    let second = refresh(&first["refreshToken"]).await.expect(200);
    log_out(&first["refreshToken"]).await;
    refresh(&second["refreshToken"]).await.problem(401, "invalid_refresh_token");
}

#[tokio::test]
async fn what_is_no_good_is_answered_alike_and_ends_nothing() {
    let anna = customer().await;
    let pair = log_in(&anna.email, PASSWORD).await;
    let token = pair["refreshToken"].as_str().unwrap();
    for wrong in ["", "nonsense", "a.b.c", &anna.token, &tampered(token), &format!("{token}x")] {
        log_out(&json!(wrong)).await;
    }
    refresh(&pair["refreshToken"]).await.expect(200);
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let cases = [("refreshToken", Value::Null), ("refreshToken", json!(7)), ("everywhere", json!(true))];
    let request = || post("/api/v1/auth/logout");
    names_the_member_at_fault(&json!({"refreshToken": "nonsense"}), cases, request).await;
    wants_a_json_object(request).await;
}
