//! `POST /api/v1/users/me/second-factor/confirm`, and logging in after it.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::ops_session::sign_in;
use super::second_factor::{App, app_of, confirm, enrol, forget_used_codes, log_in_with, operator_with_app};
use crate::harness::{
    Answer, PASSWORD, customer_with, journal_of, members, names_the_member_at_fault, post,
    wants_a_json_object, wants_a_token,
};

const ROUTE: &str = "/api/v1/users/me/second-factor/confirm";

async fn token(person: &str, otp: Option<&str>) -> Answer {
    let mut form = vec![("grant_type", "password"), ("username", person), ("password", PASSWORD)];
    form.extend(otp.map(|otp| ("otp", otp)));
    Answer::to(post("/token").form(&form)).await
}

/// A code that the app does not show now.
fn wrong(app: &App) -> String {
    let near: BTreeSet<String> = (-3..=3).map(|ahead| app.code(ahead)).collect();
    (0..10).map(|digit: u8| digit.to_string().repeat(6)).find(|code| !near.contains(code)).unwrap()
}

#[tokio::test]
async fn from_then_on_logins_need_a_code() {
    let olga = operator_with_app().await;
    let distinct: BTreeSet<&String> = olga.recovery.iter().collect();
    assert_eq!(distinct.len(), 10);
    log_in_with(&olga.person, None).await.problem(401, "second_factor_required");
    log_in_with(&olga.person, Some(&olga.app.code(1))).await.expect(200);
    let journal = journal_of(&format!("user/{}", olga.person.id)).await;
    assert_eq!(journal.last().unwrap()["type"], "identity.second_factor_enabled");
}

#[tokio::test]
async fn a_code_works_once_and_so_do_those_before_it() {
    let olga = operator_with_app().await;
    log_in_with(&olga.person, Some(&olga.used)).await.problem(401, "invalid_second_factor");
    let next = olga.app.code(1);
    log_in_with(&olga.person, Some(&next)).await.expect(200);
    log_in_with(&olga.person, Some(&next)).await.problem(401, "invalid_second_factor");
}

#[tokio::test]
async fn one_code_at_one_instant_lets_one_in() {
    let olga = operator_with_app().await;
    let code = olga.app.code(1);
    let answers = join_all((0..4).map(|_| log_in_with(&olga.person, Some(&code)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
}

#[tokio::test]
async fn the_code_is_not_looked_at_before_the_password() {
    let olga = operator_with_app().await;
    for code in [None, Some(olga.app.code(1)), Some(wrong(&olga.app))] {
        let mut body = json!({"email": olga.person.email, "password": "a wrong password"});
        if let Some(code) = code {
            body["code"] = json!(code);
        }
        Answer::to(post("/api/v1/auth/login/email").json(&body)).await.problem(401, "invalid_credentials");
    }
    log_in_with(&olga.person, Some(&olga.app.code(1))).await.expect(200);
}

#[tokio::test]
async fn five_wrong_codes_stop_the_app_and_not_a_recovery_code() {
    let olga = operator_with_app().await;
    let guesses =
        join_all((0..8).map(|_| async { log_in_with(&olga.person, Some(&wrong(&olga.app))).await.status }))
            .await;
    assert!(guesses.iter().all(|status| [401, 429].contains(status)), "{guesses:?}");
    assert!(guesses.iter().filter(|status| **status == 401).count() <= 5, "{guesses:?}");
    log_in_with(&olga.person, Some(&olga.app.code(1))).await.problem(429, "too_many_attempts");
    log_in_with(&olga.person, Some(&olga.recovery[0])).await.expect(200);
}

#[tokio::test]
async fn a_recovery_code_works_once() {
    let olga = operator_with_app().await;
    let typed = olga.recovery[3].to_lowercase().replace('-', " ");
    log_in_with(&olga.person, Some(&typed)).await.expect(200);
    log_in_with(&olga.person, Some(&olga.recovery[3])).await.problem(401, "invalid_second_factor");
    log_in_with(&olga.person, Some(&olga.recovery[4])).await.expect(200);
}

#[tokio::test]
async fn every_login_asks_for_it() {
    let olga = operator_with_app().await;
    let phone = json!({"phone": olga.person.phone, "password": PASSWORD});
    Answer::to(post("/api/v1/auth/login/phone").json(&phone)).await.problem(401, "second_factor_required");
    let page = json!({"login": olga.person.email, "password": PASSWORD});
    let answer = Answer::to(sign_in().json(&page)).await;
    assert!(answer.header("set-cookie").is_empty());
    answer.problem(401, "second_factor_required");
    let refused = token(&olga.person.email, None).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert_eq!(members(&refused.body), ["code", "error", "error_description"]);
    assert_eq!(
        (&refused.body["error"], &refused.body["code"]),
        (&json!("invalid_grant"), &json!("second_factor_required"))
    );

    token(&olga.person.email, Some(&olga.app.code(1))).await.expect(200);
    forget_used_codes(&olga.person).await;
    let mut phone = phone;
    phone["code"] = json!(olga.app.code(1));
    Answer::to(post("/api/v1/auth/login/phone").json(&phone)).await.expect(200);
    let mut page = page;
    page["code"] = json!(olga.recovery[0]);
    Answer::to(sign_in().json(&page)).await.expect(200);
}

#[tokio::test]
async fn a_wrong_code_enables_nothing() {
    let olga = customer_with(&["orders:read"]).await;
    confirm(&olga, "012345").await.problem(404, "not_found");
    let app = app_of(&enrol(&olga, PASSWORD).await.expect(201));
    confirm(&olga, &wrong(&app)).await.problem_at(422, "invalid_code", "/code");
    log_in_with(&olga, None).await.expect(200);
    confirm(&olga, &app.code(0)).await.expect(200);
    confirm(&olga, &app.code(1)).await.problem(409, "second_factor_enabled");
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let olga = customer_with(&["orders:read"]).await;
    let request = || post(ROUTE).bearer_auth(&olga.token);
    let cases =
        [("code", Value::Null), ("code", json!("12345")), ("code", json!(7)), ("password", json!("x"))];
    names_the_member_at_fault(&json!({"code": "012345"}), cases, request).await;
    wants_a_json_object(request).await;
    wants_a_token(|| post(ROUTE).json(&json!({"code": "012345"}))).await;
}
