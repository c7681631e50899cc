//! `GET /api/v1/payments/{id}`: one payment, to its payer or an operator.

use std::sync::Arc;

use kernel::{Currency, Money, OrderId, PaymentId, Problem, Timestamp};
use platform::auth::{Principal, Scope, Verifier};
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};
use serde::Serialize;

use super::get_refund::RefundView;
use crate::payment::{Failure, Payment};
use crate::settlement::unknown_payment;
use crate::store::Payments;

/// A payment as clients see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentView {
    payment_id: PaymentId,
    order_id: OrderId,
    status: &'static str,
    amount: i64,
    currency: Currency,
    method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    captured_amount: Option<i64>,
    refunded_amount: i64,
    refunds: Vec<RefundView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl PaymentView {
    /// Renders `payment`.
    pub fn of(payment: &Payment) -> Self {
        Self {
            payment_id: payment.id,
            order_id: payment.order_id,
            status: payment.status().name(),
            amount: payment.amount.amount(),
            currency: payment.amount.currency(),
            method: payment.method.name(),
            captured_amount: payment.captured().map(Money::amount),
            refunded_amount: payment.refunded(),
            refunds: payment.refunds().iter().map(|refund| RefundView::of(payment, refund)).collect(),
            failure: payment.failure().cloned(),
            created_at: payment.created_at,
            updated_at: payment.updated_at,
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
    Reply::ok(&PaymentView::of(&find(&app.payments, &request, &caller).await?))
}

/// The payment that the request's path names, if `caller` is its payer or may see all: 404 otherwise.
pub async fn find(payments: &Payments, request: &Request, caller: &Principal) -> Result<Payment, Problem> {
    let payment = payments.find(payment_id(request)?).await?.ok_or_else(unknown_payment)?;
    let may_see = payment.user_id == caller.user || caller.scopes.contains(Scope::PaymentsWrite);
    may_see.then_some(payment).ok_or_else(unknown_payment)
}

/// The payment that the request's path names.
pub fn payment_id(request: &Request) -> Result<PaymentId, Problem> {
    request.path_parameter("id").parse().map_err(|_| unknown_payment())
}
