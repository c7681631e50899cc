//! `GET /readyz`

use serde_json::json;

use crate::harness::{Answer, get};

#[tokio::test]
async fn every_table_and_the_bus_answer() {
    let answer = Answer::to(get("/readyz")).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let checks = json!({
        "identity table": "ok", "catalog table": "ok", "stock table": "ok", "carts table": "ok", "orders table": "ok",
        "payments table": "ok", "notifications table": "ok", "webhooks table": "ok", "idempotency table": "ok",
        "journal table": "ok", "event bus": "ok",
    });
    assert_eq!(answer.expect(200), json!({"status": "ready", "checks": checks}));
}

#[tokio::test]
async fn a_token_is_of_no_interest() {
    Answer::to(get("/readyz").bearer_auth("nonsense")).await.expect(200);
}
