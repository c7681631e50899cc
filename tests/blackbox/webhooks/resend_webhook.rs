//! `POST /api/v1/webhooks/endpoints/{id}/deliveries/{deliveryId}/resend`

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    change, delivery_after, delivery_that_is, event, listening, register, remove, route, tell, unique_type,
};
use crate::harness::{Answer, customer_with, operator, post, wants_a_token, wants_the_scope};

fn resend(endpoint: &Value, delivery: &Value) -> String {
    format!("{}/deliveries/{}/resend", route(endpoint), delivery["id"].as_str().unwrap())
}

async fn ask(endpoint: &Value, delivery: &Value) -> Answer {
    operator().await.ask(post(&resend(endpoint, delivery))).await
}

#[tokio::test]
async fn what_was_delivered_is_sent_again_under_the_same_id() {
    let (receiver, made, kind) = listening().await;
    tell(&event(&kind)).await;
    let delivered = delivery_that_is(&made, "delivered").await;
    let again = ask(&made, &delivered).await.expect(202);
    assert_eq!((&again["id"], &again["status"]), (&delivered["id"], &json!("pending")));
    let heard = receiver.hears(2).await;
    assert_eq!(heard[0].header("webhook-id"), heard[1].header("webhook-id"), "so that a receiver knows it");
    assert_eq!(heard[0].body, heard[1].body);
    let twice = delivery_after(&made, 2).await;
    assert_eq!(twice["attempts"][0], delivered["attempts"][0], "the log goes on");
    delivery_that_is(&made, "delivered").await;
    remove(&made).await;
}

/// A receiver that was mended need not wait for the schedule.
#[tokio::test]
async fn what_waits_is_sent_at_once() {
    let (receiver, made, kind) = listening().await;
    receiver.answer(500);
    receiver.answer(500);
    tell(&event(&kind)).await;
    let waiting = delivery_after(&made, 2).await;
    assert_eq!(waiting["status"], "pending");
    ask(&made, &waiting).await.expect(202);
    let delivered = delivery_that_is(&made, "delivered").await;
    assert_eq!(delivered["attempts"].as_array().unwrap().len(), 3);
    remove(&made).await;
}

#[tokio::test]
async fn what_failed_begins_its_schedule_anew() {
    let (receiver, made, kind) = listening().await;
    receiver.answer(410);
    tell(&event(&kind)).await;
    let failed = delivery_that_is(&made, "failed").await;
    ask(&made, &failed).await.problem(409, "endpoint_disabled");
    change(&made, &json!({"enabled": true})).await.expect(200);
    receiver.answer(500);
    ask(&made, &failed).await.expect(202);
    let delivered = delivery_that_is(&made, "delivered").await;
    let statuses: Vec<&Value> =
        delivered["attempts"].as_array().unwrap().iter().map(|attempt| &attempt["statusCode"]).collect();
    assert_eq!(statuses, [&json!(410), &json!(500), &json!(200)]);
    remove(&made).await;
}

#[tokio::test]
async fn only_an_endpoints_own_deliveries_are_sent_again() {
    let (_receiver, made, kind) = listening().await;
    tell(&event(&kind)).await;
    let delivered = delivery_that_is(&made, "delivered").await;
    let other = register("https://erp.example.com/", &[&unique_type()]).await;
    ask(&other, &delivered).await.problem(404, "not_found");
    ask(&made, &json!({"id": Uuid::new_v4()})).await.problem(404, "not_found");
    ask(&made, &json!({"id": "x"})).await.problem(404, "not_found");
    for endpoint in [&made, &other] {
        remove(endpoint).await;
    }
    ask(&made, &delivered).await.problem(404, "not_found");
}

#[tokio::test]
async fn only_who_may_change_endpoints_sends_again() {
    let (_receiver, made, kind) = listening().await;
    tell(&event(&kind)).await;
    let path = resend(&made, &delivery_that_is(&made, "delivered").await);
    wants_a_token(|| post(&path)).await;
    wants_the_scope("webhooks:write", || post(&path)).await;
    customer_with(&["orders:read"]).await.ask(post(&path)).await.problem(403, "insufficient_scope");
    remove(&made).await;
}
