//! `POST /api/v1/auth/refresh`

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{
    Answer, PASSWORD, PATIENCE, claims, customer, eventually, get, invoke, log_in, members,
    names_the_member_at_fault, post, tampered, wants_a_json_object,
};

async fn refresh(refresh_token: &Value) -> Answer {
    Answer::to(post("/api/v1/auth/refresh").json(&json!({"refreshToken": refresh_token}))).await
}

/// The refresh token of a new session.
async fn session() -> Value {
    log_in(&customer().await.email, PASSWORD).await["refreshToken"].clone()
}

async fn successor(refresh_token: &Value) -> Value {
    refresh(refresh_token).await.expect(200)["refreshToken"].clone()
}

async fn is_refused(refresh_token: &Value) {
    refresh(refresh_token).await.problem(401, "invalid_refresh_token");
}

#[tokio::test]
async fn a_new_pair_takes_the_place_of_the_old_one() {
    let anna = customer().await;
    let first = log_in(&anna.email, PASSWORD).await;
    let answer = refresh(&first["refreshToken"]).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let second = answer.expect(200);
    assert_eq!(members(&second), ["accessToken", "expiresIn", "refreshToken", "tokenType"]);
    assert_eq!((&second["tokenType"], &second["expiresIn"]), (&json!("Bearer"), &json!(900)));
    assert_ne!(second["refreshToken"], first["refreshToken"]);
    let token = second["accessToken"].as_str().unwrap();
    assert_eq!(claims(token)["sub"], anna.id);
    Answer::to(get("/api/v1/users/me").bearer_auth(token)).await.expect(200);
}

#[tokio::test]
async fn a_session_goes_on_token_by_token() {
    let mut token = session().await;
    for _ in 0..5 {
        token = successor(&token).await;
    }
}

#[tokio::test]
async fn a_client_that_did_not_hear_the_answer_gets_it_again() {
    let first = session().await;
    let second = successor(&first).await;
    for _ in 0..3 {
        assert_eq!(successor(&first).await, second);
    }
    successor(&second).await;
}

#[tokio::test]
async fn requests_that_bring_one_token_at_once_get_one_answer() {
    let first = session().await;
    let mut answers = join_all((0..5).map(|_| successor(&first))).await;
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    successor(&answers[0]).await;
}

#[tokio::test]
async fn a_token_that_comes_back_ends_the_session() {
    let anna = customer().await;
    let first = log_in(&anna.email, PASSWORD).await["refreshToken"].clone();
    let other = log_in(&anna.email, PASSWORD).await["refreshToken"].clone();
    let second = successor(&first).await;
    let third = successor(&second).await;
    is_refused(&first).await;
    for token in [&third, &second, &first] {
        is_refused(token).await;
    }
    successor(&other).await;
}

#[tokio::test]
async fn the_grace_of_a_token_that_was_replaced_is_over_in_seconds() {
    let first = session().await;
    let second = successor(&first).await;
    eventually("the grace to be over", PATIENCE, || async {
        let answer = refresh(&first).await;
        match answer.status {
            200 => assert_eq!(answer.body["refreshToken"], second),
            _ => return Some(answer.problem(401, "invalid_refresh_token")),
        }
        None
    })
    .await;
    is_refused(&second).await;
}

#[tokio::test]
async fn a_new_token_says_what_the_account_may_do_now() {
    let anna = customer().await;
    let first = log_in(&anna.email, PASSWORD).await;
    let scopes_of = |pair: &Value| claims(pair["accessToken"].as_str().unwrap())["scope"].clone();
    assert_eq!(scopes_of(&first), "");
    invoke("GrantScopes", &json!({"userId": anna.id, "scopes": ["loms", "orders:read"]})).await.unwrap();
    let second = refresh(&first["refreshToken"]).await.expect(200);
    assert_eq!(scopes_of(&second), "orders:read loms");
    invoke("GrantScopes", &json!({"userId": anna.id, "scopes": []})).await.unwrap();
    assert_eq!(scopes_of(&refresh(&second["refreshToken"]).await.expect(200)), "");
}

#[tokio::test]
async fn what_was_never_a_token_is_refused_like_one_that_is_used_up() {
    let anna = customer().await;
    let (mine, another) = (session().await, session().await);
    let parts =
        |token: &Value| -> Vec<String> { token.as_str().unwrap().split('.').map(str::to_owned).collect() };
    let (mine_parts, others) = (parts(&mine), parts(&another));
    let mixed = format!("{}.{}.{}", others[0], mine_parts[1], mine_parts[2]);
    let capitals = format!("{}.{}.{}", mine_parts[0].to_uppercase(), mine_parts[1], mine_parts[2]);
    let longer = format!("{}.", mine.as_str().unwrap());
    for wrong in ["", "nonsense", "a.b.c", &anna.token, &mixed, &capitals, &longer] {
        is_refused(&json!(wrong)).await;
    }
    successor(&mine).await;
    successor(&another).await;
}

#[tokio::test]
async fn a_token_of_a_session_with_another_secret_ends_it() {
    let token = session().await;
    is_refused(&json!(tampered(token.as_str().unwrap()))).await;
    is_refused(&token).await;
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let cases = [("refreshToken", Value::Null), ("refreshToken", json!(7)), ("scope", json!("loms"))];
    let request = || post("/api/v1/auth/refresh");
    names_the_member_at_fault(&json!({"refreshToken": "nonsense"}), cases, request).await;
    wants_a_json_object(request).await;
}
