//! `POST /api/v1/orders/{id}/payment-status`: a payment service reports the status of an order's payment; signed, or with the scope payments:write.

use std::sync::Arc;

use kernel::{Actor, PaymentId, Problem};
use orders::routes::access::load;
use payments::callback::{CallbackBody, CallbackSecret, CallbackStatus};
use payments::view::PaymentView;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::settlement::Settlement;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    payment_id: PaymentId,
    status: CallbackStatus,
    failure_code: Option<String>,
    failure_message: Option<String>,
}

struct App {
    settlement: Settlement,
    secret: CallbackSecret,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        settlement: Settlement::connect(&init).await?,
        secret: CallbackSecret::from_init(&init).await?,
        verifier: Verifier::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let actor = authenticate(&app, &request)?;
    let Body { payment_id, status, failure_code, failure_message } = request.json()?;
    let order = load(&app.settlement.orders, &request).await?;
    if order.payment.as_ref().is_none_or(|summary| summary.payment_id != payment_id) {
        return Err(Problem::invalid("/paymentId", "is no payment of this order"));
    }
    let said = CallbackBody { status, failure_code, failure_message };
    let payment = app.settlement.apply_callback(&request.call(actor), payment_id, said).await?;
    Response::ok(&PaymentView::of(&payment))
}

/// The caller: identified by a token if there is one, by the signature otherwise.
fn authenticate(app: &App, request: &Request) -> Result<Actor, Problem> {
    if !request.headers().contains_key("authorization") {
        app.secret.verify(request.body(), request.headers())?;
        return Ok(Actor::Provider);
    }
    let caller = app.verifier.authenticate(request)?;
    caller.require(Scope::PaymentsWrite)?;
    Ok(caller.operator())
}
