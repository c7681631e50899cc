//! Telling merchants' systems of events.
//!
//! Most tests tell of events of a made-up type that only their own endpoint wants, so that they do not hear of what other tests do. Each removes its
//! endpoints at its end: there may be a hundred of them.

mod create_webhook_endpoint;
mod delete_webhook_endpoint;
mod deliver_webhook;
mod fan_out_webhooks;
mod get_webhook_endpoint;
mod list_webhook_deliveries;
mod list_webhook_endpoints;
mod owner_rights;
mod receiver;
mod resend_webhook;
mod rotate_webhook_secret;
mod sweep_due_webhooks;
mod update_webhook_endpoint;

use serde_json::{Value, json};
use standardwebhooks::Webhook;
use uuid::Uuid;

use crate::harness::{
    Answer, PATIENCE, delete, eventually, get, invoke, operator, patch, post, set_text, set_texts, sqs_batch,
};
use receiver::{Heard, Receiver};

/// The route of all endpoints.
const ENDPOINTS: &str = "/api/v1/webhooks/endpoints";
/// A time that is long over.
const LONG_AGO: &str = "2026-01-01T00:00:00.000Z";

/// A type whose events are rare, for endpoints that nothing needs to be sent to.
const RARE: &str = "stock.drift_repaired.v1";
/// Another one.
const ALSO_RARE: &str = "payments.reconciliation_given_up.v1";

/// A type that no event has but those of one test. No client can ask for it: [`register`] puts it into the table.
fn unique_type() -> String {
    format!("{MADE_UP}{}.v1", Uuid::new_v4().simple())
}

/// How made-up types begin.
const MADE_UP: &str = "catalog.test_";

/// What registers `url` for events of these types.
fn wish(url: &str, types: &[&str]) -> Value {
    json!({"url": url, "eventTypes": types})
}

/// Registers `url` as the operator; answers the endpoint with its secret. Types that are made up come into the table behind the system's back.
async fn register(url: &str, types: &[&str]) -> Value {
    let made_up = types.iter().any(|name| name.starts_with(MADE_UP));
    let asked = if made_up { &[RARE][..] } else { types };
    let mut made = operator().await.ask(post(ENDPOINTS).json(&wish(url, asked))).await.expect(201);
    if made_up {
        let sort = format!("ENDPOINT#{}", made["id"].as_str().unwrap());
        set_texts("WEBHOOKS_TABLE", "ENDPOINTS", &sort, "eventTypes", types).await;
        made["eventTypes"] = json!(types);
    }
    made
}

/// The route of an endpoint.
fn route(endpoint: &Value) -> String {
    format!("{ENDPOINTS}/{}", endpoint["id"].as_str().unwrap())
}

/// The endpoint as the operator sees it now.
async fn endpoint(endpoint: &Value) -> Value {
    operator().await.ask(get(&route(endpoint))).await.expect(200)
}

async fn change(endpoint: &Value, body: &Value) -> Answer {
    operator().await.ask(patch(&route(endpoint)).json(body)).await
}

async fn remove(endpoint: &Value) {
    operator().await.ask(delete(&route(endpoint))).await.expect(204);
}

/// An event of the type `kind`, which has its version at its end.
fn event(kind: &str) -> Value {
    let (kind, _) = kind.rsplit_once(".v").unwrap();
    let product = Uuid::new_v4();
    json!({
        "id": Uuid::new_v4(), "type": kind, "version": 1, "occurredAt": "2026-03-03T14:25:00.000Z",
        "aggregateId": format!("product/{product}"), "sequence": 4, "actor": {"kind": "provider"},
        "correlationId": "a-test", "data": {"name": "Самовар ☕", "price": 7_500},
    })
}

/// `event` as the bus has it.
fn published(event: &Value) -> Value {
    let kind = event["type"].as_str().unwrap();
    json!({
        "specversion": "1.0", "id": event["id"], "type": format!("{kind}.v1"), "source": "holdfast.catalog",
        "time": event["occurredAt"], "subject": event["aggregateId"], "datacontenttype": "application/json",
        "dataschema": format!("urn:holdfast:event:{kind}:v1"), "version": 1, "sequence": event["sequence"],
        "correlationid": event["correlationId"], "actorkind": event["actor"]["kind"], "data": event["data"],
    })
}

/// What the rule of the bus puts into the queue for `event`.
fn queued(event: &Value) -> String {
    json!({"version": "0", "source": "holdfast.catalog", "detail": event}).to_string()
}

/// Hands `event` to the function that makes deliveries of it.
async fn tell(event: &Value) {
    let answer = invoke("FanOutWebhooks", &sqs_batch(&[("m", queued(event))])).await.unwrap();
    assert_eq!(answer["batchItemFailures"], json!([]));
}

/// What was sent to an endpoint, the newest first.
async fn deliveries(endpoint: &Value) -> Vec<Value> {
    let log =
        operator().await.ask(get(&format!("{}/deliveries?limit=100", route(endpoint)))).await.expect(200);
    log["items"].as_array().unwrap().clone()
}

/// The only delivery to an endpoint, once `ready` likes it.
async fn delivery(endpoint: &Value, what: &str, ready: impl Fn(&Value) -> bool) -> Value {
    eventually(what, PATIENCE, || async {
        let found = deliveries(endpoint).await;
        assert!(found.len() <= 1, "{found:?}");
        found.into_iter().find(&ready)
    })
    .await
}

/// As [`delivery`], once it has this status.
async fn delivery_that_is(endpoint: &Value, status: &str) -> Value {
    delivery(endpoint, &format!("a delivery that is {status}"), |delivery| delivery["status"] == status).await
}

/// As [`delivery`], once so many attempts were made.
async fn delivery_after(endpoint: &Value, attempts: usize) -> Value {
    let made = |delivery: &Value| delivery["attempts"].as_array().unwrap().len() >= attempts;
    delivery(endpoint, &format!("{attempts} attempts"), made).await
}

/// The key of a delivery in the table.
fn key(delivery: &Value) -> String {
    format!("DELIVERY#{}", delivery["id"].as_str().unwrap())
}

/// Lets the time of a delivery's next attempt come.
async fn let_it_be_due(delivery: &Value) {
    set_text("WEBHOOKS_TABLE", &key(delivery), "DELIVERY", "nextAttemptAt", LONG_AGO).await;
}

/// The message that asks for the attempt of a delivery.
fn message(delivery: &Value) -> String {
    json!({"deliveryId": delivery["id"]}).to_string()
}

/// Whether `heard` was signed with `secret`, as any receiver finds out.
fn signed(heard: &Heard, secret: &Value) -> bool {
    let webhook = Webhook::new(secret.as_str().unwrap()).unwrap();
    webhook.verify(heard.body.as_bytes(), &heard.headers).is_ok()
}

/// A receiver and its endpoint, which wants events of a type of its own.
async fn listening() -> (Receiver, Value, String) {
    let (receiver, kind) = (Receiver::start().await, unique_type());
    let endpoint = register(&receiver.url, &[&kind]).await;
    (receiver, endpoint, kind)
}
