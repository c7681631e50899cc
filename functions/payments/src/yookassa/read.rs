//! Parses a response of the provider by itself, without the call: for tests that make responses up.

use kernel::PaymentId;

use super::answer::{PaymentBody, RefundBody, Unreadable, Verdict, verdict};
use super::list;
use crate::provider::{ProviderError, ProviderPayment, ProviderRefund};

/// A response as it was received.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// The result of a call; `None` when the provider has no such object.
pub type Outcome<T> = Result<Option<T>, ProviderError>;

/// Reads a response about one payment.
pub fn payment(answer: Answer<'_>) -> Outcome<ProviderPayment> {
    outcome(answer, PaymentBody::read)
}

/// Reads a response about one refund.
pub fn refund(answer: Answer<'_>) -> Outcome<ProviderRefund> {
    outcome(answer, RefundBody::read)
}

/// Reads a page of a list of payments, and returns those that were begun under the merchant's `id`.
pub fn payments(answer: Answer<'_>, id: PaymentId) -> Outcome<Vec<ProviderPayment>> {
    outcome(answer, |body| list::payments(body, id).map(|(found, _)| found))
}

/// Reads a page of a list of refunds.
pub fn refunds(answer: Answer<'_>) -> Outcome<Vec<ProviderRefund>> {
    outcome(answer, |body| list::refunds(body).map(|(found, _)| found))
}

fn outcome<T>(answer: Answer<'_>, read: impl Fn(&[u8]) -> Result<T, Unreadable>) -> Outcome<T> {
    match verdict(answer.status, answer.retry_after, answer.body, read) {
        Verdict::Done(found) => Ok(Some(found)),
        Verdict::Missing(_) => Ok(None),
        Verdict::Not(error) => Err(error),
        Verdict::Unknown { inside, .. } => Err(ProviderError::Unknown(inside)),
    }
}
