//! What a payment is, and the moves it can make. Pure.
//!
//! | room | what is in it |
//! |---|---|
//! | this file | the payment, and the money that comes or does not |
//! | [`refund`] | the money that goes back |
//! | [`watch`] | when the provider is asked about what is not decided |
//!
//! A payment and its refunds are one aggregate with one version. So of two refunds at one instant one reads what the other has left, and together
//! they never come to more than was taken.

pub mod refund;
pub mod watch;

use std::time::Duration;

use kernel::{Money, NewEvent, OrderId, OrderNumber, PaymentId, Problem, RefundId, Timestamp, UserId};
use orders::{Order, PaymentStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::method::{Instrument, Method};
use crate::payment::refund::Refund;
use crate::payment::watch::{KEY_LIFETIME, Watch};
use crate::provider::{Capture, Description, PaymentReference, Start};

/// The longest failure code or message that is kept, in characters.
pub const MAX_FAILURE_TEXT: usize = 200;
/// The time after which a request to begin a payment is no longer on its way: a function runs for at most a minute, and the provider has then
/// written down what it was asked for, with a wide margin.
pub const SENDING_SETTLES: Duration = Duration::from_mins(10);
/// The failure code of a payment whose order was cancelled or expired.
pub const ORDER_CANCELLED: &str = "order_cancelled";
/// The failure code of a pending attempt that its payer gave up.
pub const ATTEMPT_GIVEN_UP: &str = "attempt_given_up";

/// Why a payment or a refund failed, in the provider's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// A code, such as `card_declined`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// A sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Failure {
    /// A failure with nothing but a code.
    pub fn coded(code: &str) -> Self {
        Self { code: Some(code.to_owned()), message: None }
    }
}

/// What the provider decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It took this much.
    Succeeded(Money),
    /// There will be no money.
    Failed(Failure),
}

/// What the provider is asked for beside the amount. It is kept because a repeat has to ask for the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// What is paid with.
    pub instrument: Instrument,
    /// Where the payer comes back to.
    pub return_url: String,
    /// When the money is taken.
    pub capture: Capture,
}

/// What has become of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The provider has not decided.
    Pending,
    /// There will be no money.
    Failed {
        /// Why.
        failure: Failure,
        /// Whether the provider has said so itself. Until it has, money may still come.
        closed: bool,
    },
    /// The money came.
    Captured {
        /// How much.
        captured: Money,
        /// What goes back of it, or has gone.
        refunds: Vec<Refund>,
    },
}

/// One attempt to pay an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Its id; also the idempotence key that the provider gets.
    pub id: PaymentId,
    /// What it pays for.
    pub order_id: OrderId,
    /// The order's number.
    pub order_number: OrderNumber,
    /// Who pays.
    pub user_id: UserId,
    /// How much.
    pub amount: Money,
    /// How.
    pub method: Method,
    /// What the provider is asked for: kept only as long as it may have to be asked again, since there may be somebody's phone number in it.
    pub asked: Option<Asked>,
    /// The time at which the provider was last asked to begin it; the provider may then have it, whatever was answered. `None` when no such request
    /// has left, so that the provider certainly has nothing.
    pub sent_at: Option<Timestamp>,
    /// The provider's id of it, once the provider has told it.
    pub reference: Option<PaymentReference>,
    /// What has become of it.
    pub state: State,
    /// When the provider is asked next, while something is undecided.
    pub watch: Option<Watch>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts its changes from 1; also the sequence of its journal.
    pub version: u64,
    /// Counts what was noted since then that is no change of its state: its id at the provider, when to look next.
    pub notes: u64,
}

/// A payment after a move, not yet written down.
#[derive(Debug, Clone)]
pub struct Transition {
    /// The payment as it is then.
    pub payment: Payment,
    /// The version that it was moved from; a condition of the writing.
    pub version: u64,
    /// How many notes there were; a condition as well.
    pub notes: u64,
    /// What the journal and the bus are told.
    pub events: Vec<NewEvent>,
    /// The refunds that the move began.
    pub begun: Vec<RefundId>,
}

