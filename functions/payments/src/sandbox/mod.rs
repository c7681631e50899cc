//! The built-in payment provider: it keeps its own ledger, and a person decides on its page.
//!
//! It stands in for an external provider: the rest of this crate calls it like any other, and receives its signed callbacks. Money is always captured
//! at once: it has no second step.

mod books;
pub mod callback;
pub mod rules;
pub mod script;

use kernel::ids::SandboxReference;
use kernel::{Money, PaymentId, Problem};
use platform::InvocationContext;
use platform::dynamo::Dynamo;
use serde::Deserialize;

use self::books::{Books, SandboxRefund, Sent, refund_reference};
pub use self::books::{SandboxPayment, SandboxStatus, reference};
use self::script::Script;
use crate::payment::Failure;
use crate::provider::{
    CallbackStatus, Cancellation, PaymentProvider, PaymentReference, ProviderError, ProviderPayment,
    ProviderRefund, ProviderRefundStatus, ProviderStatus, Refund, RefundReference, Sought, Start,
};
use crate::store::Payments;

/// The code with which the sandbox declines a payment.
const DECLINED: &str = "card_declined";

/// The decision that a person makes on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Pays.
    Pay,
    /// Declines.
    Decline,
}

impl Decision {
    /// The name that the page's form sends.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pay => "pay",
            Self::Decline => "decline",
        }
    }
}

/// The provider.
#[derive(Clone)]
pub struct Sandbox {
    books: Books,
}

impl Sandbox {
    /// The provider, with its ledger beside the payments.
    pub fn new(dynamo: Dynamo, payments: Payments) -> Self {
        Self { books: Books::new(dynamo, payments) }
    }

    /// The entry with this reference, as its page shows it.
    pub async fn find(&self, reference: SandboxReference) -> Result<Option<SandboxPayment>, Problem> {
        let entry = self.books.find(reference).await?;
        Ok(entry.filter(|entry| entry.status != SandboxStatus::Failing))
    }

    /// Records a person's decision, and returns the entry as it is now: the first decision stands.
    pub async fn decide(
        &self,
        call: &InvocationContext,
        reference: SandboxReference,
        decision: Decision,
    ) -> Result<Option<SandboxPayment>, Problem> {
        let status = match decision {
            Decision::Pay => SandboxStatus::Paid,
            Decision::Decline => SandboxStatus::Declined,
        };
        if !self.books.turn(call, reference, SandboxStatus::Pending, status).await? {
            self.books.turn(call, reference, SandboxStatus::Late, status).await?;
        }
        self.find(reference).await
    }

    /// The entry that the merchant's request names.
    async fn named(&self, reference: &PaymentReference) -> Result<Option<SandboxPayment>, ProviderError> {
        let Ok(reference) = reference.to_string().parse() else { return Ok(None) };
        self.find(reference).await.map_err(unread)
    }

    async fn has(&self, reference: &PaymentReference) -> Result<SandboxPayment, ProviderError> {
        self.named(reference).await?.ok_or_else(|| refused("not_found", "There is no such payment."))
    }
}

impl PaymentProvider for Sandbox {
    async fn start(&self, call: &InvocationContext, start: &Start) -> Result<ProviderPayment, ProviderError> {
        let script = Script::of(&start.instrument);
        let script =
            script.ok_or_else(|| refused("invalid_request", "The sandbox has no script for this."))?;
        let entry = SandboxPayment {
            reference: reference(start.payment_id),
            payment_id: start.payment_id,
            order_number: start.order_number,
            amount: start.amount.amount(),
            currency: start.amount.currency(),
            status: match script {
                Script::Success | Script::Timeout => SandboxStatus::Paid,
                Script::Declined => SandboxStatus::Declined,
                Script::Pending => SandboxStatus::Pending,
                Script::Late => SandboxStatus::Late,
                Script::ErrorOnce => SandboxStatus::Failing,
            },
            refunded: 0,
            return_url: Some(start.return_url.clone()),
        };
        if self.books.insert(call, &entry).await.map_err(unwritten)? {
            return match script {
                Script::ErrorOnce => Err(ProviderError::Unknown("the sandbox fails once".to_owned())),
                Script::Timeout => Err(ProviderError::Unknown("the sandbox's answer is lost".to_owned())),
                Script::Success | Script::Declined | Script::Pending | Script::Late => seen(&entry),
            };
        }
        if script == Script::ErrorOnce {
            let turned =
                self.books.turn(call, entry.reference, SandboxStatus::Failing, SandboxStatus::Paid).await;
            turned.map_err(unwritten)?;
        }
        let known = self.books.find(entry.reference).await.map_err(unread)?.unwrap_or_else(|| entry.clone());
        if (known.amount, known.currency) != (entry.amount, entry.currency) {
            return Err(ProviderError::Unknown("another payment has this key at the sandbox".to_owned()));
        }
        seen(&known)
    }

    async fn find_started(
        &self,
        _: &InvocationContext,
        sought: &Sought,
    ) -> Result<Vec<ProviderPayment>, ProviderError> {
        let found = self.find(reference(sought.payment_id)).await.map_err(unread)?;
        found.iter().map(seen).collect()
    }

    async fn find_payment(
        &self,
        _call: &InvocationContext,
        reference: &PaymentReference,
    ) -> Result<Option<ProviderPayment>, ProviderError> {
        self.named(reference).await?.as_ref().map(seen).transpose()
    }

    async fn capture(
        &self,
        _call: &InvocationContext,
        _id: PaymentId,
        reference: &PaymentReference,
        _amount: Money,
    ) -> Result<ProviderPayment, ProviderError> {
        self.has(reference).await?;
        Err(refused("invalid_request", "The sandbox takes money at once."))
    }

