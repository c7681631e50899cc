//! The reasons for which requests about payments are refused, and the problem of each.

use kernel::{Currency, Kind, Problem};
use standardwebhooks::WebhookError;

use crate::payment::Payment;
use crate::payment::refund::MAX_REFUNDS;
use crate::provider::ProviderError;
use crate::view::PaymentView;

/// The reasons for which no payment, or no refund, is returned or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentRefusal {
    /// There is no such payment, or none that the caller may see.
    UnknownPayment,
    /// There is no such refund, or none that the caller may see.
    UnknownRefund,
    /// The attempt can't be given up, since the payment has succeeded.
    AlreadyCaptured(Box<Payment>),
}

/// The reasons for which a payment is not refunded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundRefusal {
    /// No money came.
    NotCaptured,
    /// Less is left than the refund requests.
    ExceedsPayment {
        /// The largest amount that can be refunded, in minor units of `currency`.
        refundable: i64,
        /// The currency of the payment.
        currency: Currency,
    },
    /// The payment has [`MAX_REFUNDS`].
    TooManyRefunds,
}

/// The error of beginning a refund.
#[derive(Debug)]
pub enum RefundError {
    /// The payment takes no such refund.
    Refused(RefundRefusal),
    /// Any other.
    Failed(Problem),
}

/// The amount is below the least payment that the provider accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BelowMinimum {
    /// The least payment, in minor units of `currency`.
    pub minimum: i64,
    /// The currency.
    pub currency: Currency,
}

/// The reasons for which a callback is not accepted.
#[derive(Debug)]
pub enum CallbackRefusal {
    /// The signature is missing, wrong or too old.
    Signature(WebhookError),
    /// The signature is for another payment.
    OtherPayment,
}

impl From<PaymentRefusal> for Problem {
    fn from(refusal: PaymentRefusal) -> Self {
        match refusal {
            PaymentRefusal::UnknownPayment => Self::not_found("There is no such payment."),
            PaymentRefusal::UnknownRefund => Self::not_found("There is no such refund."),
            PaymentRefusal::AlreadyCaptured(payment) => {
                let detail = "The payment has succeeded: it can be refunded, and not given up.";
                match serde_json::to_value(PaymentView::of(&payment)) {
                    Ok(view) => Problem::conflict("payment_already_captured", detail).with("payment", view),
                    Err(error) => Self::internal(error),
                }
            }
        }
    }
}

impl From<RefundRefusal> for Problem {
    fn from(refusal: RefundRefusal) -> Self {
        match refusal {
            RefundRefusal::NotCaptured => {
                Problem::conflict("payment_not_captured", "No money has come by this payment.")
            }
            RefundRefusal::ExceedsPayment { refundable, currency } => {
                let detail = "There is not that much left of this payment to send back.";
                Problem::conflict("refund_exceeds_payment", detail)
                    .with("refundable", refundable)
                    .with("currency", currency.code())
            }
            RefundRefusal::TooManyRefunds => {
                let detail = format!("A payment has at most {MAX_REFUNDS} refunds.");
                Problem::conflict("too_many_refunds", detail)
            }
        }
    }
}

impl From<RefundRefusal> for RefundError {
    fn from(refusal: RefundRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Problem> for RefundError {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<RefundError> for Problem {
    fn from(error: RefundError) -> Self {
        match error {
            RefundError::Refused(refusal) => refusal.into(),
            RefundError::Failed(problem) => problem,
        }
    }
}

impl From<BelowMinimum> for Problem {
    fn from(BelowMinimum { minimum, currency }: BelowMinimum) -> Self {
        let detail = format!("The payment provider takes no payment of less than {minimum} minor units.");
        Problem::conflict("amount_below_minimum", detail)
            .with("minimum", minimum)
            .with("currency", currency.code())
    }
}

impl From<CallbackRefusal> for Problem {
    fn from(refusal: CallbackRefusal) -> Self {
        match refusal {
            CallbackRefusal::Signature(error) => {
                let detail = "The signature of this callback is missing, wrong or too old.";
                Problem::new(Kind::Unauthenticated, "invalid_signature", detail).with_internal_detail(error)
            }
            CallbackRefusal::OtherPayment => {
                let detail = "The signature of this callback is for another payment: webhook-id has to begin with the payment's id.";
                Problem::new(Kind::Unauthenticated, "invalid_signature", detail)
            }
        }
    }
}

impl From<ProviderError> for Problem {
    /// For callers that do not handle a rejection: it becomes a conflict, everything else passes.
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Refused { .. } => {
                Problem::conflict("provider_refused", "The payment provider refused this.")
                    .with_internal_detail(error)
            }
            ProviderError::Throttled { retry_after: Some(wait) } => {
                let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
                Problem::unavailable(error).retry_after(seconds)
            }
            ProviderError::Unknown(_) | ProviderError::Unavailable(_) | ProviderError::Throttled { .. } => {
                Problem::unavailable(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::payment::tests::paid;

    fn told(problem: impl Into<Problem>) -> String {
        let Problem { kind, code, detail, extensions, .. } = problem.into();
        let members: BTreeMap<String, Value> = extensions.into_iter().collect();
        format!("{kind:?} {code}: {detail} {}", json!(members))
    }

    #[test]
    fn every_refusal_has_its_problem() {
        let currency = Currency::from_code("RUB").unwrap();
        let refused = ProviderError::Refused { code: "forbidden".to_owned(), message: "no".to_owned() };
        let cases = [
            (told(PaymentRefusal::UnknownPayment), "NotFound not_found: There is no such payment. {}"),
            (told(PaymentRefusal::UnknownRefund), "NotFound not_found: There is no such refund. {}"),
            (
                told(RefundRefusal::NotCaptured),
                "Conflict payment_not_captured: No money has come by this payment. {}",
            ),
            (
                told(RefundRefusal::ExceedsPayment { refundable: 250, currency }),
                r#"Conflict refund_exceeds_payment: There is not that much left of this payment to send back. {"currency":"RUB","refundable":250}"#,
            ),
            (
                told(RefundRefusal::TooManyRefunds),
                "Conflict too_many_refunds: A payment has at most 100 refunds. {}",
            ),
            (
                told(BelowMinimum { minimum: 250, currency }),
                r#"Conflict amount_below_minimum: The payment provider takes no payment of less than 250 minor units. {"currency":"RUB","minimum":250}"#,
            ),
            (
                told(CallbackRefusal::Signature(WebhookError::InvalidSignature)),
                "Unauthenticated invalid_signature: The signature of this callback is missing, wrong or too old. {}",
            ),
            (
                told(CallbackRefusal::OtherPayment),
                "Unauthenticated invalid_signature: The signature of this callback is for another payment: webhook-id has to begin with the payment's id. {}",
            ),
            (told(refused), "Conflict provider_refused: The payment provider refused this. {}"),
        ];
        for (told, expected) in cases {
            assert_eq!(told, expected);
        }
        let view = json!({"payment": PaymentView::of(&paid())});
        let captured = "Conflict payment_already_captured: The payment has succeeded: it can be refunded, and not given up.";
        assert_eq!(told(PaymentRefusal::AlreadyCaptured(Box::new(paid()))), format!("{captured} {view}"));
    }
}
