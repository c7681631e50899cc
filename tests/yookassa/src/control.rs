//! `/control`: the interface by which a test commands the YooKassa stub and reads its records. No part of the provider.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::books::{Answer, Decision, RefundDecision};
use crate::ledger::ledger;
use crate::refusal::Refusal;
use crate::script::{Delivery, Script, Subject};
use crate::settle;
use crate::state::State;
use crate::temper::Settings;
use crate::webhooks;

type Double = Shared<Arc<State>>;

pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/control/health", get(async || "ok"))
        .route("/control/scripts", post(script))
        .route("/control/payments", get(payments))
        .route("/control/payments/{id}/decide", post(decide))
        .route("/control/refunds", get(refunds))
        .route("/control/refunds/{id}/decide", post(decide_refund))
        .route("/control/receipts", get(receipts))
        .route("/control/calls", get(calls))
        .route("/control/books", get(books))
        .route("/control/temper", get(temper).post(set_temper))
        .route("/control/settle", post(settle))
        .route("/control/keys/forget", post(forget_keys))
        .route("/control/notifications", get(notifications))
        .route("/control/notifications/url", put(set_url))
        .route("/control/notifications/scripts", post(script_delivery))
        .route("/control/notifications/release", post(release))
}

async fn script(Shared(state): Double, Json(script): Json<Script>) -> StatusCode {
    state.scripts().add(script);
    StatusCode::NO_CONTENT
}

async fn script_delivery(Shared(state): Double, Json(delivery): Json<Delivery>) -> StatusCode {
    state.scripts().add_delivery(delivery);
    StatusCode::NO_CONTENT
}

async fn payments(Shared(state): Double) -> Json<Vec<Value>> {
    Json(state.books().payments())
}

async fn refunds(Shared(state): Double) -> Json<Vec<Value>> {
    Json(state.books().refunds())
}

async fn receipts(Shared(state): Double) -> Json<Map<String, Value>> {
    Json(state.books().receipts())
}

async fn calls(Shared(state): Double) -> Json<Value> {
    Json(json!(*state.received()))
}

async fn books(Shared(state): Double) -> Json<Value> {
    let (books, received) = (state.books(), state.received());
    Json(ledger(&books, &received))
}

async fn temper(Shared(state): Double) -> Json<Value> {
    Json(state.temper().report())
}

async fn set_temper(Shared(state): Double, Json(settings): Json<Settings>) -> StatusCode {
    state.set_temper(settings);
    StatusCode::NO_CONTENT
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settle {
    /// Whether authorised money that was neither captured nor cancelled is released, as the provider does in time.
    expire_holds: bool,
}

/// Answers once nothing more happens by itself, or with 503 when that takes too long.
async fn settle(Shared(state): Double, body: Option<Json<Settle>>) -> Response {
    let Settle { expire_holds } = body.map(|Json(settle)| settle).unwrap_or_default();
    let settled = settle::settle(&state, expire_holds).await;
    let status = if settled.quiet { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(settled)).into_response()
}

async fn notifications(Shared(state): Double) -> Json<Value> {
    Json(json!(*state.notifications()))
}

async fn forget_keys(Shared(state): Double) -> StatusCode {
    state.books().forget_keys(Duration::ZERO);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Url {
    url: Option<String>,
}

async fn set_url(Shared(state): Double, Json(Url { url }): Json<Url>) -> StatusCode {
    state.set_webhook_url(url);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided<T> {
    decision: T,
    /// Why, in place of the usual reason.
    reason: Option<String>,
}

async fn decide(
    Shared(state): Double,
    Path(id): Path<String>,
    Json(decided): Json<Decided<Decision>>,
) -> Response {
    let answer = state.books().decide(&id, decided.decision, decided.reason.as_deref());
    announced(&state, answer)
}

async fn decide_refund(
    Shared(state): Double,
    Path(id): Path<String>,
    Json(decided): Json<Decided<RefundDecision>>,
) -> Response {
    let answer = state.books().decide_refund(&id, decided.decision);
    announced(&state, answer)
}

/// Notifies the merchant of a decision, and returns it.
pub(crate) fn announced(state: &Arc<State>, answer: Result<Answer, Refusal>) -> Response {
    match answer {
        Ok(answer) => {
            webhooks::announce(state, answer.events, &Subject::default());
            Json(answer.body).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    /// About which payment or refund; everything without it.
    object: Option<String>,
    #[serde(default)]
    reversed: bool,
}

async fn release(Shared(state): Double, Json(release): Json<Release>) -> Json<Value> {
    let released = webhooks::release(&state, release.object.as_deref(), release.reversed).await;
    Json(json!({"released": released}))
}
