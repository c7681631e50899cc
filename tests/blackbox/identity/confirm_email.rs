//! `POST /api/v1/auth/verify/email/confirm`

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::registering::{age, send};
use super::sending::{self, EMAIL, accepted};
use crate::harness::{
    customer, item, names_the_member_at_fault, post, registration, set_number, wants_a_json_object,
};

/// A customer's login with a code on its way, and the code.
async fn sent() -> (String, String) {
    let login = EMAIL.login(&customer().await);
    accepted(EMAIL.send(&login).await);
    let code = EMAIL.code(&login, 1).await;
    (login, code)
}

/// A code that is not `code`.
fn wrong(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

#[tokio::test]
async fn the_code_verifies_the_login_once() {
    sending::verifies(EMAIL).await;
}

#[tokio::test]
async fn twenty_guesses_at_once_count_as_twenty() {
    let (login, code) = sent().await;
    let wrong = wrong(&code);
    for answer in join_all((0..20).map(|_| EMAIL.confirm(&login, &wrong))).await {
        answer.problem_at(422, "invalid_code", "/code");
    }
    let kept = item("IDENTITY_TABLE", &format!("CODE#verify:email:{login}"), "CODE").await.unwrap();
    assert_eq!(kept["tries"].as_n().unwrap(), "5", "as many were let in as there may be, and no more");
    EMAIL.confirm(&login, &code).await.problem(422, "invalid_code");
}

#[tokio::test]
async fn the_fifth_try_may_be_the_right_one() {
    let (login, code) = sent().await;
    for _ in 0..4 {
        EMAIL.confirm(&login, &wrong(&code)).await.problem(422, "invalid_code");
    }
    EMAIL.confirm(&login, &code).await.expect(204);
}

#[tokio::test]
async fn a_code_is_used_once_however_many_bring_it_at_once() {
    let (login, code) = sent().await;
    let answers = join_all((0..4).map(|_| EMAIL.confirm(&login, &code))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 204) {
        answer.problem(422, "invalid_code");
    }
}

#[tokio::test]
async fn an_old_code_is_refused_whether_or_not_its_item_is_gone() {
    let (login, code) = sent().await;
    set_number("IDENTITY_TABLE", &format!("CODE#verify:email:{login}"), "CODE", "expiresAt", 1).await;
    EMAIL.confirm(&login, &code).await.problem(422, "invalid_code");
}

#[tokio::test]
async fn anothers_code_verifies_nothing() {
    let ((login, code), (other, others)) = (sent().await, sent().await);
    if code != others {
        EMAIL.confirm(&login, &others).await.problem(422, "invalid_code");
        EMAIL.confirm(&other, &code).await.problem(422, "invalid_code");
    }
    EMAIL.confirm(&EMAIL.nobodys(), &code).await.problem(422, "invalid_code");
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let confirm = || post("/api/v1/auth/verify/email/confirm");
    let mut cases = vec![("email", Value::Null), ("email", json!("x")), ("code", Value::Null)];
    cases.extend(["", "12345", "1234567", "abcdef"].map(|code| ("code", json!(code))));
    cases.push(("code", json!(123_456)));
    names_the_member_at_fault(&json!({"email": EMAIL.nobodys(), "code": "012345"}), cases, confirm).await;
    wants_a_json_object(confirm).await;
}

#[tokio::test]
async fn a_login_that_was_not_proved_in_time_opens_the_account_once_it_is() {
    sending::waits_for_a_proof(EMAIL).await;
}

/// A verified login can not be registered by another account, however old the proof is.
#[tokio::test]
async fn a_proof_keeps_the_login() {
    let anna = customer().await;
    accepted(EMAIL.send(&anna.email).await);
    EMAIL.confirm(&anna.email, &EMAIL.code(&anna.email, 1).await).await.expect(204);
    age(&anna).await;
    let mut late = registration();
    late["email"] = json!(anna.email);
    send("email", &late).await.problem(409, "email_taken");
}
