//! `POST /api/v1/users/me/second-factor`

use serde_json::{Value, json};

use super::second_factor::{app_of, confirm, enrol, log_in_with, operator_with_app};
use crate::harness::{
    PASSWORD, customer, customer_with, everything_in, members, names_the_member_at_fault, post,
    wants_a_json_object, wants_a_token,
};

const ROUTE: &str = "/api/v1/users/me/second-factor";

#[tokio::test]
async fn an_operator_gets_a_secret_that_counts_for_nothing_yet() {
    let olga = customer_with(&["orders:read"]).await;
    let answer = enrol(&olga, PASSWORD).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let enrolled = answer.expect(201);
    assert_eq!(members(&enrolled), ["otpauthUri", "secret"]);
    let (uri, secret) = (enrolled["otpauthUri"].as_str().unwrap(), enrolled["secret"].as_str().unwrap());
    assert!(uri.starts_with("otpauth://totp/") && uri.contains(&format!("secret={secret}&")), "{uri}");
    assert!(uri.contains("&algorithm=SHA1&digits=6&period=30"), "{uri}");
    log_in_with(&olga, None).await.expect(200);
}

#[tokio::test]
async fn the_secret_is_in_no_table_in_the_clear() {
    let olga = customer_with(&["orders:read"]).await;
    let enrolled = enrol(&olga, PASSWORD).await.expect(201);
    let codes = confirm(&olga, &app_of(&enrolled).code(0)).await.expect(200);
    let first = codes["recoveryCodes"][0].as_str().unwrap();
    for table in ["IDENTITY_TABLE", "JOURNAL_TABLE"] {
        let everything = everything_in(table).await;
        for secret in [enrolled["secret"].as_str().unwrap(), first, &first.replace('-', "")] {
            assert!(!everything.contains(secret), "{table}");
        }
    }
}

#[tokio::test]
async fn an_enrolment_that_was_not_confirmed_is_replaced() {
    let olga = customer_with(&["orders:read"]).await;
    let (first, second) =
        (enrol(&olga, PASSWORD).await.expect(201), enrol(&olga, PASSWORD).await.expect(201));
    assert_ne!(first["secret"], second["secret"]);
    confirm(&olga, &app_of(&first).code(0)).await.problem_at(422, "invalid_code", "/code");
    confirm(&olga, &app_of(&second).code(0)).await.expect(200);
}

#[tokio::test]
async fn one_that_is_enabled_is_not() {
    let olga = operator_with_app().await;
    enrol(&olga.person, PASSWORD).await.problem(409, "second_factor_enabled");
}

#[tokio::test]
async fn who_does_not_know_the_password_enrols_nothing_and_is_stopped() {
    let olga = customer_with(&["orders:read"]).await;
    for _ in 0..10 {
        enrol(&olga, "a wrong password").await.problem_at(422, "wrong_password", "/password");
    }
    enrol(&olga, PASSWORD).await.problem(429, "too_many_attempts");
    log_in_with(&olga, None).await.expect(200);
}

#[tokio::test]
async fn customers_have_none() {
    enrol(&customer().await, PASSWORD).await.problem(403, "second_factor_not_available");
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let olga = customer_with(&["orders:read"]).await;
    let request = || post(ROUTE).bearer_auth(&olga.token);
    let cases = [("password", Value::Null), ("password", json!(7)), ("code", json!("012345"))];
    names_the_member_at_fault(&json!({"password": PASSWORD}), cases, request).await;
    wants_a_json_object(request).await;
    wants_a_token(|| post(ROUTE).json(&json!({"password": PASSWORD}))).await;
}
