//! `POST /api/v1/refunds`: refunds a payment, all of it or a part.

use std::sync::Arc;

use kernel::{OrderId, PaymentId, Problem};
use payments::view::RefundView;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::idempotency::IdempotentRequest;
use platform::{Init, InitError};
use serde::Deserialize;

use crate::refund::{RefundCommand, Refunds, RequestedRefund};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    #[serde(deserialize_with = "OrderId::deserialize_reference")]
    order_id: OrderId,
    payment_id: PaymentId,
    amount: i64,
}

struct App {
    refunds: Refunds,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { refunds: Refunds::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::PaymentsWrite)?;
    let Body { order_id, payment_id, amount } = request.json_as(|body: Body| {
        if body.amount < 1 { Err(Problem::invalid("/amount", "must be at least 1")) } else { Ok(body) }
    })?;
    let call = request.call(caller.operator());
    let (identity, command) =
        (IdempotentRequest::of(&request)?, RefundCommand { order_id, payment_id, amount });
    app.refunds.run(&call, &identity, caller.user, &command).await?.reply(
        &request,
        |made: RequestedRefund| {
            Response::created(&RefundView::new(made.payment_id, made.order_id, made.currency, &made.refund))
        },
    )
}
