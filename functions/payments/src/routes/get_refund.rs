//! `GET /api/v1/refunds/{id}`: one refund, to the payer or an operator.

use std::sync::Arc;

use kernel::{Currency, OrderId, PaymentId, Problem, RefundId, Timestamp};
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};
use serde::Serialize;

use crate::payment::refund::Refund;
use crate::payment::{Failure, Payment};
use crate::store::Payments;

/// A refund as clients see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundView {
    refund_id: RefundId,
    payment_id: PaymentId,
    order_id: OrderId,
    status: &'static str,
    amount: i64,
    currency: Currency,
    cause: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl RefundView {
    /// Renders `refund` of `payment`.
    pub fn of(payment: &Payment, refund: &Refund) -> Self {
        Self {
            refund_id: refund.id,
            payment_id: payment.id,
            order_id: payment.order_id,
            status: refund.status.name(),
            amount: refund.amount,
            currency: payment.amount.currency(),
            cause: refund.cause.name(),
            failure: refund.failure.clone(),
            created_at: refund.created_at,
            updated_at: refund.updated_at,
        }
    }
}

struct App {
    payments: Payments,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { payments: Payments::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let id: RefundId = request.path_parameter("id").parse().map_err(|_| unknown_refund())?;
    let payment = app.payments.find_by_refund(id).await?.ok_or_else(unknown_refund)?;
    if payment.user_id != caller.user && !caller.scopes.contains(Scope::PaymentsWrite) {
        return Err(unknown_refund());
    }
    Reply::ok(&RefundView::of(&payment, payment.refund(id).ok_or_else(unknown_refund)?))
}

fn unknown_refund() -> Problem {
    Problem::not_found("There is no such refund.")
}
