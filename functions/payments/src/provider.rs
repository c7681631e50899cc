//! What the shop asks of a payment provider and what it hears back, in words that are the same for every provider.
//!
//! An answer is what the provider knew at that moment and no more: a repeated [`PaymentProvider::start`] may be answered as the first one was,
//! while the payment has long been paid. Only [`PaymentProvider::find_payment`] and [`PaymentProvider::find_refund`] tell how things are.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use kernel::{Currency, Money, OrderNumber, PaymentId, Problem, RefundId, Timestamp};
use platform::Call;
use serde::{Deserialize, Serialize};

use crate::method::Instrument;
use crate::receipt::Receipt;

/// The longest description of a payment, in characters (`YooKassa`: `description`).
pub const MAX_DESCRIPTION: usize = 128;
/// The longest id that a provider may give to what it keeps, in characters.
pub const MAX_REFERENCE: usize = 64;

/// Someone who takes money from customers for the shop.
///
/// Each call may be repeated, with the same arguments, until it is answered by something other than [`ProviderError::Unknown`]: nothing is done
/// twice. A provider keeps that promise for a day (`YooKassa`: 24 hours), so what is unknown for longer has to be looked at by a person.
pub trait PaymentProvider {
    /// Begins a payment. Its id is the idempotence key.
    fn start(
        &self,
        call: &Call,
        start: &Start,
    ) -> impl Future<Output = Result<ProviderPayment, ProviderError>> + Send;

    /// The payments that the provider began under the merchant's id `sought` names, however it was answered; more than one when it did not keep its
    /// word about keys. [`ProviderError::Unavailable`] when it can't be told.
    fn find_started(
        &self,
        call: &Call,
        sought: &Sought,
    ) -> impl Future<Output = Result<Vec<ProviderPayment>, ProviderError>> + Send;

    /// The payment as it is now; `None` when the provider has none of this reference.
    fn find_payment(
        &self,
        call: &Call,
        reference: &PaymentReference,
    ) -> impl Future<Output = Result<Option<ProviderPayment>, ProviderError>> + Send;

    /// Takes `amount` of a payment that waits for capture, and lets go of the rest.
    fn capture(
        &self,
        call: &Call,
        id: PaymentId,
        reference: &PaymentReference,
        amount: Money,
    ) -> impl Future<Output = Result<ProviderPayment, ProviderError>> + Send;

    /// Gives up a payment. Which ones can be given up is the provider's to say: `YooKassa` refuses all but those that wait for capture, so that a
    /// pending payment may still succeed after the shop has lost interest. One that is decided, or was given up before, is answered as it is.
    fn cancel(
        &self,
        call: &Call,
        id: PaymentId,
        reference: &PaymentReference,
    ) -> impl Future<Output = Result<ProviderPayment, ProviderError>> + Send;

    /// Sends money back. The refund's id is the idempotence key.
    fn refund(
        &self,
        call: &Call,
        refund: &Refund,
    ) -> impl Future<Output = Result<ProviderRefund, ProviderError>> + Send;

    /// The refund that came of asking for `refund`, however that was answered; never one of those that are `known` as other refunds' own.
    fn find_sent_refund(
        &self,
        call: &Call,
        refund: &Refund,
        known: &[RefundReference],
    ) -> impl Future<Output = Result<Option<ProviderRefund>, ProviderError>> + Send;

    /// The refund as it is now; `None` when the provider has none of this reference.
    fn find_refund(
        &self,
        call: &Call,
        reference: &RefundReference,
    ) -> impl Future<Output = Result<Option<ProviderRefund>, ProviderError>> + Send;

    /// Whether a signed callback is a decision by itself. The callbacks of any other provider say that there is something to read back.
    fn decides_by_callback(&self) -> bool {
        false
    }

    /// Records the decision of a signed callback about the payment `id`, and returns the payment as it is then: the first decision stands. Only for a
    /// provider that [decides so](Self::decides_by_callback).
    fn apply_callback(
        &self,
        _: &Call,
        id: PaymentId,
        _: CallbackStatus,
    ) -> impl Future<Output = Result<ProviderPayment, Problem>> + Send {
        async move { Err(Problem::internal(format!("no callback decides about payment {id}"))) }
    }
}

/// What a provider takes, as far as that is known without a request.
pub trait ProviderRules: Sync {
    /// Returns the least amount of a payment, in minor units of `currency`.
    fn minimum(&self, currency: Currency) -> i64;

    /// Whether a payment with `instrument` can be begun at all.
    fn accepts(&self, instrument: &Instrument) -> bool;

    /// What a token that stands for a card has to be, after the member's name.
    fn card_rule(&self) -> String;

    /// What a phone number has to be, after the member's name.
    fn phone_rule(&self) -> String;
}

/// What a signed callback says became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackStatus {
    /// The money came.
    Succeeded,
    /// There will be none.
    Failed,
}

/// A payment to begin. Repeating it takes the same values throughout: a provider refuses a known key with another request.
#[derive(Debug, Clone)]
pub struct Start {
    /// The shop's id of the payment.
    pub payment_id: PaymentId,
    /// Which order it pays.
    pub order_number: OrderNumber,
    /// How much.
    pub amount: Money,
    /// What the payer reads.
    pub description: Description,
    /// What is paid with.
    pub instrument: Instrument,
    /// Where the payer comes back to.
    pub return_url: String,
    /// When the money is taken.
    pub capture: Capture,
    /// What the tax service is told, where the shop tells it through the provider.
    pub receipt: Option<Receipt>,
}

/// A payment that the provider may have begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sought {
    /// The merchant's id of it.
    pub payment_id: PaymentId,
    /// The first time at which the provider was asked for it.
    pub from: Timestamp,
    /// The last time.
    pub to: Timestamp,
}

