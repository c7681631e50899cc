//! The scheduled function that finds deliveries whose next attempt is due.

use serde_json::json;

use super::{delivery_after, delivery_that_is, event, let_it_be_due, listening, remove, tell};
use crate::harness::invoke;

/// Waits that are too long for a queue: found by the sweep when their time has come, and not before.
#[tokio::test]
async fn what_is_due_is_sent_and_what_is_not_waits() {
    let (receiver, made, kind) = listening().await;
    receiver.answer(500);
    receiver.answer(500);
    tell(&event(&kind)).await;
    let waiting = delivery_after(&made, 2).await;
    let swept = invoke("SweepDueWebhooks", &json!({})).await.unwrap();
    assert!(swept["queued"].is_u64(), "{swept}");
    assert_eq!(delivery_after(&made, 2).await["nextAttemptAt"], waiting["nextAttemptAt"]);
    let_it_be_due(&waiting).await;
    invoke("SweepDueWebhooks", &json!({})).await.unwrap();
    let delivered = delivery_that_is(&made, "delivered").await;
    assert_eq!(delivered["attempts"].as_array().unwrap().len(), 3);
    assert_eq!(receiver.heard().len(), 3);
    remove(&made).await;
}
