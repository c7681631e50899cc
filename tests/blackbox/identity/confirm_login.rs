//! `POST /api/v1/users/me/logins/confirm`

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::add_login::{LOGINS, add};
use super::sending::{EMAIL, PHONE, accepted};
use crate::harness::{
    Answer, PASSWORD, Person, customer, get, journal_of, log_in, names_the_member_at_fault, post,
    registration, unique_email, wants_a_json_object, wants_a_token, without,
};

async fn confirm(person: &Person, body: &Value) -> Answer {
    person.ask(post(&format!("{LOGINS}/confirm")).json(body)).await
}

/// Adds `email` to `person`'s account, all the way.
async fn added(person: &Person, email: &str) -> Value {
    accepted(add(person, &json!({"email": email})).await);
    confirm(person, &json!({"email": email, "code": EMAIL.code(email, 1).await})).await.expect(200)
}

#[tokio::test]
async fn another_address_takes_the_place_of_the_one_before() {
    let anna = customer().await;
    let (first, second) = (unique_email(), unique_email());
    let me = added(&anna, &first).await;
    assert_eq!((&me["email"], &me["emailVerified"]), (&json!(first), &json!(true)));
    assert!(me.get("phone").is_none(), "what was never proved goes: {me}");
    accepted(add(&anna, &json!({"phone": anna.phone})).await);
    let code = PHONE.code(&anna.phone, 1).await;
    let me = confirm(&anna, &json!({"phone": anna.phone, "code": code})).await.expect(200);
    assert_eq!((&me["phone"], &me["phoneVerified"]), (&json!(anna.phone), &json!(true)));
    let me = added(&anna, &second).await;
    assert_eq!((&me["email"], &me["phone"]), (&json!(second), &json!(anna.phone)));
    assert_eq!(anna.ask(get("/api/v1/users/me")).await.expect(200), me);
    log_in(&second, PASSWORD).await;
    let old = json!({"email": first, "password": PASSWORD});
    Answer::to(post("/api/v1/auth/login/email").json(&old)).await.problem(401, "invalid_credentials");
    let told = journal_of(&format!("user/{}", anna.id)).await;
    let replaced = told.iter().find(|event| event["data"]["reason"] == "replaced").unwrap();
    assert_eq!(replaced["type"], "identity.login_removed");
    assert!(!json!(told).to_string().contains('@'), "no address stands in the journal");
}

/// Who proves a login takes it from an account that only claimed it; that account is closed, since nothing else opens it.
#[tokio::test]
async fn a_proof_takes_the_login_from_who_claimed_it() {
    let (anna, email) = (customer().await, unique_email());
    let mut claim = without(&registration(), "phone");
    claim["email"] = json!(email);
    let squatter = Answer::to(post("/register").json(&claim)).await.expect(201);
    let session = log_in(&email, PASSWORD).await;
    added(&anna, &email).await;
    let refresh = json!({"refreshToken": session["refreshToken"]});
    Answer::to(post("/api/v1/auth/refresh").json(&refresh)).await.problem(401, "invalid_refresh_token");
    let told = journal_of(&format!("user/{}", squatter["id"].as_str().unwrap())).await;
    assert_eq!(told.last().unwrap()["type"], "identity.user_deleted");
    log_in(&email, PASSWORD).await;
}

#[tokio::test]
async fn a_code_is_its_account_s_and_used_once() {
    let (anna, boris, email) = (customer().await, customer().await, unique_email());
    accepted(add(&anna, &json!({"email": email})).await);
    let code = EMAIL.code(&email, 1).await;
    let body = json!({"email": email, "code": code});
    confirm(&boris, &body).await.problem_at(422, "invalid_code", "/code");
    EMAIL.confirm(&email, &code).await.problem(422, "invalid_code");
    let answers = join_all((0..4).map(|_| confirm(&anna, &body))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 200) {
        answer.problem(422, "invalid_code");
    }
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let anna = customer().await;
    let send = || post(&format!("{LOGINS}/confirm")).bearer_auth(&anna.token);
    let cases = [("email", json!("x")), ("code", json!("12345")), ("code", Value::Null)];
    names_the_member_at_fault(&json!({"email": unique_email(), "code": "012345"}), cases, send).await;
    wants_a_json_object(send).await;
}

#[tokio::test]
async fn nobody_confirms_without_a_token() {
    wants_a_token(|| post(&format!("{LOGINS}/confirm")).json(&json!({}))).await;
}
