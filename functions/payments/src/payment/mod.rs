//! The payment aggregate and its transitions. Pure.
//!
//! | module | contents |
//! |---|---|
//! | this file | the payment, and the money that comes or does not |
//! | [`receipt`] | the receipts of the payment and its refunds |
//! | [`refund`] | refunds |
//! | [`watch`] | the reconciliation schedule of undecided payments and refunds |
//!
//! A payment and its refunds are one aggregate with one version. So of two concurrent refunds one reads what the other has left, and together they
//! never exceed the captured amount.

pub mod receipt;
pub mod refund;
pub mod watch;

use std::time::Duration;

use kernel::{
    EventData, Money, NewEvent, OrderId, OrderNumber, PaymentId, PaymentStatus, Problem, RefundId, Timestamp,
    UserId,
};
use serde::{Deserialize, Serialize};

use crate::events::{PaymentChanged, PaymentFailed, PaymentStarted, PaymentSucceeded};
use crate::external::ExternalPayment;
use crate::method::{Instrument, Method};
use crate::payment::receipt::PaymentReceipt;
use crate::payment::refund::Refund;
use crate::payment::watch::{KEY_LIFETIME, Watch};
use crate::provider::{Capture, Description, PaymentReference, Start};
use crate::receipt::Customer;

/// The longest failure code or message that is stored, in characters.
pub const MAX_FAILURE_TEXT: usize = 200;
/// The time after which a request to begin a payment is no longer in flight: a function runs for at most a minute, and the provider has recorded the
/// request by then, with a wide margin.
pub const SENDING_SETTLES: Duration = Duration::from_mins(10);
/// The failure code of a payment whose order was cancelled or expired.
pub const ORDER_CANCELLED: &str = "order_cancelled";
/// The failure code of a pending attempt that its payer gave up.
pub const ATTEMPT_GIVEN_UP: &str = "attempt_given_up";

/// The reason why a payment or a refund failed, as the provider states it.
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
    /// A failure that has only a code.
    pub fn coded(code: &str) -> Self {
        Self { code: Some(code.to_owned()), message: None }
    }
}

/// The provider's decision about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider captured this amount.
    Succeeded(Money),
    /// There will be no money.
    Failed(Failure),
}

/// The parameters of the provider request beside the amount. They are stored because a repeat has to send the same ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartParameters {
    /// The payer's instrument.
    pub instrument: Instrument,
    /// The page that the payer returns to.
    pub return_url: String,
    /// The time at which the money is captured.
    pub capture: Capture,
    /// The recipient of the receipt, where one is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
}

/// The facts of an order that a payment of it depends on.
#[derive(Debug, Clone)]
pub struct OrderToPay {
    /// The order.
    pub id: OrderId,
    /// Its number.
    pub number: OrderNumber,
    /// Its owner, who is the payer.
    pub user_id: UserId,
    /// The amount to pay.
    pub total: Money,
    /// The time until which it can be paid.
    pub expires_at: Option<Timestamp>,
    /// The lines of the receipt, where one is sent.
    pub receipt: Option<PaymentReceipt>,
}

/// The state of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The provider has not decided.
    Pending,
    /// There will be no money.
    Failed {
        /// The reason.
        failure: Failure,
        /// True when the provider has said so itself. Until then, money may still come.
        closed: bool,
    },
    /// The payment was captured.
    Captured {
        /// The captured amount.
        captured: Money,
        /// Its refunds, pending and complete.
        refunds: Vec<Refund>,
    },
}

