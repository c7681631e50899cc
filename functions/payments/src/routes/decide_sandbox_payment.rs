//! `POST /sandbox/payments/{reference}`: a person pressed Pay or Decline; the sandbox records it and sends the callback.

use std::sync::Arc;

use kernel::{Actor, Problem};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::callback::CallbackSecret;
use crate::links::Links;
use crate::routes::page;
use crate::sandbox::{Decision, Sandbox, callback};
use crate::store::Payments;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    decision: Decision,
}

struct App {
    sandbox: Sandbox,
    secret: CallbackSecret,
    links: Links,
    client: reqwest::Client,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        sandbox: Sandbox::new(init.dynamo(), Payments::connect(&init).await?),
        secret: CallbackSecret::from_init(&init).await?,
        links: Links::from_init(&init)?,
        client: callback::client()?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let Ok(reference) = request.path_parameter("reference").parse() else { return Ok(page::unknown()) };
    let Form { decision } = request.form()?;
    let call = request.call(Actor::Provider);
    let Some(payment) = app.sandbox.decide(&call, reference, decision).await? else {
        return Ok(page::unknown());
    };
    // The first decision stands; pressing again only sends the callback again.
    let Some(body) = callback::body(&payment) else { return Ok(page::show(&payment)) };
    let url = app.links.payment_callback(request.domain(), payment.payment_id);
    if !callback::send(&app.client, &app.secret, &url, &payment, &body).await? {
        return Ok(page::not_told(decision.name()));
    }
    Response::see_other(&app.links.payment_page(request.domain(), reference))
}
