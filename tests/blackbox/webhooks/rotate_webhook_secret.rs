//! `POST /api/v1/webhooks/endpoints/{id}/rotate-secret`

use serde_json::json;
use uuid::Uuid;

use super::{ENDPOINTS, event, listening, register, remove, route, signed, tell, unique_type};
use crate::harness::{customer_with, journal_of, operator, post, wants_a_token, wants_the_scope, without};

fn rotate(endpoint: &serde_json::Value) -> String {
    format!("{}/rotate-secret", route(endpoint))
}

/// A receiver changes its secret when it likes: for a day both are good.
#[tokio::test]
async fn both_secrets_sign_side_by_side() {
    let (receiver, made, kind) = listening().await;
    let rotated = operator().await.ask(post(&rotate(&made))).await.expect(200);
    assert_ne!(rotated["secret"], made["secret"]);
    assert!(rotated["previousSecretExpiresAt"].as_str() > rotated["secretCreatedAt"].as_str(), "{rotated}");
    tell(&event(&kind)).await;
    let heard = receiver.hears(1).await.remove(0);
    assert_eq!(heard.header("webhook-signature").split(' ').count(), 2);
    assert!(signed(&heard, &made["secret"]) && signed(&heard, &rotated["secret"]));

    let told = journal_of(&format!("webhook-endpoint/{}", made["id"].as_str().unwrap())).await;
    assert_eq!((told.len(), &told[1]["type"]), (2, &json!("webhooks.secret_rotated")));
    assert!(!told[1].to_string().contains("whsec_"));
    remove(&made).await;
}

#[tokio::test]
async fn the_same_request_with_the_same_key_is_one_secret() {
    let made = register("https://erp.example.com/", &[&unique_type()]).await;
    let (keeper, key) = (operator().await, Uuid::new_v4().to_string());
    let ask = || keeper.ask(post(&rotate(&made)).header("idempotency-key", &key));
    let first = ask().await.expect(200);
    let again = ask().await;
    assert_eq!(again.header("x-idempotent-replay"), "true");
    assert_eq!(again.expect(200), first);
    let other = keeper.ask(post(&rotate(&made))).await.expect(200);
    assert_ne!(other["secret"], first["secret"]);
    assert_eq!(ask().await.expect(200), without(&first, "secret"), "it is no longer the endpoint's");
    assert_eq!(other["version"], 3);
    remove(&made).await;
}

#[tokio::test]
async fn only_who_may_change_endpoints_rotates() {
    let made = register("https://erp.example.com/", &[&unique_type()]).await;
    wants_a_token(|| post(&rotate(&made))).await;
    wants_the_scope("webhooks:write", || post(&rotate(&made))).await;
    customer_with(&["orders:read"]).await.ask(post(&rotate(&made))).await.problem(403, "insufficient_scope");
    let nowhere = format!("{ENDPOINTS}/{}/rotate-secret", Uuid::new_v4());
    operator().await.ask(post(&nowhere)).await.problem(404, "not_found");
    remove(&made).await;
}
