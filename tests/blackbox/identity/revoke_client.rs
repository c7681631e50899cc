//! `DELETE /api/v1/admin/clients/{id}`

use uuid::Uuid;

use super::list_clients::{CLIENTS, seen};
use crate::harness::{client, customer_with, delete, journal_of, token_of, wants_the_scope};

fn path(id: &str) -> String {
    format!("{CLIENTS}/{id}")
}

#[tokio::test]
async fn a_client_that_was_taken_back_gets_no_token() {
    let operator = customer_with(&["operations:write"]).await;
    let (id, secret) = client(&["loms"]).await;
    token_of(&id, &secret).await.expect(200);
    let answer = operator.ask(delete(&path(&id))).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    token_of(&id, &secret).await.expect(401);
    assert!(seen(&operator, &id).await.is_none());
    operator.ask(delete(&path(&id))).await.problem(404, "not_found");
    operator.ask(delete(&path("7"))).await.problem_at(400, "invalid_parameter", "/path/id");
    let told = journal_of(&format!("client/{id}")).await;
    assert_eq!(told.last().unwrap()["type"], "identity.client_revoked");
}

#[tokio::test]
async fn clients_are_taken_back_by_operators() {
    let path = path(&Uuid::new_v4().to_string());
    wants_the_scope("operations:write", || delete(&path)).await;
}
