//! The API: `/v3/payments` and `/v3/refunds`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shared};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use crate::books::Fate;
use crate::misbehaviour::Misbehaviour;
use crate::operations::{Call, Circumstances, perform};
use crate::refusal::Refusal;
use crate::script::{Effect, Operation, Subject};
use crate::server::DropConnection;
use crate::state::{Received, State};
use crate::temper::Outage;
use crate::webhooks;

pub(crate) fn routes() -> Router<Arc<State>> {
    let without = |operation: Operation| {
        async move |Shared(state): Shared<Arc<State>>, headers: HeaderMap, body: Bytes| {
            serve(&state, Call { operation, object: None, query: HashMap::new(), headers, body }).await
        }
    };
    let list = |operation: Operation| {
        async move |Shared(state): Shared<Arc<State>>,
                    Query(query): Query<HashMap<String, String>>,
                    headers: HeaderMap| {
            serve(&state, Call { operation, object: None, query, headers, body: Bytes::new() }).await
        }
    };
    let with = |operation: Operation| {
        async move |Shared(state): Shared<Arc<State>>,
                    Path(object): Path<String>,
                    headers: HeaderMap,
                    body: Bytes| {
            serve(&state, Call { operation, object: Some(object), query: HashMap::new(), headers, body })
                .await
        }
    };
    Router::new()
        .route("/v3/payments", post(without(Operation::CreatePayment)).get(list(Operation::ListPayments)))
        .route("/v3/payments/{id}", get(with(Operation::GetPayment)))
        .route("/v3/payments/{id}/capture", post(with(Operation::CapturePayment)))
        .route("/v3/payments/{id}/cancel", post(with(Operation::CancelPayment)))
        .route("/v3/refunds", post(without(Operation::CreateRefund)).get(list(Operation::ListRefunds)))
        .route("/v3/refunds/{id}", get(with(Operation::GetRefund)))
}

/// Answers a call, as the ledger, the scripts and the temper have it.
async fn serve(state: &Arc<State>, call: Call) -> Response {
    let subject = subject(state, &call);
    let key = call.headers.get("idempotence-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    state.received().push(Received {
        operation: call.operation,
        key: key.clone(),
        objects: subject.objects.clone(),
        amounts: subject.amounts.clone(),
    });
    let plan = state.temper().plan(call.operation);
    if let Some(outage) = state.temper().outage(&plan) {
        return out_of_order(outage);
    }
    let scripted = state.scripts().take(call.operation, &subject);
    let effect = scripted.or_else(|| state.temper().effect(&plan));
    match effect {
        Some(Effect::Unauthorized) => return Refusal::unauthorized().into_response(),
        Some(Effect::Throttle { retry_after }) => return Refusal::throttled(retry_after).into_response(),
        Some(Effect::FailBefore) => return Refusal::internal().into_response(),
        Some(Effect::DropBefore) => return DropConnection::response(),
        _ => {}
    }
    if !authorised(state, &call.headers) {
        return Refusal::unauthorized().into_response();
    }
    let fate = effect.map_or(Fate::Usual, Effect::fate);
    let response = match perform(state, &call, &Circumstances { key, fate, plan: &plan }) {
        Ok(answer) => {
            let sent = webhooks::announce(state, answer.events, &subject);
            let before = plan.contains(&Misbehaviour::NotificationBeforeAnswer);
            if before && webhooks::first_attempts(state, &sent).await {
                state.temper().count(Misbehaviour::NotificationBeforeAnswer);
            }
            (StatusCode::OK, axum::Json(answer.body)).into_response()
        }
        Err(refusal) => refusal.into_response(),
    };
    match effect {
        Some(Effect::FailAfter) => Refusal::internal().into_response(),
        Some(Effect::DropAfter) => DropConnection::response(),
        Some(Effect::Delay { ms }) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            response
        }
        _ => response,
    }
}

fn out_of_order(outage: Outage) -> Response {
    match outage {
        Outage::InternalError => Refusal::internal().into_response(),
        Outage::Unavailable => {
            let page = Html("<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>");
            (StatusCode::SERVICE_UNAVAILABLE, page).into_response()
        }
        Outage::NoAnswer => DropConnection::response(),
    }
}

fn authorised(state: &State, headers: &HeaderMap) -> bool {
    let credentials = format!("{}:{}", state.options.shop_id, state.options.secret_key);
    let expected = format!("Basic {}", STANDARD.encode(credentials));
    headers.get(AUTHORIZATION).is_some_and(|given| bool::from(given.as_bytes().ct_eq(expected.as_bytes())))
}

/// What a call is about, for the scripts: what its path and body name, and the amount of the payment.
fn subject(state: &State, call: &Call) -> Subject {
    let mut subject = Subject::default();
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    subject.objects.extend(call.object.clone());
    subject.objects.extend(call.query.get("payment_id").cloned());
    subject.objects.extend(body["payment_id"].as_str().map(str::to_owned));
    subject.amounts.extend(body["amount"]["value"].as_str().map(str::to_owned));
    let books = state.books();
    let payments: Vec<String> = subject
        .objects
        .iter()
        .map(|object| {
            books.refund(object).map_or_else(|_| object.clone(), |refund| refund.payment_id.clone())
        })
        .collect();
    for id in payments {
        if let Ok(payment) = books.payment(&id) {
            subject.amounts.push(payment.amount.value());
        }
        if !subject.objects.contains(&id) {
            subject.objects.push(id);
        }
    }
    subject
}