    /// Closes an undecided payment. A decided one stays as it is, and one that the customer pays too late is paid now.
    async fn cancel(
        &self,
        call: &InvocationContext,
        _id: PaymentId,
        reference: &PaymentReference,
    ) -> Result<ProviderPayment, ProviderError> {
        let entry = self.has(reference).await?;
        let (from, to) = match entry.status {
            SandboxStatus::Late => (SandboxStatus::Late, SandboxStatus::Paid),
            _ => (SandboxStatus::Pending, SandboxStatus::Cancelled),
        };
        self.books.turn(call, entry.reference, from, to).await.map_err(unwritten)?;
        seen(&self.has(reference).await?)
    }

    async fn refund(
        &self,
        call: &InvocationContext,
        refund: &Refund,
    ) -> Result<ProviderRefund, ProviderError> {
        let payment = self.has(&refund.payment).await?;
        let wanted = SandboxRefund {
            reference: refund_reference(refund.refund_id),
            payment: payment.reference,
            amount: refund.amount.amount(),
            currency: refund.amount.currency(),
        };
        let too_much = || refused("invalid_request", "There is not that much to send back.");
        if wanted.currency != payment.currency {
            return Err(too_much());
        }
        match self.books.send_back(call, &payment, &wanted).await.map_err(unwritten)? {
            Sent::TooMuch => Err(too_much()),
            Sent::Went => {
                let known = self.books.find_refund(wanted.reference).await.map_err(unread)?;
                match known.filter(|known| *known == wanted) {
                    Some(known) => sent(&known),
                    None => {
                        Err(ProviderError::Unknown("another refund has this key at the sandbox".to_owned()))
                    }
                }
            }
        }
    }

    async fn find_sent_refund(
        &self,
        _: &InvocationContext,
        refund: &Refund,
        _: &[RefundReference],
    ) -> Result<Option<ProviderRefund>, ProviderError> {
        let found = self.books.find_refund(refund_reference(refund.refund_id)).await.map_err(unread)?;
        found.as_ref().map(sent).transpose()
    }

    async fn find_refund(
        &self,
        _call: &InvocationContext,
        reference: &RefundReference,
    ) -> Result<Option<ProviderRefund>, ProviderError> {
        let Ok(reference) = reference.to_string().parse() else { return Ok(None) };
        let found = self.books.find_refund(reference).await.map_err(unread)?;
        found.as_ref().map(sent).transpose()
    }

    fn decides_by_callback(&self) -> bool {
        true
    }

    /// The first decision stands, except for a customer who paid before the merchant's cancellation arrived.
    async fn apply_callback(
        &self,
        call: &InvocationContext,
        id: PaymentId,
        status: CallbackStatus,
    ) -> Result<ProviderPayment, Problem> {
        let (reference, decision) = (reference(id), Decision::from(status));
        if decision == Decision::Pay {
            self.books.turn(call, reference, SandboxStatus::Cancelled, SandboxStatus::Paid).await?;
        }
        let entry = self.decide(call, reference, decision).await?;
        let entry =
            entry.ok_or_else(|| Problem::internal(format!("the sandbox has no payment {reference}")))?;
        seen(&entry).map_err(Problem::from)
    }
}

/// A payment as the sandbox returns it.
fn seen(entry: &SandboxPayment) -> Result<ProviderPayment, ProviderError> {
    let money = |amount| Money::new(amount, entry.currency).ok_or_else(|| defect("an amount out of range"));
    let canceled = |party: &str, reason: &str| {
        let said = |text: &str| Some(text.to_owned());
        ProviderStatus::Canceled(Cancellation { party: said(party), reason: said(reason) })
    };
    let reference = PaymentReference::try_from(entry.reference.to_string()).map_err(defect)?;
    let status = match entry.status {
        SandboxStatus::Failing | SandboxStatus::Pending | SandboxStatus::Late => {
            ProviderStatus::Pending { confirmation_url: Some(format!("/sandbox/payments/{reference}")) }
        }
        SandboxStatus::Paid => ProviderStatus::Succeeded { captured: money(entry.amount)? },
        SandboxStatus::Declined => canceled("payment_network", DECLINED),
        SandboxStatus::Cancelled => canceled("merchant", "canceled_by_merchant"),
    };
    Ok(ProviderPayment {
        reference,
        payment_id: Some(entry.payment_id),
        status,
        refunded: money(entry.refunded)?,
    })
}

/// A refund as the sandbox returns it.
fn sent(refund: &SandboxRefund) -> Result<ProviderRefund, ProviderError> {
    let amount = Money::new(refund.amount, refund.currency);
    Ok(ProviderRefund {
        reference: RefundReference::try_from(refund.reference.to_string()).map_err(defect)?,
        payment: PaymentReference::try_from(refund.payment.to_string()).map_err(defect)?,
        amount: amount.ok_or_else(|| defect("an amount out of range"))?,
        status: ProviderRefundStatus::Succeeded,
    })
}

/// The reason for which the sandbox declined a payment.
pub fn declined() -> Failure {
    Failure {
        code: Some(DECLINED.to_owned()),
        message: Some("The payment was declined in the sandbox.".to_owned()),
    }
}

fn refused(code: &str, message: &str) -> ProviderError {
    ProviderError::Refused { code: code.to_owned(), message: message.to_owned() }
}

fn defect(what: impl std::fmt::Display) -> ProviderError {
    ProviderError::Unavailable(format!("the sandbox's books hold {what}"))
}

/// The error when the ledger could not be read.
fn unread(problem: Problem) -> ProviderError {
    ProviderError::Unavailable(problem.to_string())
}

/// The error when the ledger may have been written.
fn unwritten(problem: Problem) -> ProviderError {
    ProviderError::Unknown(problem.to_string())
}
