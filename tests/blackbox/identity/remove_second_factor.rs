//! `POST /api/v1/users/me/second-factor/remove`

use serde_json::{Value, json};

use super::second_factor::{enrol, log_in_with, operator_with_app, remove};
use crate::harness::{
    PASSWORD, customer_with, delete, item, journal_of, names_the_member_at_fault, post, wants_a_json_object,
    wants_a_token,
};

const ROUTE: &str = "/api/v1/users/me/second-factor/remove";

#[tokio::test]
async fn both_factors_remove_it() {
    let olga = operator_with_app().await;
    let answer = remove(&olga.person, PASSWORD, &olga.app.code(1)).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    log_in_with(&olga.person, None).await.expect(200);
    let journal = journal_of(&format!("user/{}", olga.person.id)).await;
    assert_eq!(journal.last().unwrap()["type"], "identity.second_factor_removed");
    remove(&olga.person, PASSWORD, &olga.app.code(1)).await.problem(404, "not_found");
    enrol(&olga.person, PASSWORD).await.expect(201);
}

#[tokio::test]
async fn a_recovery_code_removes_it_where_the_app_is_lost() {
    let olga = operator_with_app().await;
    assert_eq!(remove(&olga.person, PASSWORD, &olga.recovery[9]).await.status, 204);
    log_in_with(&olga.person, None).await.expect(200);
}

#[tokio::test]
async fn one_factor_alone_removes_nothing() {
    let olga = operator_with_app().await;
    let wrong = remove(&olga.person, "a wrong password", &olga.app.code(1)).await;
    wrong.problem_at(422, "wrong_password", "/password");
    remove(&olga.person, PASSWORD, &olga.used).await.problem_at(422, "invalid_code", "/code");
    log_in_with(&olga.person, None).await.problem(401, "second_factor_required");
    assert_eq!(remove(&olga.person, PASSWORD, &olga.app.code(1)).await.status, 204, "nothing was used up");
}

#[tokio::test]
async fn it_goes_with_the_account() {
    let olga = operator_with_app().await;
    let key = format!("USER#{}", olga.person.id);
    assert!(item("IDENTITY_TABLE", &key, "SECOND_FACTOR").await.is_some());
    olga.person.ask(delete("/api/v1/users/me")).await;
    assert!(item("IDENTITY_TABLE", &key, "SECOND_FACTOR").await.is_none());
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let olga = customer_with(&["orders:read"]).await;
    let request = || post(ROUTE).bearer_auth(&olga.token);
    let right = json!({"password": PASSWORD, "code": "012345"});
    let cases = [("password", Value::Null), ("code", Value::Null), ("code", json!("1")), ("more", json!(1))];
    names_the_member_at_fault(&right, cases, request).await;
    wants_a_json_object(request).await;
    wants_a_token(|| post(ROUTE).json(&right)).await;
}
