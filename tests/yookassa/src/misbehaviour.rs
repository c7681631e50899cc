//! The misbehaviours of a temper, and the calls that each can strike.

use serde::{Deserialize, Serialize};

use crate::script::{Effect, Operation};

/// Something that the provider, its payers or the network may do to the merchant. Each doc comment names the published rule that it leans on,
/// or says that there is none; the pages are under yookassa.ru/developers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Misbehaviour {
    /// A create, capture or refund is refused by 400, and every repeat with its key as well. A 4xx is a definite failure, to be tried again
    /// under a new key at most (using-api/response-handling/recommendations).
    Refuse,
    /// A payment or refund stays `pending` for `pending_ms`, or until calm. 200 with `pending` means that the outcome is unknown; the merchant
    /// waits for a notification or polls (using-api/response-handling/recommendations).
    StayPending,
    /// A payer completes a page payment as the merchant cancels it. Only `waiting_for_capture` can be cancelled, so the cancellation is refused
    /// while the payer can still pay (payment-acceptance/getting-started/payment-process).
    PayAfterCancel,
    /// Every call fails for `outage_ms`, by 500, by a proxy's 503, or by a lost connection. After a 500 the outcome is unknown
    /// (using-api/response-handling/http-codes).
    Outage,
    /// A GET returns the first answer about its object for `stale_ms`. The provider promises the current status
    /// (using-api/response-handling/http-codes); a replica that lags breaks that promise.
    RepeatFirstAnswer,
    /// Keys at least `key_ms` old are forgotten, and a repeat acts again. A key holds for 24 hours, and a request after that is a new one
    /// (using-api/interaction-format, "Idempotence").
    ForgetKeys,
    /// A payment is made twice under different ids, with the same metadata; the first is returned. No rule allows it: a provider's own fault, or
    /// what remains of a retry under a forgotten key.
    SecondPayment,
    /// A notification is sent twice at once. An unacknowledged notification is sent again for 24 hours, so a lost acknowledgement has this effect
    /// (using-api/webhooks).
    DuplicateNotification,
    /// A notification is sent `late_ms` after the change. No time is promised for the first attempt (using-api/webhooks).
    LateNotification,
    /// A notification waits until the next one about the same payment has been acknowledged, `late_ms` at most. No order is promised
    /// (using-api/webhooks). Counted when it begins to wait.
    ReorderedNotification,
    /// The notifications of a call are sent before its answer. A notification is sent as soon as the status changes, whether or not the answer has
    /// arrived (using-api/webhooks).
    NotificationBeforeAnswer,
    /// A notification is never sent: the effect of an endpoint that was unreachable for the 24 hours of retries (using-api/webhooks).
    LostNotification,
    /// A call is not done, and answered with 500 (using-api/response-handling/http-codes: the outcome is unknown).
    FailBefore,
    /// A call is done, and answered with 500 (using-api/response-handling/http-codes: the outcome is unknown).
    FailAfter,
    /// A call is not done, and its connection ends without an answer. The network's fault; no rule concerns it.
    DropBefore,
    /// A call is done, and its connection ends without an answer. The network's fault; no rule concerns it.
    DropAfter,
    /// A call is not done, and answered with 429 (using-api/response-handling/http-codes).
    Throttle,
    /// A call is done, and answered `delay_ms` late. No time is promised for an answer.
    Delay,
}

impl Misbehaviour {
    pub(crate) const ALL: [Self; 18] = [
        Self::Refuse,
        Self::StayPending,
        Self::PayAfterCancel,
        Self::Outage,
        Self::RepeatFirstAnswer,
        Self::ForgetKeys,
        Self::SecondPayment,
        Self::DuplicateNotification,
        Self::LateNotification,
        Self::ReorderedNotification,
        Self::NotificationBeforeAnswer,
        Self::LostNotification,
        Self::FailBefore,
        Self::FailAfter,
        Self::DropBefore,
        Self::DropAfter,
        Self::Throttle,
        Self::Delay,
    ];

    /// Returns whether the misbehaviour can strike a call of `operation`. Those of notifications strike events instead.
    pub(crate) fn strikes(self, operation: Operation) -> bool {
        let changes = !matches!(
            operation,
            Operation::GetPayment | Operation::GetRefund | Operation::ListPayments | Operation::ListRefunds
        );
        match self {
            Self::Refuse => changes && operation != Operation::CancelPayment,
            Self::StayPending => matches!(operation, Operation::CreatePayment | Operation::CreateRefund),
            Self::PayAfterCancel => operation == Operation::CancelPayment,
            Self::SecondPayment => operation == Operation::CreatePayment,
            Self::RepeatFirstAnswer => matches!(operation, Operation::GetPayment | Operation::GetRefund),
            Self::ForgetKeys | Self::NotificationBeforeAnswer => changes,
            Self::DuplicateNotification
            | Self::LateNotification
            | Self::ReorderedNotification
            | Self::LostNotification => false,
            Self::Outage
            | Self::FailBefore
            | Self::FailAfter
            | Self::DropBefore
            | Self::DropAfter
            | Self::Throttle
            | Self::Delay => true,
        }
    }

    /// The effect on the whole call, of those that have one. `delay_ms` is the length of a delay.
    pub(crate) fn effect(self, delay_ms: u64) -> Option<Effect> {
        match self {
            Self::FailBefore => Some(Effect::FailBefore),
            Self::FailAfter => Some(Effect::FailAfter),
            Self::DropBefore => Some(Effect::DropBefore),
            Self::DropAfter => Some(Effect::DropAfter),
            Self::Throttle => Some(Effect::Throttle { retry_after: Some(1) }),
            Self::Delay => Some(Effect::Delay { ms: delay_ms }),
            _ => None,
        }
    }
}
