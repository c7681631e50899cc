//! `POST /api/v1/auth/password/change`

use serde_json::{Value, json};

use crate::harness::{
    Answer, PASSWORD, Person, access_token, customer, get, log_in, names_the_member_at_fault, post,
    wants_a_token,
};

const NEW: &str = "a wholly new password";

async fn change(person: &Person, current: &str, new: &str) -> Answer {
    let body = json!({"currentPassword": current, "newPassword": new});
    person.ask(post("/api/v1/auth/password/change").json(&body)).await
}

async fn refresh(session: &Value) -> Answer {
    let body = json!({"refreshToken": session["refreshToken"]});
    Answer::to(post("/api/v1/auth/refresh").json(&body)).await
}

#[tokio::test]
async fn every_other_session_ends_and_this_one_goes_on() {
    let anna = customer().await;
    let (here, there) = (log_in(&anna.email, PASSWORD).await, log_in(&anna.email, PASSWORD).await);
    let here = refresh(&here).await.expect(200);
    let anna = Person { token: access_token(&here), ..anna };
    let answer = change(&anna, PASSWORD, NEW).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    refresh(&there).await.problem(401, "invalid_refresh_token");
    refresh(&here).await.expect(200);
    let login = |password: &str| {
        Answer::to(post("/api/v1/auth/login/email").json(&json!({"email": anna.email, "password": password})))
    };
    login(PASSWORD).await.problem(401, "invalid_credentials");
    login(NEW).await.expect(200);
    let sessions = anna.ask(get("/api/v1/users/me/sessions")).await.expect(200);
    assert_eq!(sessions["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn who_does_not_know_the_password_changes_nothing_and_is_stopped() {
    let anna = customer().await;
    change(&anna, "a wrong password", NEW).await.problem_at(422, "wrong_password", "/currentPassword");
    let mut guesses = 1;
    while change(&anna, "a wrong password", NEW).await.status == 422 {
        guesses += 1;
    }
    // The quarter of an hour may have turned in between.
    assert!((10..20).contains(&guesses), "{guesses}");
    change(&anna, PASSWORD, NEW).await.problem(429, "too_many_attempts");
    log_in(&anna.email, PASSWORD).await;
}

#[tokio::test]
async fn the_new_password_keeps_the_rules() {
    let anna = customer().await;
    let send = || post("/api/v1/auth/password/change").bearer_auth(&anna.token);
    let cases = [
        ("newPassword", json!("short")),
        ("newPassword", json!("Password1234")),
        ("newPassword", json!(anna.email)),
        ("newPassword", json!("x".repeat(129))),
        ("newPassword", Value::Null),
        ("currentPassword", Value::Null),
    ];
    let body = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    names_the_member_at_fault(&body, cases, send).await;
}

#[tokio::test]
async fn nobody_changes_a_password_without_a_token() {
    let body = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    wants_a_token(|| post("/api/v1/auth/password/change").json(&body)).await;
}
