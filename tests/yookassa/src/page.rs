//! The confirmation page, on which a person pays or does not: plain HTML that works without a script.

use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Form, Router};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

use crate::books::{Decision, Payment, Status};
use crate::state::State;
use crate::webhooks;

pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new().route("/confirm/{id}", get(show).post(decide))
}

async fn show(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Response {
    match state.books().payment(&id) {
        Ok(payment) => page(StatusCode::OK, &body(payment)),
        Err(_) => page(StatusCode::NOT_FOUND, &html! { h1 { "There is no such payment" } }),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pressed {
    decision: Decision,
}

/// A press of a button: the first decision stands, and the payer goes back to the merchant's site either way.
async fn decide(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    Form(Pressed { decision }): Form<Pressed>,
) -> Response {
    let answer = state.books().decide(&id, decision, None);
    if let Ok(answer) = answer {
        webhooks::announce(&state, answer.events, &crate::script::Subject::default());
    }
    let return_url = state.books().payment(&id).ok().and_then(|payment| payment.return_url.clone());
    match return_url {
        Some(url) => Redirect::to(&url).into_response(),
        None => page(StatusCode::NOT_FOUND, &html! { h1 { "There is no such payment" } }),
    }
}

fn body(payment: &Payment) -> Markup {
    html! {
        h1 { "Payment" }
        @if let Some(description) = &payment.description { p { (description) } }
        p { strong { (payment.amount.value()) " " (payment.amount.currency) } }
        @match payment.status {
            Status::Pending => form method="post" {
                button name="decision" value="pay" { "Pay" }
                " "
                button name="decision" value="decline" { "Decline" }
            },
            Status::WaitingForCapture | Status::Succeeded => p role="status" { "Paid." },
            Status::Canceled => p role="status" { "Canceled. Nothing was charged." },
        }
        p { "This stands in for YooKassa: no real money moves here." }
    }
}

fn page(status: StatusCode, body: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "Payment" } }
            body { main { (body) } }
        }
    };
    (status, Html(page.into_string())).into_response()
}