/// One attempt to pay an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Its id; also the idempotence key of the provider's calls.
    pub id: PaymentId,
    /// The order that it pays for.
    pub order_id: OrderId,
    /// The order's number.
    pub order_number: OrderNumber,
    /// The payer.
    pub user_id: UserId,
    /// The amount.
    pub amount: Money,
    /// The payment method.
    pub method: Method,
    /// The parameters of the provider request, which may hold a phone number or an email address. They are stored only as long as the request may have to be repeated.
    pub asked: Option<StartParameters>,
    /// How the money was received, where the method is [`Method::External`] and that was stated.
    pub external: Option<ExternalPayment>,
    /// The lines of its receipt, where one is sent.
    pub receipt: Option<PaymentReceipt>,
    /// The time at which the last request to begin it was sent; the provider may then have it, regardless of the response. `None` when no such
    /// request was sent, so that the provider certainly has nothing.
    pub sent_at: Option<Timestamp>,
    /// The provider's id of it, once the provider has returned one.
    pub reference: Option<PaymentReference>,
    /// The state.
    pub state: State,
    /// The next polls of the provider, while something is undecided.
    pub watch: Option<Watch>,
    /// The time at which it began.
    pub created_at: Timestamp,
    /// The time of its last change.
    pub updated_at: Timestamp,
    /// Counts its changes from 1; also the sequence of its journal.
    pub version: u64,
    /// Counts the annotations since then, which do not change its state: its id at the provider, the time of the next poll.
    pub notes: u64,
}

/// A payment after a transition, not yet written.
#[derive(Debug, Clone)]
pub struct Transition {
    /// The payment after the transition.
    pub payment: Payment,
    /// The version before the transition; a condition of the write.
    pub version: u64,
    /// The annotation count before the transition; a condition of the write as well.
    pub notes: u64,
    /// The events for the journal and the bus.
    pub events: Vec<NewEvent>,
    /// The refunds that the transition began.
    pub begun: Vec<RefundId>,
}