impl Payment {
    /// A payment of `order` that begins.
    pub fn begin(
        id: PaymentId,
        order: &Order,
        asked: Asked,
        at: Timestamp,
    ) -> Result<(Self, NewEvent), Problem> {
        let payment = Self {
            id,
            order_id: order.id,
            order_number: order.number,
            user_id: order.user_id,
            amount: order.total,
            method: asked.instrument.method(),
            asked: Some(asked),
            // It is sent right after it is written down; a crash in between can't be told from one after.
            sent_at: Some(at),
            reference: None,
            state: State::Pending,
            watch: Some(Watch::begin(at).with_deadline(order.expires_at())),
            created_at: at,
            updated_at: at,
            version: 1,
            notes: 0,
        };
        let event = payment.event("payments.payment_started", json!({}))?;
        Ok((payment, event))
    }

    /// The status that clients see.
    pub fn status(&self) -> PaymentStatus {
        match &self.state {
            State::Pending => PaymentStatus::Pending,
            State::Failed { .. } => PaymentStatus::Failed,
            State::Captured { captured, refunds } => refund::status(*captured, refunds),
        }
    }

    /// Why it failed.
    pub fn failure(&self) -> Option<&Failure> {
        if let State::Failed { failure, .. } = &self.state { Some(failure) } else { None }
    }

    /// Whether the provider has something to decide or to do yet.
    pub fn is_open(&self) -> bool {
        match &self.state {
            State::Pending => true,
            State::Failed { closed, .. } => !closed,
            State::Captured { refunds, .. } => refunds.iter().any(Refund::is_pending),
        }
    }

    /// What the provider is asked for to begin it; `None` when it never has to be asked again.
    pub fn start(&self) -> Option<Start> {
        let asked = self.asked.as_ref()?;
        Some(Start {
            payment_id: self.id,
            order_number: self.order_number,
            amount: self.amount,
            description: Description::new(&format!("Order {}", self.order_number)),
            instrument: asked.instrument.clone(),
            return_url: asked.return_url.clone(),
            capture: asked.capture,
            receipt: None,
        })
    }

    /// The payment as the provider is asked to begin it, again or for the first time. A note.
    #[must_use]
    pub fn sent(mut self, at: Timestamp) -> Self {
        self.sent_at = Some(at);
        self.watch = Some(self.watch.unwrap_or_else(|| Watch::begin(at)));
        self
    }

    /// The payment, when no request to begin it has reached the provider. The provider has nothing to be asked about. A note.
    #[must_use]
    pub fn unsent(mut self) -> Self {
        self.sent_at = None;
        self.watch = None;
        self
    }

    /// Whether the provider still knows the idempotence key that it was given for the payment, so that asking it to begin the payment again
    /// begins nothing else.
    pub fn key_is_known(&self, now: Timestamp) -> bool {
        now < self.created_at.plus(KEY_LIFETIME)
    }

    /// Whether the provider can no longer come to have the payment: a request that was sent has arrived by then, or never will.
    pub fn sending_is_over(&self, now: Timestamp) -> bool {
        self.sent_at.is_none_or(|sent| sent.plus(SENDING_SETTLES) <= now)
    }

    /// The payment, now that its id at the provider is known.
    #[must_use]
    pub fn known_as(mut self, reference: Option<&PaymentReference>) -> Self {
        self.reference = self.reference.or_else(|| reference.cloned());
        self
    }

    /// The money came, perhaps after the payment had been given up. `None` when that is known.
    pub fn succeed(self, captured: Money, at: Timestamp) -> Result<Option<Transition>, Problem> {
        match self.state {
            State::Pending | State::Failed { .. } => {
                let state = State::Captured { captured, refunds: Vec::new() };
                self.moved(state, at, "payments.payment_succeeded").map(Some)
            }
            State::Captured { .. } => Ok(None),
        }
    }

