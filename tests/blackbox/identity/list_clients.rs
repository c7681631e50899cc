//! `GET /api/v1/admin/clients`

use serde_json::Value;

use crate::harness::{Person, client, customer_with, get, token_of, wants_the_scope};

pub(super) const CLIENTS: &str = "/api/v1/admin/clients";

/// The client `id` as `operator` sees it, if it is there.
pub(super) async fn seen(operator: &Person, id: &str) -> Option<Value> {
    let list = operator.ask(get(CLIENTS)).await.expect(200);
    list["items"].as_array().unwrap().iter().find(|one| one["clientId"] == id).cloned()
}

#[tokio::test]
async fn clients_are_listed_with_their_last_use_and_without_secrets() {
    let operator = customer_with(&["operations:write"]).await;
    let (id, secret) = client(&["loms"]).await;
    let unused = seen(&operator, &id).await.unwrap();
    assert_eq!((&unused["scopes"][0], unused.get("lastUsedAt")), (&Value::from("loms"), None));
    token_of(&id, &secret).await.expect(200);
    let first = seen(&operator, &id).await.unwrap();
    token_of(&id, &secret).await.expect(200);
    let used = seen(&operator, &id).await.unwrap();
    assert!(used["lastUsedAt"].is_string());
    assert_eq!(used["lastUsedAt"], first["lastUsedAt"], "written once an hour");
    assert!(!used.to_string().contains(&secret) && !used.to_string().to_lowercase().contains("hash"));
}

#[tokio::test]
async fn clients_are_for_operators() {
    wants_the_scope("operations:write", || get(CLIENTS)).await;
}
