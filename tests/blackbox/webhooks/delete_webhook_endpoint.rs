//! `DELETE /api/v1/webhooks/endpoints/{id}`

use serde_json::json;
use uuid::Uuid;

use super::{
    ENDPOINTS, delivery_after, event, key, let_it_be_due, listening, message, register, remove, route, tell,
    unique_type,
};
use crate::harness::{
    customer_with, delete, get, invoke, item, journal_of, operator, sqs_batch, wants_a_token, wants_the_scope,
};

#[tokio::test]
async fn an_endpoint_is_gone_and_the_journal_remembers() {
    let made = register("https://erp.example.com/", &[&unique_type()]).await;
    remove(&made).await;
    let keeper = operator().await;
    keeper.ask(get(&route(&made))).await.problem(404, "not_found");
    keeper.ask(get(&format!("{}/deliveries", route(&made)))).await.problem(404, "not_found");
    keeper.ask(delete(&route(&made))).await.problem(404, "not_found");
    let told = journal_of(&format!("webhook-endpoint/{}", made["id"].as_str().unwrap())).await;
    assert_eq!((told.len(), &told[1]["type"]), (2, &json!("webhooks.endpoint_deleted")));
    assert_eq!(told[1]["sequence"], 2);
}

#[tokio::test]
async fn what_was_on_its_way_is_cancelled() {
    let (receiver, made, kind) = listening().await;
    receiver.always(503);
    tell(&event(&kind)).await;
    let waiting = delivery_after(&made, 2).await;
    remove(&made).await;
    let_it_be_due(&waiting).await;
    let answer = invoke("DeliverWebhook", &sqs_batch(&[("m", message(&waiting))])).await.unwrap();
    assert_eq!(answer["batchItemFailures"], json!([]));
    let kept = item("WEBHOOKS_TABLE", &key(&waiting), "DELIVERY").await.unwrap();
    assert_eq!(kept["status"].as_s().unwrap(), "canceled");
    assert!(!kept.contains_key("dueShard"), "it is not found again");
    assert_eq!(receiver.heard().len(), 2, "nothing more was sent");
}

#[tokio::test]
async fn only_who_may_change_endpoints_removes_it() {
    let made = register("https://erp.example.com/", &[&unique_type()]).await;
    wants_a_token(|| delete(&route(&made))).await;
    wants_the_scope("webhooks:write", || delete(&route(&made))).await;
    customer_with(&["orders:read"]).await.ask(delete(&route(&made))).await.problem(403, "insufficient_scope");
    operator().await.ask(delete(&format!("{ENDPOINTS}/{}", Uuid::new_v4()))).await.problem(404, "not_found");
    customer_with(&["webhooks:write"]).await.ask(delete(&route(&made))).await.expect(204);
}
