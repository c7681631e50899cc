//! `POST /api/v1/auth/password/reset/confirm`

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::request_password_reset::request;
use super::sending::{EMAIL, PHONE, accepted};
use crate::harness::{
    Answer, PASSWORD, Person, customer, log_in, names_the_member_at_fault, post, wants_a_json_object,
};

const NEW: &str = "a wholly new password";

async fn confirm(token: &str, password: &str) -> Answer {
    let body = json!({"resetToken": token, "newPassword": password});
    Answer::to(post("/api/v1/auth/password/reset/confirm").json(&body)).await
}

async fn try_password(person: &Person, password: &str) -> Answer {
    let login = json!({"email": person.email, "password": password});
    Answer::to(post("/api/v1/auth/login/email").json(&login)).await
}

/// The token that was sent to `person` by email, for the `count`th time.
async fn token(person: &Person, count: usize) -> String {
    accepted(request(EMAIL, &person.email).await);
    EMAIL.token(&person.email, count).await
}

#[tokio::test]
async fn a_new_password_takes_the_place_of_the_old_and_every_session_ends() {
    let anna = customer().await;
    let session = log_in(&anna.email, PASSWORD).await;
    for way in [EMAIL, PHONE] {
        let password = format!("{NEW} by {}", way.by);
        accepted(request(way, &way.login(&anna)).await);
        let token = way.token(&way.login(&anna), 1).await;
        let answer = confirm(&token, &password).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        try_password(&anna, PASSWORD).await.problem(401, "invalid_credentials");
        try_password(&anna, &password).await.expect(200);
        confirm(&token, &password).await.problem_at(422, "invalid_reset_token", "/resetToken");
    }
    let refresh = json!({"refreshToken": session["refreshToken"]});
    Answer::to(post("/api/v1/auth/refresh").json(&refresh)).await.problem(401, "invalid_refresh_token");
}

#[tokio::test]
async fn a_token_is_used_once_however_many_bring_it_at_once() {
    let anna = customer().await;
    let token = token(&anna, 1).await;
    let passwords: Vec<String> = (0..4).map(|index| format!("{NEW} {index}")).collect();
    let answers = join_all(passwords.iter().map(|password| confirm(&token, password))).await;
    let used: Vec<usize> = (0..4).filter(|index| answers[*index].status == 204).collect();
    assert_eq!(used.len(), 1, "{answers:?}");
    for answer in answers.into_iter().filter(|answer| answer.status != 204) {
        answer.problem(422, "invalid_reset_token");
    }
    try_password(&anna, &passwords[used[0]]).await.expect(200);
}

#[tokio::test]
async fn a_password_that_was_changed_takes_older_tokens_with_it() {
    let anna = customer().await;
    let first = token(&anna, 1).await;
    EMAIL.let_the_pause_pass("reset", &anna.email).await;
    let second = token(&anna, 2).await;
    confirm(&second, NEW).await.expect(204);
    confirm(&first, PASSWORD).await.problem(422, "invalid_reset_token");
    try_password(&anna, NEW).await.expect(200);
}

#[tokio::test]
async fn a_few_wrong_guesses_before_a_reset_lock_nobody_out() {
    let anna = customer().await;
    let token = token(&anna, 1).await;
    for _ in 0..3 {
        try_password(&anna, "a wrong password").await.problem(401, "invalid_credentials");
    }
    confirm(&token, NEW).await.expect(204);
    try_password(&anna, NEW).await.expect(200);
}

#[tokio::test]
async fn a_bad_password_uses_nothing_up() {
    let anna = customer().await;
    let token = token(&anna, 1).await;
    for password in ["short", "password123", &"x".repeat(129)] {
        confirm(&token, password).await.problem_at(422, "invalid_input", "/newPassword");
    }
    confirm(&token, NEW).await.expect(204);
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let send = || post("/api/v1/auth/password/reset/confirm");
    let cases = [
        ("resetToken", Value::Null),
        ("newPassword", Value::Null),
        ("resetToken", json!(7)),
        ("email", json!("a")),
    ];
    names_the_member_at_fault(&json!({"resetToken": "x", "newPassword": NEW}), cases, send).await;
    for token in ["", "x", &"A".repeat(22), &"A".repeat(500)] {
        confirm(token, NEW).await.problem_at(422, "invalid_reset_token", "/resetToken");
    }
    wants_a_json_object(send).await;
}
