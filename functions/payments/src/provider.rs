//! The interface of a payment provider: requests and responses that are the same for every provider.
//!
//! A response is the provider's knowledge at that moment and no more: a repeated [`PaymentProvider::start`] may return the first response, while the
//! payment has long been paid. Only [`PaymentProvider::find_payment`] and [`PaymentProvider::find_refund`] return the current state.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use kernel::{Currency, Money, OrderNumber, PaymentId, Problem, RefundId, Timestamp};
use platform::InvocationContext;
use serde::{Deserialize, Serialize};

use crate::method::Instrument;
use crate::receipt::Receipt;

/// The longest description of a payment, in characters (`YooKassa`: `description`).
pub const MAX_DESCRIPTION: usize = 128;
/// The longest id that a provider may give to its objects, in characters.
pub const MAX_REFERENCE: usize = 64;

/// A provider that takes money from customers for the merchant.
///
/// Each call may be repeated, with the same arguments, until it returns something other than [`ProviderError::Unknown`]: nothing is done twice. A
/// provider keeps that promise for a day (`YooKassa`: 24 hours), so what is unknown for longer has to be resolved by a person.
pub trait PaymentProvider {
    /// Begins a payment. Its id is the idempotence key.
    fn start(
        &self,
        call: &InvocationContext,
        start: &Start,
    ) -> impl Future<Output = Result<ProviderPayment, ProviderError>> + Send;

    /// The payments that the provider began under the merchant's id in `sought`, regardless of its responses; more than one when it did not honour
    /// idempotence keys. [`ProviderError::Unavailable`] when it can't be determined.
    fn find_started(
        &self,
        call: &InvocationContext,
        sought: &Sought,
    ) -> impl Future<Output = Result<Vec<ProviderPayment>, ProviderError>> + Send;

    /// The payment as it is now; `None` when the provider has none of this reference.
    fn find_payment(
        &self,
        call: &InvocationContext,
        reference: &PaymentReference,
    ) -> impl Future<Output = Result<Option<ProviderPayment>, ProviderError>> + Send;

    /// Captures `amount` of a payment that waits for capture, and releases the rest.
    fn capture(
        &self,
        call: &InvocationContext,
        id: PaymentId,
        reference: &PaymentReference,
        amount: Money,
    ) -> impl Future<Output = Result<ProviderPayment, ProviderError>> + Send;

    /// Cancels a payment. The provider determines which ones can be cancelled: `YooKassa` refuses all but those that wait for capture, so that a
    /// pending payment may still succeed after the merchant has given it up. One that is decided, or was cancelled before, is returned as it is.
    fn cancel(
        &self,
        call: &InvocationContext,
        id: PaymentId,
        reference: &PaymentReference,
    ) -> impl Future<Output = Result<ProviderPayment, ProviderError>> + Send;

    /// Refunds a payment. The refund's id is the idempotence key.
    fn refund(
        &self,
        call: &InvocationContext,
        refund: &Refund,
    ) -> impl Future<Output = Result<ProviderRefund, ProviderError>> + Send;

    /// The refund that the request for `refund` created, regardless of its response; never one of those that are `known` to belong to other refunds.
    fn find_sent_refund(
        &self,
        call: &InvocationContext,
        refund: &Refund,
        known: &[RefundReference],
    ) -> impl Future<Output = Result<Option<ProviderRefund>, ProviderError>> + Send;

    /// The refund as it is now; `None` when the provider has none of this reference.
    fn find_refund(
        &self,
        call: &InvocationContext,
        reference: &RefundReference,
    ) -> impl Future<Output = Result<Option<ProviderRefund>, ProviderError>> + Send;

    /// True when a signed callback is a decision by itself. The callbacks of any other provider only signal that there is something to read back.
    fn decides_by_callback(&self) -> bool {
        false
    }

    /// Records the decision of a signed callback about the payment `id`, and returns the payment as it is then: the first decision stands. Only for a
    /// provider that [decides so](Self::decides_by_callback).
    fn apply_callback(
        &self,
        _: &InvocationContext,
        id: PaymentId,
        _: CallbackStatus,
    ) -> impl Future<Output = Result<ProviderPayment, Problem>> + Send {
        async move { Err(Problem::internal(format!("no callback decides about payment {id}"))) }
    }
}

/// The limits of a provider that are known without a request.
pub trait ProviderRules: Sync {
    /// Returns the least amount of a payment, in minor units of `currency`.
    fn minimum(&self, currency: Currency) -> i64;

    /// True when a payment with `instrument` can be begun at all.
    fn accepts(&self, instrument: &Instrument) -> bool;

    /// The format of a token that stands for a card, as text that follows the member's name.
    fn card_rule(&self) -> String;

