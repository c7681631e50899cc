//! The provider's responses. Pure.
//!
//! The provider adds members, statuses, parties and reasons as it grows: unknown ones are ignored, and a response that can't be understood is an
//! unknown outcome, never a failure.

use std::time::Duration;

use kernel::{Currency, Money, PaymentId};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::provider::{
    Cancellation, PaymentReference, ProviderError, ProviderPayment, ProviderRefund, ProviderRefundStatus,
    ProviderStatus, RefundReference,
};

/// The longest delay requested by the provider that is honoured.
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// The longest text of an error that goes into a log, in characters.
const MAX_ERROR_TEXT: usize = 300;

/// The result of one attempt.
#[derive(Debug)]
pub(super) enum Verdict<T> {
    /// It was done, or read.
    Done(T),
    /// It will not be done, or could not be requested now; there is no doubt about it.
    Not(ProviderError),
    /// There is no object at this path.
    Missing(ProviderError),
    /// It may have been done. Holds a text for the log.
    Unknown {
        /// The text for the log.
        inside: String,
        /// True when the same request can be expected to get a better response.
        again: bool,
    },
}

/// A body that could not be understood.
pub(super) type Unreadable = String;

/// Classifies a response (yookassa.ru/developers/using-api/response-handling). `read` parses the body of a success.
pub(super) fn verdict<T>(
    status: u16,
    retry_after: Option<&str>,
    body: &[u8],
    read: impl Fn(&[u8]) -> Result<T, Unreadable>,
) -> Verdict<T> {
    let unknown = |inside: String| Verdict::Unknown { inside, again: true };
    if status == 200 {
        return read(body).map_or_else(|error| unknown(format!("unreadable answer: {error}")), Verdict::Done);
    }
    let error = ErrorBody::read(status, body);
    match status {
        // An earlier request with this key was another one, and its effect stands.
        400 if error.is_about_the_key() => Verdict::Unknown { inside: error.text(), again: false },
        404 => Verdict::Missing(error.refusal()),
        401 | 403 => Verdict::Not(ProviderError::Unavailable(error.text())),
        429 => Verdict::Not(ProviderError::Throttled { retry_after: wait(retry_after) }),
        // 202: still in progress. 408: the part that had arrived is unknown.
        202 | 408 | 500..=599 => unknown(error.text()),
        400..=499 => Verdict::Not(error.refusal()),
        // No response of this API: another server answers at its address.
        _ => Verdict::Not(ProviderError::Unavailable(error.text())),
    }
}

fn wait(retry_after: Option<&str>) -> Option<Duration> {
    let seconds: u64 = retry_after?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

/// `{"type": "error", "id", "code", "description", "parameter"}`; every member is optional.
#[derive(Default, Deserialize)]
struct ErrorBody {
    #[serde(skip)]
    status: u16,
    id: Option<String>,
    code: Option<String>,
    description: Option<String>,
    parameter: Option<String>,
}

impl ErrorBody {
    fn read(status: u16, body: &[u8]) -> Self {
        Self { status, ..serde_json::from_slice(body).unwrap_or_default() }
    }

    fn is_about_the_key(&self) -> bool {
        self.parameter.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("Idempotence-Key"))
    }

    /// For the log. The provider's support requests the id.
    fn text(&self) -> String {
        let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".to_owned());
        let text = format!(
            "{} {} {} ({}, id {})",
            self.status,
            part(&self.code),
            part(&self.description),
            part(&self.parameter),
            part(&self.id),
        );
        text.chars().take(MAX_ERROR_TEXT).collect()
    }

    fn refusal(&self) -> ProviderError {
        let code = self.code.clone().unwrap_or_else(|| format!("http_{}", self.status));
        ProviderError::Refused { code, message: self.text() }
    }
}

#[derive(Deserialize)]
struct AmountBody {
    value: String,
    currency: String,
}

impl AmountBody {
    fn money(&self) -> Result<Money, Unreadable> {
        Currency::from_code(&self.currency)
            .and_then(|currency| Money::from_decimal(&self.value, currency))
            .ok_or_else(|| format!("the amount {:?} {:?}", self.value, self.currency))
    }
}

#[derive(Deserialize)]
struct CancellationBody {
    party: Option<String>,
    reason: Option<String>,
}

fn cancellation(body: Option<CancellationBody>) -> Cancellation {
    body.map_or_else(Cancellation::default, |body| Cancellation { party: body.party, reason: body.reason })
}

/// A payment, as every operation on payments returns it.
#[derive(Deserialize)]
pub(super) struct PaymentBody {
    id: String,
    status: String,
    amount: AmountBody,
    refunded_amount: Option<AmountBody>,
    confirmation: Option<ConfirmationBody>,
    cancellation_details: Option<CancellationBody>,
    expires_at: Option<String>,
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct ConfirmationBody {
    confirmation_url: Option<String>,
}

impl PaymentBody {
    /// The payment that `body` describes.
    pub(super) fn read(body: &[u8]) -> Result<ProviderPayment, Unreadable> {
        serde_json::from_slice::<Self>(body).map_err(|error| error.to_string())?.payment()
    }

    /// The payment.
    pub(super) fn payment(self) -> Result<ProviderPayment, Unreadable> {
        // Once a part was captured, this is the part.
        let amount = self.amount.money()?;
        let refunded = match &self.refunded_amount {
            Some(refunded) => refunded.money()?,
            None => Money::zero(amount.currency()),
        };
        Ok(ProviderPayment {
            reference: PaymentReference::try_from(self.id.clone()).map_err(|error| error.to_string())?,
            payment_id: self.payment_id(),
            status: self.status(amount),
            refunded,
        })
    }

    fn payment_id(&self) -> Option<PaymentId> {
        self.metadata.as_ref()?.get("payment_id")?.as_str()?.parse().ok()
    }

    fn status(self, amount: Money) -> ProviderStatus {
        match self.status.as_str() {
            "waiting_for_capture" => ProviderStatus::WaitingForCapture {
                authorised: amount,
                until: self.expires_at.and_then(|until| until.parse().ok()),
            },
            "succeeded" => ProviderStatus::Succeeded { captured: amount },
            "canceled" => ProviderStatus::Canceled(cancellation(self.cancellation_details)),
            // Any status added later: it is not decided.
            _ => ProviderStatus::Pending {
                confirmation_url: self.confirmation.and_then(|confirmation| confirmation.confirmation_url),
            },
        }
    }
}

/// A refund, as every operation on refunds returns it.
#[derive(Deserialize)]
pub(super) struct RefundBody {
    id: String,
    payment_id: String,
    status: String,
    amount: AmountBody,
    cancellation_details: Option<CancellationBody>,
}

impl RefundBody {
    /// The refund that `body` describes.
    pub(super) fn read(body: &[u8]) -> Result<ProviderRefund, Unreadable> {
        serde_json::from_slice::<Self>(body).map_err(|error| error.to_string())?.refund()
    }

    /// The refund.
    pub(super) fn refund(self) -> Result<ProviderRefund, Unreadable> {
        Ok(ProviderRefund {
            reference: RefundReference::try_from(self.id).map_err(|error| error.to_string())?,
            payment: PaymentReference::try_from(self.payment_id).map_err(|error| error.to_string())?,
            amount: self.amount.money()?,
            status: match self.status.as_str() {
                "succeeded" => ProviderRefundStatus::Succeeded,
                "canceled" => ProviderRefundStatus::Canceled(cancellation(self.cancellation_details)),
                _ => ProviderRefundStatus::Pending,
            },
        })
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
