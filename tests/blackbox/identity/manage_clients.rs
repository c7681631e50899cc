//! Listing, rotating and revoking machine clients without a route: a caller that IAM allows invokes the function.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{client, invoke, token_of};

#[tokio::test]
async fn a_client_is_seen_rotated_and_taken_back() {
    let (id, first) = client(&["loms"]).await;
    let list = invoke("ManageClients", &json!({"action": "list"})).await.unwrap();
    assert!(list["items"].as_array().unwrap().iter().any(|one| one["clientId"] == id));
    let order = json!({"action": "rotate", "clientId": id, "overlapHours": 0});
    let rotated = invoke("ManageClients", &order).await.unwrap();
    token_of(&id, &first).await.expect(401);
    let secret = rotated["clientSecret"].as_str().unwrap();
    token_of(&id, secret).await.expect(200);
    invoke("ManageClients", &json!({"action": "revoke", "clientId": id})).await.unwrap();
    token_of(&id, secret).await.expect(401);
}

#[tokio::test]
async fn an_order_that_is_not_understood_says_why() {
    for (order, code) in [
        (Value::Null, "invalid_input"),
        (json!({"action": "forget"}), "invalid_input"),
        (json!({"action": "rotate"}), "invalid_input"),
        (json!({"action": "rotate", "clientId": Uuid::new_v4(), "overlapHours": 169}), "invalid_input"),
        (json!({"action": "revoke", "clientId": Uuid::new_v4()}), "not_found"),
    ] {
        let refused = invoke("ManageClients", &order).await.unwrap_err();
        assert_eq!(refused["errorType"], code, "{order}: {refused}");
    }
}
