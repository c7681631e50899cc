//! `GET /api/v1/refunds/{id}`: one refund, to the payer or an operator.

use std::sync::Arc;

use kernel::{Problem, RefundId};
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::refusal::PaymentRefusal;
use crate::store::Payments;
use crate::view::RefundView;

struct App {
    payments: Payments,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { payments: Payments::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let id: RefundId = request.path_parameter("id").parse().map_err(|_| PaymentRefusal::UnknownRefund)?;
    let payment = app.payments.find_by_refund(id).await?.ok_or(PaymentRefusal::UnknownRefund)?;
    if payment.user_id != caller.user && !caller.scopes.contains(Scope::PaymentsWrite) {
        return Err(PaymentRefusal::UnknownRefund.into());
    }
    Response::ok(&RefundView::of(&payment, payment.refund(id).ok_or(PaymentRefusal::UnknownRefund)?))
}