impl Payment {
    /// A new payment of `order`.
    pub fn begin(
        id: PaymentId,
        order: &OrderToPay,
        asked: StartParameters,
        at: Timestamp,
    ) -> Result<(Self, NewEvent), Problem> {
        if let (Some(receipt), Some(customer)) = (&order.receipt, &asked.customer) {
            receipt.of_payment(customer.clone(), order.total).map_err(Problem::internal)?;
        }
        let payment = Self {
            id,
            order_id: order.id,
            order_number: order.number,
            user_id: order.user_id,
            amount: order.total,
            method: asked.instrument.method(),
            asked: Some(asked),
            external: None,
            receipt: order.receipt.clone(),
            // The request is sent right after this is written; a crash in between can't be distinguished from one after.
            sent_at: Some(at),
            reference: None,
            state: State::Pending,
            watch: Some(Watch::begin(at).with_deadline(order.expires_at)),
            created_at: at,
            updated_at: at,
            version: 1,
            notes: 0,
        };
        let event = payment.event(&PaymentStarted(PaymentChanged::of(&payment)))?;
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

    /// The reason why it failed.
    pub fn failure(&self) -> Option<&Failure> {
        if let State::Failed { failure, .. } = &self.state { Some(failure) } else { None }
    }

    /// True while the provider has something left to decide or to do.
    pub fn is_open(&self) -> bool {
        match &self.state {
            State::Pending => true,
            State::Failed { closed, .. } => !closed,
            State::Captured { refunds, .. } => refunds.iter().any(Refund::is_pending),
        }
    }

    /// The parameters of the request to begin it; `None` when that request never has to be repeated.
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
            receipt: self.start_receipt(),
        })
    }

    /// The payment with a request to begin it recorded, for the first time or again. An annotation.
    #[must_use]
    pub fn sent(mut self, at: Timestamp) -> Self {
        self.sent_at = Some(at);
        self.watch = Some(self.watch.unwrap_or_else(|| Watch::begin(at)));
        self
    }

    /// The payment, when no request to begin it has reached the provider, which then has nothing to poll. An annotation.
    #[must_use]
    pub fn unsent(mut self) -> Self {
        self.sent_at = None;
        self.watch = None;
        self
    }

    /// True while the provider still knows the idempotence key of the payment, so that a repeated request to begin it begins nothing else.
    pub fn key_is_known(&self, now: Timestamp) -> bool {
        now < self.created_at.plus(KEY_LIFETIME)
    }

    /// True once the provider can no longer come to have the payment: a request that was sent has arrived by then, or never will.
    pub fn sending_is_over(&self, now: Timestamp) -> bool {
        self.sent_at.is_none_or(|sent| sent.plus(SENDING_SETTLES) <= now)
    }

    /// The payment with its id at the provider recorded.
    #[must_use]
    pub fn known_as(mut self, reference: Option<&PaymentReference>) -> Self {
        self.reference = self.reference.or_else(|| reference.cloned());
        self
    }

    /// Records that the money came, perhaps after the payment had been given up. `None` when that is recorded already.
    pub fn succeed(self, captured: Money, at: Timestamp) -> Result<Option<Transition>, Problem> {
        match self.state {
            State::Pending | State::Failed { .. } => {
                let state = State::Captured { captured, refunds: Vec::new() };
                self.moved(state, at, PaymentSucceeded).map(Some)
            }
            State::Captured { .. } => Ok(None),
        }
    }

    /// Records that the provider will send no money. `None` when the payment is not waiting for it.
    pub fn fail(self, failure: Failure, at: Timestamp) -> Result<Option<Transition>, Problem> {
        match self.state {
            State::Pending => {
                let state = State::Failed { failure, closed: true };
                self.moved(state, at, PaymentFailed).map(Some)
            }
            State::Failed { .. } | State::Captured { .. } => Ok(None),
        }
    }

    /// Gives the payment up for a reason with this `code`. Unless the provider never received the payment, it may still take money for it.
    pub fn give_up(self, code: &str, at: Timestamp) -> Result<Option<Transition>, Problem> {
        match self.state {
            State::Pending => {
                let failure = Failure::coded(code);
                let state = State::Failed { failure, closed: self.sent_at.is_none() };
                self.moved(state, at, PaymentFailed).map(Some)
            }
            State::Failed { .. } | State::Captured { .. } => Ok(None),
        }
    }

    /// The payment, given up before, for which no money can come any more; `None` when that changes nothing. An annotation.
    pub fn closed(mut self) -> Option<Self> {
        match &mut self.state {
            State::Failed { closed, .. } if !*closed => *closed = true,
            _ => return None,
        }
        self.asked = None;
        self.watch = None;
        Some(self)
    }

    fn moved<E: EventData>(
        mut self,
        state: State,
        at: Timestamp,
        event: fn(PaymentChanged) -> E,
    ) -> Result<Transition, Problem> {
        let (version, notes) = (self.version, self.notes);
        self.state = state;
        self.settle_at(at);
        let event = self.event(&event(PaymentChanged::of(&self)))?;
        Ok(Transition { payment: self, version, notes, events: vec![event], begun: Vec::new() })
    }

    /// Counts a change at `at`, and determines again what is still open and what need not be stored.
    fn settle_at(&mut self, at: Timestamp) {
        self.updated_at = at;
        self.version += 1;
        self.notes = 0;
        self.watch = self.is_open().then(|| self.next_watch(at));
        let may_ask = match self.state {
            State::Pending => true,
            // Given up before the provider had named it: it can be found by its key alone.
            State::Failed { closed, .. } => !closed && self.reference.is_none(),
            State::Captured { .. } => false,
        };
        self.asked = self.asked.take().filter(|_| may_ask);
        self.forget_refund_customer();
    }

    /// The polls of what is open after a change at `at`: those of a refund that is retried grow further apart with each attempt.
    fn next_watch(&self, at: Timestamp) -> Watch {
        let retries =
            self.refunds().iter().filter_map(|refund| refund.is_pending().then_some(refund.retry_at));
        match retries.min().flatten() {
            Some(retry_at) if retry_at > at => Watch { next: retry_at, ..Watch::begin(at) },
            _ => Watch::begin(at),
        }
    }

    fn event(&self, data: &impl EventData) -> Result<NewEvent, Problem> {
        NewEvent::new(format!("payment/{}", self.id), self.version, data)
    }
}

impl Transition {
    /// Adds another transition to the same write; one that changes nothing leaves this as it is.
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
