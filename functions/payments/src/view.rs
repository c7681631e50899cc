//! The API's representation of payments and refunds.

use kernel::{Currency, Money, OrderId, PaymentId, RefundId, Timestamp};
use serde::Serialize;

use crate::external::ExternalPayment;
use crate::payment::refund::Refund;
use crate::payment::{Failure, Payment};

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
    external: Option<ExternalPayment>,
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
            external: payment.external.clone(),
            captured_amount: payment.captured().map(Money::amount),
            refunded_amount: payment.refunded(),
            refunds: payment.refunds().iter().map(|refund| RefundView::of(payment, refund)).collect(),
            failure: payment.failure().cloned(),
            created_at: payment.created_at,
            updated_at: payment.updated_at,
        }
    }
}

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
        Self::new(payment.id, payment.order_id, payment.amount.currency(), refund)
    }

    /// Renders `refund` of the payment `payment_id`.
    pub fn new(payment_id: PaymentId, order_id: OrderId, currency: Currency, refund: &Refund) -> Self {
        Self {
            refund_id: refund.id,
            payment_id,
            order_id,
            status: refund.status.name(),
            amount: refund.amount,
            currency,
            cause: refund.cause.name(),
            failure: refund.failure.clone(),
            created_at: refund.created_at,
            updated_at: refund.updated_at,
        }
    }
}
