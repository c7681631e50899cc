//! `POST /api/v1/admin/clients/{id}/rotate`

use serde_json::{Value, json};
use uuid::Uuid;

use super::list_clients::CLIENTS;
use crate::harness::{
    client, customer_with, everything_in, journal_of, names_the_member_at_fault, post, token_of,
    wants_the_scope,
};

fn path(id: &str) -> String {
    format!("{CLIENTS}/{id}/rotate")
}

#[tokio::test]
async fn two_secrets_are_good_for_a_while_and_a_leaked_one_is_not() {
    let operator = customer_with(&["operations:write"]).await;
    let (id, first) = client(&["loms"]).await;
    let rotated = operator.ask(post(&path(&id))).await.expect(200);
    let second = rotated["clientSecret"].as_str().unwrap();
    assert!(rotated["previousSecretUntil"].is_string());
    for secret in [&first, second] {
        token_of(&id, secret).await.expect(200);
    }
    let rotated = operator.ask(post(&path(&id)).json(&json!({"overlapHours": 0}))).await.expect(200);
    let third = rotated["clientSecret"].as_str().unwrap();
    assert!(rotated.get("previousSecretUntil").is_none());
    for secret in [&first, second] {
        assert_eq!(token_of(&id, secret).await.expect(401)["error"], "invalid_client");
    }
    token_of(&id, third).await.expect(200);
    for table in ["IDENTITY_TABLE", "JOURNAL_TABLE"] {
        assert!(!everything_in(table).await.contains(third), "{table}");
    }
    let told = journal_of(&format!("client/{id}")).await;
    let kinds: Vec<&Value> = told.iter().map(|event| &event["type"]).collect();
    assert_eq!(kinds, ["identity.client_created", "identity.client_rotated", "identity.client_rotated"]);
    assert_eq!(told[2]["actor"]["id"], operator.id);
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let operator = customer_with(&["operations:write"]).await;
    let (id, _) = client(&["loms"]).await;
    let send = || post(&path(&id)).bearer_auth(&operator.token);
    let cases = [("overlapHours", json!(169)), ("overlapHours", json!(-1)), ("overlap", json!(1))];
    names_the_member_at_fault(&json!({}), cases, send).await;
    operator.ask(post(&path("7"))).await.problem_at(400, "invalid_parameter", "/path/id");
    operator.ask(post(&path(&Uuid::new_v4().to_string()))).await.problem(404, "not_found");
}

#[tokio::test]
async fn secrets_are_for_operators() {
    let path = path(&Uuid::new_v4().to_string());
    wants_the_scope("operations:write", || post(&path)).await;
}
