//! The API: `/v3/payments` and `/v3/refunds`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shared};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use crate::books::{Answer, Fate, show_refund};
use crate::lists;
use crate::refusal::Refusal;
use crate::request::{CancelRequest, read};
use crate::script::{Effect, Operation, Subject};
use crate::server::DropConnection;
use crate::state::{Received, State};
use crate::webhooks;

const MAX_KEY: usize = 64;

/// A call of the API.
struct Call {
    operation: Operation,
    /// The object that the path names.
    object: Option<String>,
    /// What a list is filtered by.
    query: HashMap<String, String>,
    headers: HeaderMap,
    body: Bytes,
}

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

/// Answers a call, as the books and the scripts have it.
async fn serve(state: &Arc<State>, call: Call) -> Response {
    let subject = subject(state, &call);
    let key = call.headers.get("idempotence-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    state.received().push(Received {
        operation: call.operation,
        key: key.clone(),
        objects: subject.objects.clone(),
        amounts: subject.amounts.clone(),
    });
    let effect = state.scripts().take(call.operation, &subject);
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
    let answer = act(state, &call, key, effect.map_or(Fate::Usual, Effect::fate));
    let response = match answer {
        Ok(answer) => {
            webhooks::announce(state, answer.events, &subject);
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

fn authorised(state: &State, headers: &HeaderMap) -> bool {
    let credentials = format!("{}:{}", state.options.shop_id, state.options.secret_key);
    let expected = format!("Basic {}", STANDARD.encode(credentials));
    headers.get(AUTHORIZATION).is_some_and(|given| bool::from(given.as_bytes().ct_eq(expected.as_bytes())))
}

/// Does what is asked for: a change once for its key.
fn act(state: &State, call: &Call, key: Option<String>, fate: Fate) -> Result<Answer, Refusal> {
    let mut books = state.books();
    let object = call.object.as_deref().unwrap_or_default();
    let shown = |body: Value| Answer { body, events: Vec::new() };
    match call.operation {
        Operation::GetPayment => {
            return books.payment(object).map(|payment| shown(books.show_payment(payment)));
        }
        Operation::GetRefund => return books.refund(object).map(|refund| shown(show_refund(refund))),
        Operation::ListPayments => return lists::page(books.payments(), &call.query).map(shown),
        Operation::ListRefunds => return lists::page(books.refunds(), &call.query).map(shown),
        _ => {}
    }
    let is_json = |value: &str| value.starts_with("application/json");
    let content_type = call.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(is_json) {
        return Err(Refusal::of_header("Content-Type", "Must be application/json"));
    }
    let key = key.filter(|key| (1..=MAX_KEY).contains(&key.len()));
    let key = key.ok_or_else(|| Refusal::of_header("Idempotence-Key", "Must be 1 to 64 characters"))?;
    let request = format!("{:?} {object} {}", call.operation, String::from_utf8_lossy(&call.body));
    books.once(&key, request, |books| match call.operation {
        Operation::CreatePayment => books.start(read(&call.body)?, fate),
        Operation::CapturePayment => books.capture(object, read(&call.body)?),
        Operation::CancelPayment => {
            let CancelRequest {} = read(&call.body)?;
            books.cancel(object)
        }
        Operation::CreateRefund => books.send_back(read(&call.body)?, fate),
        Operation::GetPayment | Operation::GetRefund | Operation::ListPayments | Operation::ListRefunds => {
            Err(Refusal::internal())
        }
    })
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