    /// The provider says that there will be no money. `None` when nothing waits for it.
    pub fn fail(self, failure: Failure, at: Timestamp) -> Result<Option<Transition>, Problem> {
        match self.state {
            State::Pending => {
                let state = State::Failed { failure, closed: true };
                self.moved(state, at, "payments.payment_failed").map(Some)
            }
            State::Failed { .. } | State::Captured { .. } => Ok(None),
        }
    }

    /// The merchant no longer wants the money, for a reason with this `code`. Unless the provider never heard of the payment, it may still take money for it.
    pub fn give_up(self, code: &str, at: Timestamp) -> Result<Option<Transition>, Problem> {
        match self.state {
            State::Pending => {
                let failure = Failure::coded(code);
                let state = State::Failed { failure, closed: self.sent_at.is_none() };
                self.moved(state, at, "payments.payment_failed").map(Some)
            }
            State::Failed { .. } | State::Captured { .. } => Ok(None),
        }
    }

    /// The payment, given up before, for which no money can come any more; `None` when that changes nothing. A note.
    pub fn closed(mut self) -> Option<Self> {
        match &mut self.state {
            State::Failed { closed, .. } if !*closed => *closed = true,
            _ => return None,
        }
        self.asked = None;
        self.watch = None;
        Some(self)
    }

    fn moved(mut self, state: State, at: Timestamp, event: &'static str) -> Result<Transition, Problem> {
        let (version, notes) = (self.version, self.notes);
        self.state = state;
        self.settle_at(at);
        let event = self.event(event, json!({}))?;
        Ok(Transition { payment: self, version, notes, events: vec![event], begun: Vec::new() })
    }

    /// Counts a change at `at`, and looks again at what is still open and what need not be kept.
    fn settle_at(&mut self, at: Timestamp) {
        self.updated_at = at;
        self.version += 1;
        self.notes = 0;
        self.watch = self.is_open().then(|| self.next_watch(at));
        let may_ask = match self.state {
            State::Pending => true,
            // Given up before the provider had named it: it can be asked for by its key alone.
            State::Failed { closed, .. } => !closed && self.reference.is_none(),
            State::Captured { .. } => false,
        };
        self.asked = self.asked.take().filter(|_| may_ask);
    }

    /// The polls of what is open after a change at `at`: those of a refund that is tried again grow further apart with each attempt.
    fn next_watch(&self, at: Timestamp) -> Watch {
        let retries =
            self.refunds().iter().filter_map(|refund| refund.is_pending().then_some(refund.retry_at));
        match retries.min().flatten() {
            Some(retry_at) if retry_at > at => Watch { next: retry_at, ..Watch::begin(at) },
            _ => Watch::begin(at),
        }
    }

    /// What the journal and the bus are told: ids, amounts and codes, with `more` that is particular to `kind`.
    fn event(&self, kind: &'static str, more: Value) -> Result<NewEvent, Problem> {
        let mut data = json!({
            "paymentId": self.id,
            "orderId": self.order_id,
            "orderNumber": self.order_number,
            "userId": self.user_id,
            "amount": self.amount.amount(),
            "currency": self.amount.currency(),
            "method": self.method.name(),
            "status": self.status().name(),
        });
        if let Some(code) = self.failure().and_then(|failure| failure.code.as_deref()) {
            data["failureCode"] = json!(code);
        }
        if let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) {
            data.extend(more);
        }
        NewEvent::new(kind, format!("payment/{}", self.id), self.version, &data)
    }
}

impl Transition {
    /// Makes another move in the same writing; one that comes to nothing leaves this as it is.
    pub fn then(
        mut self,
        next: impl FnOnce(Payment) -> Result<Option<Transition>, Problem>,
    ) -> Result<Self, Problem> {
        if let Some(next) = next(self.payment.clone())? {
            self.payment = next.payment;
            self.events.extend(next.events);
            self.begun.extend(next.begun);
        }
        Ok(self)
    }
}

#[cfg(test)]
pub(crate) mod tests;
