//! What a test has asked the YooKassa stub to do with calls and notifications to come.
//!
//! Tests run side by side against one stub, so a script can be bound to one payment by its id, or by its amount before it has one.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::books::Fate;
use crate::temper::{Dispatch, DispatchFate};

/// Which calls or notifications a script is for. Without members: any.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Scope {
    /// The provider's id of the payment or refund.
    object: Option<String>,
    /// The amount as it is written: `100.00`.
    amount: Option<String>,
}

/// What a call or a notification is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subject {
    pub(crate) objects: Vec<String>,
    pub(crate) amounts: Vec<String>,
}

impl Scope {
    fn covers(&self, subject: &Subject) -> bool {
        self.object.as_ref().is_none_or(|object| subject.objects.contains(object))
            && self.amount.as_ref().is_none_or(|amount| subject.amounts.contains(amount))
    }
}

/// An operation of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    CreatePayment,
    GetPayment,
    CapturePayment,
    CancelPayment,
    CreateRefund,
    GetRefund,
    ListPayments,
    ListRefunds,
}

/// What happens to a call instead of what usually would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Effect {
    /// It is done, and the answer comes late.
    Delay { ms: u64 },
    /// It is not done, and answered with 500.
    FailBefore,
    /// It is done, and answered with 500.
    FailAfter,
    /// It is not done, and the connection ends without an answer.
    DropBefore,
    /// It is done, and the connection ends without an answer.
    DropAfter,
    /// It is not done, and answered with 429.
    Throttle { retry_after: Option<u32> },
    /// It is not done, and answered with 401.
    Unauthorized,
    /// It is done, and what it makes stays undecided.
    StayOpen,
    /// It is done, and what it makes is turned down.
    TurnDown,
}

impl Effect {
    /// What becomes of the payment or refund that the call makes.
    pub(crate) fn fate(self) -> Fate {
        match self {
            Self::StayOpen => Fate::Open,
            Self::TurnDown => Fate::TurnedDown,
            _ => Fate::Usual,
        }
    }
}

/// An order to change the next calls.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    /// Any without it.
    operation: Option<Operation>,
    #[serde(default)]
    scope: Scope,
    effect: Effect,
    /// How many calls.
    #[serde(default = "one")]
    times: u32,
}

fn one() -> u32 {
    1
}

/// How the notifications of something are delivered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delivery {
    #[serde(default)]
    scope: Scope,
    /// How late.
    #[serde(default)]
    after_ms: u64,
    /// How often at once, each of them until it is acknowledged.
    #[serde(default = "one")]
    copies: u32,
    /// Whether it waits until it is released.
    #[serde(default)]
    hold: bool,
}

impl Delivery {
    /// How a notification is sent by this script.
    fn dispatch(&self) -> Dispatch {
        let fate = if self.hold { DispatchFate::Held } else { DispatchFate::Sent };
        Dispatch { copies: self.copies, after: Duration::from_millis(self.after_ms), fate }
    }
}

/// Everything that was asked for.
#[derive(Default)]
pub(crate) struct Scripts {
    calls: Vec<Script>,
    deliveries: Vec<Delivery>,
}

impl Scripts {
    pub(crate) fn add(&mut self, script: Script) {
        self.calls.push(script);
    }

    pub(crate) fn add_delivery(&mut self, delivery: Delivery) {
        self.deliveries.push(delivery);
    }

    /// What happens to this call; it is used up.
    pub(crate) fn take(&mut self, operation: Operation, subject: &Subject) -> Option<Effect> {
        let fits = |script: &Script| {
            script.operation.is_none_or(|wanted| wanted == operation) && script.scope.covers(subject)
        };
        let position = self.calls.iter().position(fits)?;
        let script = self.calls.get_mut(position)?;
        let effect = script.effect;
        script.times = script.times.saturating_sub(1);
        if script.times == 0 {
            self.calls.remove(position);
        }
        Some(effect)
    }

    /// How notifications about this are sent, where a script says so. The last one for it holds.
    pub(crate) fn dispatch(&self, subject: &Subject) -> Option<Dispatch> {
        let fits = self.deliveries.iter().rev().find(|delivery| delivery.scope.covers(subject));
        fits.map(Delivery::dispatch)
    }

    /// Forgets every script.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
