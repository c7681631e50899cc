//! The events of payments and their refunds, and the data of each. The aggregate is `payment/<id>`: a payment and its refunds have one journal.
//!
//! The comments on types and members are published as the descriptions in their schemas (`docs/events`). Members that are skipped there are not
//! promised.

use kernel::event::Amount;
use kernel::{Currency, OrderId, OrderNumber, PaymentId, PaymentStatus, RefundId, UserId, events};
use schemars::JsonSchema;
use serde::Serialize;

use crate::payment::Payment;
use crate::payment::refund::{Refund, RefundCause};

events! {
    PaymentStarted(PaymentChanged): "payments.payment_started", "a payment was begun";
    PaymentSucceeded(PaymentChanged): "payments.payment_succeeded", "a payment has the money";
    PaymentFailed(PaymentChanged): "payments.payment_failed", "a payment came to nothing";
    ReconciliationGivenUp(PaymentChanged): "payments.reconciliation_given_up", "a payment or refund stays undecided";
    RefundStarted(RefundChanged): "payments.refund_started", "money is going back";
    RefundSucceeded(RefundChanged): "payments.refund_succeeded", "money went back; once for each refund";
    RefundAttemptFailed(RefundChanged): "payments.refund_attempt_failed", "money did not go back and is sent again";
    RefundFailed(RefundChanged): "payments.refund_failed", "money did not go back";
    RefundUnknown(RefundChanged): "payments.refund_unknown", "the provider never answered about a refund: an operator looks it up";
    UnknownObjectReported: "payments.unknown_object_reported", "a provider reported what is not ours";
}

/// Something happened to a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentChanged {
    /// Which payment.
    pub payment_id: PaymentId,
    /// For which order.
    pub order_id: OrderId,
    #[schemars(skip)]
    pub order_number: OrderNumber,
    /// Whose it is.
    pub user_id: UserId,
    /// What is paid.
    pub amount: Amount,
    /// In which currency.
    pub currency: Currency,
    /// How it is paid.
    pub method: &'static str,
    /// How money outside of this system was received, where that was stated: `cash`, `bank_transfer`, `card_terminal` or `other`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_method: Option<&'static str>,
    /// Where it is afterwards.
    #[schemars(with = "String")]
    pub status: PaymentStatus,
    /// What the provider called a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_code: Option<String>,
}

/// Something happened to a refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundChanged {
    /// Which refund.
    pub refund_id: RefundId,
    /// Of which payment.
    pub payment_id: PaymentId,
    /// For which order.
    pub order_id: OrderId,
    /// What people call the order.
    pub order_number: OrderNumber,
    /// To whom the money goes back.
    pub user_id: UserId,
    /// What goes back.
    pub amount: Amount,
    /// In which currency.
    pub currency: Currency,
    #[schemars(skip)]
    pub method: &'static str,
    #[schemars(skip)]
    pub status: PaymentStatus,
    #[schemars(skip)]
    pub cause: RefundCause,
    /// What the provider called a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_code: Option<String>,
}

/// The provider reported something that is none of this shop's. The aggregate is `provider/<name>/<reference>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnknownObjectReported {
    /// Which provider.
    pub provider: &'static str,
    /// What it calls the object.
    pub reference: String,
    /// What it said happened.
    pub event: String,
    /// Why the object is none of this shop's.
    #[schemars(with = "String")]
    pub reason: UnrecognizedObject,
}

/// The reasons for which an object matches nothing in this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnrecognizedObject {
    /// Events of this kind are about objects that Holdfast does not have.
    Event,
    /// The provider has no object with this id, or does not show it.
    NotThere,
    /// Another party began it: another installation with the same account, or a person by hand.
    NotOurs,
    /// The merchant's payment has another id at the provider. This one is undone: the money that it took is refunded.
    SecondPayment,
}

impl PaymentChanged {
    pub(crate) fn of(payment: &Payment) -> Self {
        Self {
            payment_id: payment.id,
            order_id: payment.order_id,
            order_number: payment.order_number,
            user_id: payment.user_id,
            amount: payment.amount.into(),
            currency: payment.amount.currency(),
            method: payment.method.name(),
            external_method: payment.external.as_ref().map(|external| external.method.name()),
            status: payment.status(),
            failure_code: payment.failure().and_then(|failure| failure.code.clone()),
        }
    }
}

impl RefundChanged {
    pub(crate) fn of(payment: &Payment, refund: &Refund) -> Self {
        Self {
            refund_id: refund.id,
            payment_id: payment.id,
            order_id: payment.order_id,
            order_number: payment.order_number,
            user_id: payment.user_id,
            amount: Amount(refund.amount),
            currency: payment.amount.currency(),
            method: payment.method.name(),
            status: payment.status(),
            cause: refund.cause,
            failure_code: refund.failure.as_ref().and_then(|failure| failure.code.clone()),
        }
    }
}