    /// The format of a phone number, as text that follows the member's name.
    fn phone_rule(&self) -> String;
}

/// The decision about a payment in a signed callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackStatus {
    /// The money came.
    Succeeded,
    /// There will be no money.
    Failed,
}

/// A payment to begin. A repeat sends the same values throughout: a provider refuses a known key with another request.
#[derive(Debug, Clone)]
pub struct Start {
    /// The merchant's id of the payment.
    pub payment_id: PaymentId,
    /// The order that it pays.
    pub order_number: OrderNumber,
    /// The amount.
    pub amount: Money,
    /// The description that the payer reads.
    pub description: Description,
    /// The payer's instrument.
    pub instrument: Instrument,
    /// The page that the payer returns to.
    pub return_url: String,
    /// The time at which the money is captured.
    pub capture: Capture,
    /// The receipt for the tax service, where the merchant sends it through the provider.
    pub receipt: Option<Receipt>,
}

/// A payment that the provider may have begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sought {
    /// The merchant's id of it.
    pub payment_id: PaymentId,
    /// The time of the first request to begin it.
    pub from: Timestamp,
    /// The time of the last request.
    pub to: Timestamp,
}

/// A refund to request.
#[derive(Debug, Clone)]
pub struct Refund {
    /// The merchant's id of the refund.
    pub refund_id: RefundId,
    /// The payment to refund.
    pub payment: PaymentReference,
    /// The amount: all of it or a part.
    pub amount: Money,
    /// The receipt for the tax service.
    pub receipt: Option<Receipt>,
}

/// The time at which the money of a payment is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// As soon as the payer has agreed.
    #[default]
    AtOnce,
    /// In a second step: the payer's agreement only authorizes it.
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

/// The description that a payer reads beside the amount: at most [`MAX_DESCRIPTION`] characters.
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
    /// The provider's own id of an object that Holdfast does not use.
    ObjectReference,
}

/// A payment as the provider knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderPayment {
    /// The provider's id.
    pub reference: PaymentReference,
    /// The merchant's id; `None` for a payment that this installation did not begin.
    pub payment_id: Option<PaymentId>,
    /// The state.
    pub status: ProviderStatus,
    /// The amount that has been refunded so far.
    pub refunded: Money,
}

/// The state of a payment at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderStatus {
    /// The payer has not decided, or the provider works on it.
    Pending {
        /// The page on which the payer decides; absent when there is nothing to show. One that begins with `/` is a page of this system.
        confirmation_url: Option<String>,
    },
    /// The payer agreed, and the money is authorized.
    WaitingForCapture {
        /// The amount that can be captured.
        authorised: Money,
        /// The time at which the provider releases it, where the provider states one.
        until: Option<Timestamp>,
    },
    /// The money was captured. Final.
    Succeeded {
        /// The captured amount.
        captured: Money,
    },
    /// There will be no money. Final.
    Canceled(Cancellation),
}

impl ProviderStatus {
    /// True when the state is final, apart from refunds.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Succeeded { .. } | Self::Canceled(_))
    }
}

/// The party that ended it and the reason, as the provider states them; either may be unknown to this system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cancellation {
    /// The party, such as `merchant`, `yoo_money`, `payment_network`.
    pub party: Option<String>,
    /// The reason, such as `insufficient_funds`.
    pub reason: Option<String>,
}

/// A refund as the provider knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRefund {
    /// The provider's id.
    pub reference: RefundReference,
    /// The payment that it refunds.
    pub payment: PaymentReference,
    /// The amount.
    pub amount: Money,
    /// The state.
    pub status: ProviderRefundStatus,
}

/// The state of a refund at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderRefundStatus {
    /// The provider works on it.
    Pending,
    /// The money is back with the payer. Final.
    Succeeded,
    /// The money stays with the merchant; another refund may be tried. Final.
    Canceled(Cancellation),
}

/// The reasons for which a call to the provider failed, distinguished by what can be done about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderError {
    /// The provider rejects the request, regardless of how often it is repeated.
    Refused {
        /// The provider's code, such as `invalid_request`.
        code: String,
        /// The provider's description, for the log: it may name details that customers must not see.
        message: String,
    },
    /// The call may have succeeded and has to be repeated. Holds a text for the log.
    Unknown(String),
    /// The call failed and may succeed later: the provider can't be reached, or refuses the merchant's credentials. Holds a text for the log.
    Unavailable(String),
    /// The call failed because of the provider's rate limit.
    Throttled {
        /// The delay that the provider requests, where it states one.
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
    /// True when the call certainly changed nothing at the provider.
    pub fn nothing_was_done(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Unavailable(_) | Self::Throttled { .. } => true,
            Self::Unknown(_) => false,
        }
    }
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