/// Money to send back.
#[derive(Debug, Clone)]
pub struct Refund {
    /// The shop's id of the refund.
    pub refund_id: RefundId,
    /// Of which payment.
    pub payment: PaymentReference,
    /// How much: all of it or a part.
    pub amount: Money,
    /// What the tax service is told.
    pub receipt: Option<Receipt>,
}

/// When the money of a payment is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// As soon as the payer has agreed.
    #[default]
    AtOnce,
    /// In a second step: the payer's agreement only sets it aside.
    InTwoSteps,
}

impl FromStr for Capture {
    type Err = &'static str;

    /// As configured: `one-stage` or `two-stage`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "one-stage" => Ok(Self::AtOnce),
            "two-stage" => Ok(Self::InTwoSteps),
            _ => Err("must be one-stage or two-stage"),
        }
    }
}

/// What a payer reads beside the amount: at most [`MAX_DESCRIPTION`] characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    /// `text`, cut where it is too long: it only informs.
    pub fn new(text: &str) -> Self {
        Self(text.chars().take(MAX_DESCRIPTION).collect())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A reference that no provider gives: too long, empty, or with characters that have no place in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadReference;

impl fmt::Display for BadReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "is not 1 to {MAX_REFERENCE} letters, digits and hyphens")
    }
}

macro_rules! references {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl TryFrom<String> for $name {
            type Error = BadReference;

            /// References come from outside and go into paths of requests: anything but letters, digits and hyphens is refused.
            fn try_from(text: String) -> Result<Self, BadReference> {
                let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                if plain && (1..=MAX_REFERENCE).contains(&text.len()) { Ok(Self(text)) } else { Err(BadReference) }
            }
        }

        impl From<$name> for String {
            fn from(reference: $name) -> Self {
                reference.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

references! {
    /// The provider's own id of a payment.
    PaymentReference,
    /// The provider's own id of a refund.
    RefundReference,
    /// The provider's own id of something that the shop has no use for.
    ObjectReference,
}

/// A payment as the provider knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderPayment {
    /// Its id there.
    pub reference: PaymentReference,
    /// Its id here; `None` for a payment that this shop did not begin.
    pub payment_id: Option<PaymentId>,
    /// What has become of it.
    pub status: ProviderStatus,
    /// How much of it has gone back by now.
    pub refunded: Money,
}

/// What has become of a payment at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderStatus {
    /// The payer has not decided, or the provider works on it.
    Pending {
        /// Where the payer decides; absent when there is nothing to show. One that begins with `/` is a page of this system.
        confirmation_url: Option<String>,
    },
    /// The payer agreed, and the money is set aside.
    WaitingForCapture {
        /// How much can be taken.
        authorised: Money,
        /// When the provider lets go of it, where it says so.
        until: Option<Timestamp>,
    },
    /// The money is the shop's. Final.
    Succeeded {
        /// How much was taken.
        captured: Money,
    },
    /// There will be no money. Final.
    Canceled(Cancellation),
}

impl ProviderStatus {
    /// Whether nothing becomes of it any more, refunds aside.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Succeeded { .. } | Self::Canceled(_))
    }
}

/// Who ended it and why, in the provider's words, which may be ones that nobody here has heard of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cancellation {
    /// Who: such as `merchant`, `yoo_money`, `payment_network`.
    pub party: Option<String>,
    /// Why: such as `insufficient_funds`.
    pub reason: Option<String>,
}

/// A refund as the provider knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRefund {
    /// Its id there.
    pub reference: RefundReference,
    /// The payment that it takes from.
    pub payment: PaymentReference,
    /// How much.
    pub amount: Money,
    /// What has become of it.
    pub status: ProviderRefundStatus,
}

/// What has become of a refund at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderRefundStatus {
    /// The provider works on it.
    Pending,
    /// The money is back with the payer. Final.
    Succeeded,
    /// The money stays with the shop; another refund may be tried. Final.
    Canceled(Cancellation),
}

/// Why the provider did not do what it was asked for, told apart by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderError {
    /// It will not, however often it is asked.
    Refused {
        /// The provider's code, such as `invalid_request`.
        code: String,
        /// The provider's sentence, for the log: it may name what customers have no business with.
        message: String,
    },
    /// It may have been done. The same call has to be made again. Holds words for the log.
    Unknown(String),
    /// It was not done and may be later: the provider can't be reached, or refuses the shop's credentials. Holds words for the log.
    Unavailable(String),
    /// It was not done because too much was asked for in too short a time.
    Throttled {
        /// How long the provider wants to be left alone, where it says so.
        retry_after: Option<Duration>,
    },
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { code, message } => write!(f, "the provider refused: {code}: {message}"),
            Self::Unknown(inside) => write!(f, "the outcome at the provider is unknown: {inside}"),
            Self::Unavailable(inside) => write!(f, "the provider is unavailable: {inside}"),
            Self::Throttled { retry_after: Some(wait) } => {
                write!(f, "the provider throttles for {} s", wait.as_secs())
            }
            Self::Throttled { retry_after: None } => f.write_str("the provider throttles"),
        }
    }
}

impl std::error::Error for ProviderError {}

impl ProviderError {
    /// Whether the call certainly changed nothing at the provider.
    pub fn nothing_was_done(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Unavailable(_) | Self::Throttled { .. } => true,
            Self::Unknown(_) => false,
        }
    }
}

impl From<ProviderError> for Problem {
    /// For callers to whom a refusal is nothing special: it is a conflict, everything else passes.
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Refused { .. } => {
                Problem::conflict("provider_refused", "The payment provider refused this.").because(error)
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
#[path = "provider_tests.rs"]
mod tests;
