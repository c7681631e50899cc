//! The configured payment provider: one of those available, chosen when a function starts.

use kernel::{Money, PaymentId, Problem};
use platform::{Init, InitError, InvocationContext};

mod kind;

pub use kind::ProviderKind;

use crate::provider::{
    CallbackStatus, PaymentProvider, PaymentReference, ProviderError, ProviderPayment, ProviderRefund,
    Refund, RefundReference, Sought, Start,
};
use crate::sandbox::Sandbox;
use crate::store::Payments;
use crate::yookassa::YooKassa;

/// One of the providers.
#[derive(Clone)]
pub enum Provider {
    /// The built-in one.
    Sandbox(Sandbox),
    /// `YooKassa`.
    YooKassa(YooKassa),
}

/// A placeholder in functions that never call a provider: they need no credentials, and can't request money.
#[derive(Clone, Copy, Debug)]
pub struct NoProvider;

impl Provider {
    /// The one that `PAYMENT_PROVIDER` names. Nothing is read or connected to before its first call.
    pub fn from_init(init: &Init, payments: Payments) -> Result<Self, InitError> {
        match ProviderKind::from_init(init)? {
            ProviderKind::Sandbox => Ok(Self::Sandbox(Sandbox::new(init.dynamo(), payments))),
            ProviderKind::YooKassa => Ok(Self::YooKassa(YooKassa::from_init(init)?)),
        }
    }
}

impl PaymentProvider for Provider {
    async fn start(&self, call: &InvocationContext, start: &Start) -> Result<ProviderPayment, ProviderError> {
        match self {
            Self::Sandbox(sandbox) => sandbox.start(call, start).await,
            Self::YooKassa(yookassa) => yookassa.start(call, start).await,
        }
    }

    async fn find_started(
        &self,
        call: &InvocationContext,
        sought: &Sought,
    ) -> Result<Vec<ProviderPayment>, ProviderError> {
        match self {
            Self::Sandbox(sandbox) => sandbox.find_started(call, sought).await,
            Self::YooKassa(yookassa) => yookassa.find_started(call, sought).await,
        }
    }

    async fn find_payment(
        &self,
        call: &InvocationContext,
        reference: &PaymentReference,
    ) -> Result<Option<ProviderPayment>, ProviderError> {
        match self {
            Self::Sandbox(sandbox) => sandbox.find_payment(call, reference).await,
            Self::YooKassa(yookassa) => yookassa.find_payment(call, reference).await,
        }
    }

    async fn capture(
        &self,
        call: &InvocationContext,
        id: PaymentId,
        reference: &PaymentReference,
        amount: Money,
    ) -> Result<ProviderPayment, ProviderError> {
        match self {
            Self::Sandbox(sandbox) => sandbox.capture(call, id, reference, amount).await,
            Self::YooKassa(yookassa) => yookassa.capture(call, id, reference, amount).await,
        }
    }

    async fn cancel(
        &self,
        call: &InvocationContext,
        id: PaymentId,
        reference: &PaymentReference,
    ) -> Result<ProviderPayment, ProviderError> {
        match self {
            Self::Sandbox(sandbox) => sandbox.cancel(call, id, reference).await,
            Self::YooKassa(yookassa) => yookassa.cancel(call, id, reference).await,
        }
    }

    async fn refund(
        &self,
        call: &InvocationContext,
        refund: &Refund,
    ) -> Result<ProviderRefund, ProviderError> {
        match self {
            Self::Sandbox(sandbox) => sandbox.refund(call, refund).await,
            Self::YooKassa(yookassa) => yookassa.refund(call, refund).await,
        }
    }

    async fn find_sent_refund(
        &self,
        call: &InvocationContext,
        refund: &Refund,
        known: &[RefundReference],
    ) -> Result<Option<ProviderRefund>, ProviderError> {
        match self {
            Self::Sandbox(sandbox) => sandbox.find_sent_refund(call, refund, known).await,
            Self::YooKassa(yookassa) => yookassa.find_sent_refund(call, refund, known).await,
        }
    }

    async fn find_refund(
        &self,
        call: &InvocationContext,
        reference: &RefundReference,
    ) -> Result<Option<ProviderRefund>, ProviderError> {
        match self {
            Self::Sandbox(sandbox) => sandbox.find_refund(call, reference).await,
            Self::YooKassa(yookassa) => yookassa.find_refund(call, reference).await,
        }
    }

    fn decides_by_callback(&self) -> bool {
        match self {
            Self::Sandbox(sandbox) => sandbox.decides_by_callback(),
            Self::YooKassa(yookassa) => yookassa.decides_by_callback(),
        }
    }

    async fn apply_callback(
        &self,
        call: &InvocationContext,
        id: PaymentId,
        status: CallbackStatus,
    ) -> Result<ProviderPayment, Problem> {
        match self {
            Self::Sandbox(sandbox) => sandbox.apply_callback(call, id, status).await,
            Self::YooKassa(yookassa) => yookassa.apply_callback(call, id, status).await,
        }
    }
}
