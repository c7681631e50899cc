//! Making a machine client. There is no route to this: whoever IAM lets calls it directly.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{everything_in, invoke};

/// A new client with `scopes`: its id and its secret.
pub(super) async fn client(scopes: &[&str]) -> (String, String) {
    let order = json!({"name": "a test's client", "scopes": scopes});
    let created = invoke("CreateClient", &order).await.unwrap();
    let text = |member: &str| created[member].as_str().unwrap().to_owned();
    (text("clientId"), text("clientSecret"))
}

#[tokio::test]
async fn a_client_gets_an_id_and_a_secret_that_is_kept_as_a_hash() {
    let order = json!({"name": " Warehouse ", "scopes": ["stock:write", "orders:read"]});
    let created = invoke("CreateClient", &order).await.unwrap();
    assert!(created["clientId"].as_str().unwrap().parse::<Uuid>().is_ok());
    let secret = created["clientSecret"].as_str().unwrap();
    assert_eq!(secret.len(), 43, "256 bits");
    assert_eq!(
        (&created["name"], &created["scopes"]),
        (&json!("Warehouse"), &json!(["orders:read", "stock:write"]))
    );
    for table in ["IDENTITY_TABLE", "JOURNAL_TABLE"] {
        let all = everything_in(table).await;
        assert!(!all.contains(secret), "{table}");
        assert!(all.contains(created["clientId"].as_str().unwrap()), "{table}");
    }
    let again = invoke("CreateClient", &order).await.unwrap();
    assert_ne!(again["clientId"], created["clientId"]);
    assert_ne!(again["clientSecret"], created["clientSecret"]);
}

#[tokio::test]
async fn an_order_that_is_not_understood_says_why() {
    for (order, why) in [
        (json!({"name": "x", "scopes": ["everything"]}), "everything"),
        (json!({"name": "", "scopes": []}), "name"),
        (json!({"scopes": []}), "name"),
        (json!({"name": "x", "scopes": [], "secret": "mine"}), "secret"),
        (Value::Null, "object"),
    ] {
        let refused = invoke("CreateClient", &order).await.unwrap_err();
        assert_eq!(refused["errorType"], "invalid_input", "{order}");
        assert!(refused["errorMessage"].as_str().unwrap().contains(why), "{order}: {refused}");
    }
}
