//! `POST /api/v1/users/me/logins`

use serde_json::{Value, json};

use super::sending::{EMAIL, accepted, paused};
use crate::harness::{
    Answer, PASSWORD, Person, customer, emails, get, in_seconds, names_the_member_at_fault, post, set_text,
    unique_email, wants_a_json_object, wants_a_token,
};

pub(super) const LOGINS: &str = "/api/v1/users/me/logins";

/// Asks for the code that adds a login.
pub(super) async fn add(person: &Person, body: &Value) -> Answer {
    person.ask(post(LOGINS).json(body)).await
}

#[tokio::test]
async fn the_code_goes_to_the_new_address_and_to_no_other() {
    let anna = customer().await;
    let new = unique_email();
    accepted(add(&anna, &json!({"email": new})).await);
    EMAIL.code(&new, 1).await;
    assert!(emails(&anna.email).await.is_empty());
    let me = anna.ask(get("/api/v1/users/me")).await.expect(200);
    assert_eq!(me["email"], anna.email, "nothing has changed yet");
    paused(add(&anna, &json!({"email": new})).await);
}

/// The answer is the same, and nothing is sent.
#[tokio::test]
async fn what_another_account_proved_is_not_told() {
    let (anna, boris) = (customer().await, customer().await);
    accepted(EMAIL.send(&boris.email).await);
    EMAIL.confirm(&boris.email, &EMAIL.code(&boris.email, 1).await).await.expect(204);
    let free = accepted(add(&anna, &json!({"email": unique_email()})).await);
    assert_eq!(accepted(add(&anna, &json!({"email": boris.email})).await), free);
    assert_eq!(EMAIL.received(&boris.email, "verification_code").await.len(), 1);
}

#[tokio::test]
async fn an_old_login_needs_the_password() {
    let anna = customer().await;
    let seen = anna.ask(get("/api/v1/users/me/sessions")).await.expect(200);
    let session = format!("SESSION#{}", seen["items"][0]["id"].as_str().unwrap());
    let key = format!("USER#{}", anna.id);
    set_text("IDENTITY_TABLE", &key, &session, "startedAt", &in_seconds(-6 * 60)).await;
    let new = unique_email();
    add(&anna, &json!({"email": new})).await.problem(403, "fresh_login_required");
    let wrong = json!({"email": new, "password": "a wrong password"});
    add(&anna, &wrong).await.problem_at(422, "wrong_password", "/password");
    accepted(add(&anna, &json!({"email": new, "password": PASSWORD})).await);
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let anna = customer().await;
    let send = || post(LOGINS).bearer_auth(&anna.token);
    let cases = [("email", json!("x")), ("password", json!("")), ("role", json!("a"))];
    names_the_member_at_fault(&json!({"email": unique_email()}), cases, send).await;
    for body in [json!({}), json!({"email": unique_email(), "phone": anna.phone})] {
        add(&anna, &body).await.problem_at(422, "invalid_input", "/email");
    }
    wants_a_json_object(send).await;
}

#[tokio::test]
async fn nobody_adds_a_login_without_a_token() {
    wants_a_token(|| post(LOGINS).json(&json!({"email": "a@example.com"}))).await;
}
