//! `GET /api/v1/users/me/export`

use serde_json::{Value, json};

use crate::harness::{customer, get, invoke, patch, wants_a_token};

const EXPORT: &str = "/api/v1/users/me/export";

#[tokio::test]
async fn a_person_takes_everything_with_them() {
    let anna = customer().await;
    anna.ask(patch("/api/v1/users/me").json(&json!({"firstName": "Мария"}))).await.expect(200);
    invoke("GrantScopes", &json!({"userId": anna.id, "scopes": ["loms"]})).await.unwrap();
    let me = anna.ask(get("/api/v1/users/me")).await.expect(200);
    let export = anna.ask(get(EXPORT)).await.expect(200);
    for (member, value) in me.as_object().unwrap() {
        assert_eq!(&export[member], value, "{member}");
    }
    assert_eq!(export["scopes"], json!(["loms"]));
    let kinds = |member: &str| -> Vec<Value> {
        export[member].as_array().unwrap().iter().map(|event| event["type"].clone()).collect()
    };
    let history = ["identity.user_registered", "identity.profile_changed", "identity.scopes_granted"];
    assert_eq!(kinds("history"), history);
    assert_eq!(kinds("logins"), ["identity.logged_in"]);
    assert_eq!(export["logins"][0]["data"]["by"], "email");
    assert_eq!(export["sessions"].as_array().unwrap().len(), 1);
    let text = export.to_string();
    assert!(!text.contains("argon2") && !text.contains("Hash"), "no hash leaves: {text}");
}

#[tokio::test]
async fn nobody_is_exported_without_a_token() {
    wants_a_token(|| get(EXPORT)).await;
}
