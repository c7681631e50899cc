//! `GET /readyz`

use futures_util::future::join_all;
use serde_json::json;

use crate::harness::{Answer, get};

/// One test: beside a flood, another could be refused with 429.
#[tokio::test]
async fn every_table_and_the_bus_answer_and_a_flood_takes_nothing_from_other_routes() {
    let answer = Answer::to(get("/readyz").bearer_auth("of no interest")).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let checks = json!({
        "identity table": "ok", "catalog table": "ok", "pricing table": "ok", "stock table": "ok", "carts table": "ok", "orders table": "ok",
        "payments table": "ok", "notifications table": "ok", "webhooks table": "ok", "idempotency table": "ok",
        "journal table": "ok", "event bus": "ok",
    });
    assert_eq!(answer.expect(200), json!({"status": "ready", "checks": checks}));

    // 429 is the gateway's own answer, which the API document does not know.
    let ask = async |_| get("/readyz").send().await.unwrap().status().as_u16();
    let statuses = join_all((0..60).map(ask)).await;
    // 503 is what a busy machine leaves too little time for.
    assert!(statuses.iter().all(|status| [200, 429, 503].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&429), "{statuses:?}");
    Answer::to(get("/healthz")).await.expect(200);
}
