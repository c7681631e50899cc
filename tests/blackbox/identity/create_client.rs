//! Creating a machine client. It has no route: a caller that IAM allows invokes the function.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, claims, client_token, delete, everything_in, get, invoke, post, put};

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

/// A program is a customer only where an operator made it one: without `orders:write` it has no cart, no orders and no profile of its own.
#[tokio::test]
async fn a_client_is_no_customer_without_the_scope() {
    for token in [client_token(&[]).await, client_token(&["loms", "stock:write", "orders:read"]).await] {
        for request in [
            get("/api/v1/cart"),
            put("/api/v1/cart/items/1001").json(&json!({"quantity": 1})),
            post("/api/v1/cart/snapshot"),
            post("/api/v1/orders/checkout"),
            post("/api/v1/orders").json(&json!({"productId": "1001"})),
            get("/api/v1/orders/me"),
            get("/api/v1/users/me"),
            delete("/api/v1/users/me"),
        ] {
            let refused = Answer::to(request.bearer_auth(&token)).await;
            assert_eq!(refused.problem(403, "insufficient_scope")["scope"], "orders:write");
        }
    }
    let token = client_token(&["orders:write"]).await;
    Answer::to(get("/api/v1/cart").bearer_auth(&token)).await.expect(200);
    assert_eq!(claims(&token)["client_id"], claims(&token)["sub"]);
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
