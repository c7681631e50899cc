//! `POST /api/v1/auth/password/reset/confirm`

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::logging_in::try_from;
use super::request_password_reset::request;
use super::sending::{EMAIL, PHONE, accepted, unique_address};
use crate::harness::{
    Answer, PASSWORD, Person, access_token, customer, get, journal_of, log_in, names_the_member_at_fault,
    post, wants_a_json_object,
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
    for count in 1..=2 {
        let password = format!("{NEW} by email {count}");
        let token = token(&anna, count).await;
        EMAIL.let_the_pause_pass("reset", &anna.email).await;
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

/// A reset forgets what others failed at.
#[tokio::test]
async fn a_reset_ends_a_lockout() {
    let anna = customer().await;
    let token = token(&anna, 1).await;
    let address = unique_address();
    let guess = async |password: &str| try_from(&address, "email", &anna.email, password).await;
    while guess("a wrong password").await.status == 401 {}
    guess(PASSWORD).await.problem(429, "too_many_attempts");
    confirm(&token, NEW).await.expect(204);
    guess(NEW).await.expect(200);
}

#[tokio::test]
async fn a_bad_password_uses_nothing_up() {
    let anna = customer().await;
    let token = token(&anna, 1).await;
    for password in ["short", "password1234", &"x".repeat(129), &anna.email] {
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

/// Who registered another's address together with their own number loses the account when its owner resets the password by email: the token
/// proves the address, and the number goes. Nor does a token help that was sent to the number before.
#[tokio::test]
async fn a_reset_takes_the_account_from_who_registered_it_with_anothers_address() {
    let victim = customer().await;
    accepted(request(PHONE, &victim.phone).await);
    let theirs = PHONE.token(&victim.phone, 1).await;
    confirm(&token(&victim, 1).await, NEW).await.expect(204);
    confirm(&theirs, PASSWORD).await.problem(422, "invalid_reset_token");
    try_password(&victim, NEW).await.expect(200);
    let by_phone = json!({"phone": victim.phone, "password": NEW});
    let answer = Answer::to(post("/api/v1/auth/login/phone").json(&by_phone)).await;
    answer.problem(401, "invalid_credentials");
    PHONE.let_the_pause_pass("reset", &victim.phone).await;
    accepted(request(PHONE, &victim.phone).await);
    let me = Person { token: access_token(&log_in(&victim.email, NEW).await), ..victim.clone() };
    let profile = me.ask(get("/api/v1/users/me")).await.expect(200);
    assert_eq!((&profile["emailVerified"], profile.get("phone")), (&json!(true), None));
    let told: Vec<Value> = journal_of(&format!("user/{}", victim.id)).await;
    let kinds: Vec<&str> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let expected = [
        "identity.user_registered",
        "identity.password_changed",
        "identity.email_verified",
        "identity.login_removed",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(told[3]["data"]["reason"], "unverified");
}

/// A token that is on its way when its login is taken off opens nothing.
#[tokio::test]
async fn a_token_for_a_login_that_was_taken_off_is_no_good() {
    let anna = customer().await;
    let token = token(&anna, 1).await;
    accepted(PHONE.send(&anna.phone).await);
    PHONE.confirm(&anna.phone, &PHONE.code(&anna.phone, 1).await).await.expect(204);
    confirm(&token, NEW).await.problem(422, "invalid_reset_token");
    try_password(&anna, PASSWORD).await.problem(401, "invalid_credentials");
}
