//! Refunds.

use std::time::Duration;

use kernel::{EventData, Money, PaymentStatus, Problem, RefundId, Timestamp};
use serde::{Deserialize, Serialize};

use super::watch::FIRST_LOOK;
use super::{Failure, Payment, State, Transition};
use crate::events::{
    PaymentChanged, ReconciliationGivenUp, RefundAttemptFailed, RefundChanged, RefundFailed, RefundStarted,
    RefundSucceeded, RefundUnknown,
};
use crate::provider::RefundReference;
use crate::refusal::{RefundError, RefundRefusal};

/// The failure code of a refund that the provider never answered.
const NO_ANSWER: &str = "no_answer";

/// The most refunds that one payment can have, failed ones included. They are stored with the payment, whose item DynamoDB limits to 400 kB.
pub const MAX_REFUNDS: usize = 100;

/// The number of times that a refund the merchant owes is tried before a person has to take it over. With the delays between them these are 20 hours.
pub const MAX_REFUND_ATTEMPTS: u32 = 10;
/// The longest delay between two attempts; the first is twice [`FIRST_LOOK`], and each is twice the one before.
pub const LONGEST_RETRY_DISTANCE: Duration = Duration::from_hours(6);

/// The status of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// The provider has not finished it.
    Pending,
    /// The money was refunded.
    Succeeded,
    /// The refund failed and the money stayed.
    Failed,
    /// The provider never named it and no longer knows its key, so that the money may have been refunded. It counts as refunded until the provider
    /// says otherwise.
    Unknown,
}

impl RefundStatus {
    /// The name that clients see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// The reason for a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundCause {
    /// The order that it paid for was cancelled.
    OrderCancelled,
    /// The money came when its order's goods were no longer available, or the order was paid already.
    NotOwed,
    /// The provider captured another amount than the order costs.
    WrongAmount,
    /// An operator requested it.
    Requested,
}

impl RefundCause {
    /// The name that events and clients see.
    pub fn name(self) -> &'static str {
        match self {
            Self::OrderCancelled => "order_cancelled",
            Self::NotOwed => "not_owed",
            Self::WrongAmount => "wrong_amount",
            Self::Requested => "requested",
        }
    }

    /// True when the merchant owes the money, so that the refund is retried when the provider could not make it.
    fn is_owed(self) -> bool {
        self != Self::Requested
    }
}

/// One refund of a payment, of all of it or a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// The amount in minor units of the payment's currency.
    pub amount: i64,
    /// The status.
    pub status: RefundStatus,
    /// The reason for which it was begun.
    pub cause: RefundCause,
    /// The number of attempts that the provider has cancelled. Each attempt has an idempotence key of its own.
    pub attempt: u32,
    /// The time of the next attempt, after one that the provider cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// The provider's id of the attempt, once the provider has returned one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<RefundReference>,
    /// The share of each line of the payment's receipt; none without receipts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipt: Vec<i64>,
    /// The reason why it failed, or why its last attempt did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The time at which it began.
    pub created_at: Timestamp,
    /// The time of its last change.
    pub updated_at: Timestamp,
}

impl Refund {
    /// True while the provider has not finished it.
    pub fn is_pending(&self) -> bool {
        self.status == RefundStatus::Pending
    }

    /// True when the provider may be called for it at `now`: every caller keeps the delay after the attempt before.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.is_pending() && self.retry_at.is_none_or(|retry_at| retry_at <= now)
    }

    /// The time at which its current attempt began.
    pub fn attempted_at(&self) -> Timestamp {
        self.retry_at.unwrap_or(self.created_at)
    }

    /// The time of the next attempt after `attempts` that failed by `at`; `None` when a person has to take it over.
    fn retry_after(attempts: u32, at: Timestamp) -> Option<Timestamp> {
        let distance = FIRST_LOOK.saturating_mul(2_u32.saturating_pow(attempts)).min(LONGEST_RETRY_DISTANCE);
        (attempts < MAX_REFUND_ATTEMPTS).then(|| at.plus(distance))
    }

    /// The idempotence key of its current attempt.
    pub fn key(&self) -> RefundId {
        match self.attempt {
            0 => self.id,
            attempt => RefundId::derived(&format!("refund/{}/{attempt}", self.id)),
        }
    }
}

/// The status of a payment of which `captured` came and `refunds` were begun.
pub(super) fn status(captured: Money, refunds: &[Refund]) -> PaymentStatus {
    let all = captured.amount();
    if all == 0 {
        // Nothing came, so that nothing can be refunded: a free order is paid.
        PaymentStatus::Succeeded
    } else if sum(refunds, |status| status == RefundStatus::Succeeded) == all {
        PaymentStatus::Refunded
    } else if sum(refunds, |status| status != RefundStatus::Failed) == all {
        PaymentStatus::Refunding
    } else {
        PaymentStatus::Succeeded
    }
}

fn sum(refunds: &[Refund], counts: impl Fn(RefundStatus) -> bool) -> i64 {
    refunds.iter().filter(|refund| counts(refund.status)).map(|refund| refund.amount).sum()
}

/// The provider's result for a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundOutcome {
    /// Nothing yet.
    Pending(RefundReference),
    /// It sent the money; without a reference when no provider has the payment.
    Succeeded(Option<RefundReference>),
    /// It cancelled the refund, and may accept another one later.
    Canceled(Failure),
    /// It rejects the request, regardless of how often it is repeated.
    Refused(Failure),
    /// It never named the refund and no longer knows the key.
    Unknown,
}

impl Payment {
    /// Its refunds, from the first.
    pub fn refunds(&self) -> &[Refund] {
        if let State::Captured { refunds, .. } = &self.state { refunds } else { &[] }
    }

    /// The refund with this id.
    pub fn refund(&self, id: RefundId) -> Option<&Refund> {
        self.refunds().iter().find(|refund| refund.id == id)
    }

    /// The captured amount; `None` while there is none.
    pub fn captured(&self) -> Option<Money> {
        if let State::Captured { captured, .. } = &self.state { Some(*captured) } else { None }
    }

    /// The amount that has been refunded, in minor units.
    pub fn refunded(&self) -> i64 {
        sum(self.refunds(), |status| status == RefundStatus::Succeeded)
    }

    /// The captured amount less all refunds that are complete, pending or possibly complete, in minor units.
    pub fn refundable(&self) -> i64 {
        let live = sum(self.refunds(), |status| status != RefundStatus::Failed);
        self.captured().map_or(0, |captured| (captured.amount() - live).max(0))
    }

    /// True when a refund that the merchant owes was given up: the remainder has to be sent by a person.
    pub fn is_left_to_operators(&self) -> bool {
        self.refunds().iter().any(|refund| refund.cause.is_owed() && refund.status == RefundStatus::Failed)
    }

    /// Begins to refund the remainder of the money; `None` when there is none.
    pub fn return_rest(self, cause: RefundCause, at: Timestamp) -> Result<Option<Transition>, Problem> {
        let rest = self.refundable();
        if rest == 0 {
            return Ok(None);
        }
        let id = RefundId::derived(&format!("refund/{}/of/{}", self.id, self.refunds().len()));
        self.begin_refund(id, rest, cause, at).map(Some)
    }

    /// Begins to refund `amount`, for an operator.
    pub fn request_refund(self, id: RefundId, amount: i64, at: Timestamp) -> Result<Transition, RefundError> {
        if self.captured().is_none() {
            return Err(RefundRefusal::NotCaptured.into());
        }
        if amount > self.refundable() {
            let (refundable, currency) = (self.refundable(), self.amount.currency());
            return Err(RefundRefusal::ExceedsPayment { refundable, currency }.into());
        }
        if self.refunds().len() >= MAX_REFUNDS {
            return Err(RefundRefusal::TooManyRefunds.into());
        }
        Ok(self.begin_refund(id, amount, RefundCause::Requested, at)?)
    }

    fn begin_refund(
        mut self,
        id: RefundId,
        amount: i64,
        cause: RefundCause,
        at: Timestamp,
    ) -> Result<Transition, Problem> {
        let receipt = self.refund_shares(amount);
        let State::Captured { refunds, .. } = &mut self.state else {
            return Err(Problem::internal(format!("payment {} has no money to send back", self.id)));
        };
        refunds.push(Refund {
            id,
            amount,
            status: RefundStatus::Pending,
            cause,
            attempt: 0,
            retry_at: None,
            reference: None,
            receipt,
            failure: None,
            created_at: at,
            updated_at: at,
        });
        let mut moved = self.refund_moved(id, at, RefundStarted)?;
        moved.begun.push(id);
        Ok(moved)
    }

    /// Applies the provider's result for a refund. `None` when the refund is not waiting for one.
    ///
    /// When the provider cancels a refund that the merchant owes, it is retried under another key, at most [`MAX_REFUND_ATTEMPTS`] times at growing
    /// delays. A refund that an operator requested, or that the provider refuses for good, has failed then, and an operator may try another.
    pub fn refund_answered(
        self,
        id: RefundId,
        outcome: &RefundOutcome,
        at: Timestamp,
    ) -> Result<Option<Transition>, Problem> {
        let mut payment = self;
        let Some(refund) = payment.pending_refund(id) else { return Ok(None) };
        refund.updated_at = at;
        let moved = match outcome {
            RefundOutcome::Pending(_) => return Ok(None),
            RefundOutcome::Succeeded(reference) => {
                refund.status = RefundStatus::Succeeded;
                refund.reference.clone_from(reference);
                payment.refund_moved(id, at, RefundSucceeded)
            }
            RefundOutcome::Canceled(failure) => {
                refund.failure = Some(failure.clone());
                let retry_at = Refund::retry_after(refund.attempt + 1, at).filter(|_| refund.cause.is_owed());
                if retry_at.is_some() {
                    refund.attempt += 1;
                    refund.retry_at = retry_at;
                    refund.reference = None;
                    payment.refund_moved(id, at, RefundAttemptFailed)
                } else {
                    refund.status = RefundStatus::Failed;
                    payment.refund_moved(id, at, RefundFailed)
                }
            }
            RefundOutcome::Refused(failure) => {
                refund.failure = Some(failure.clone());
                refund.status = RefundStatus::Failed;
                payment.refund_moved(id, at, RefundFailed)
            }
            RefundOutcome::Unknown => {
                refund.failure = Some(Failure::coded(NO_ANSWER));
                refund.status = RefundStatus::Unknown;
                payment.refund_moved(id, at, RefundUnknown)
            }
        };
        moved.map(Some)
    }

    /// The payment with the provider's id of a refund that is under way; `None` when that is recorded already. An annotation.
    pub fn refund_known_as(mut self, id: RefundId, reference: &RefundReference) -> Option<Self> {
        let refund = self.pending_refund(id).filter(|refund| refund.reference.is_none())?;
        refund.reference = Some(reference.clone());
        Some(self)
    }

    /// Records that the provider sent the money of `refund`, regardless of its status before. `None` when that is recorded already.
    pub fn refund_arrived(
        mut self,
        id: RefundId,
        reference: &RefundReference,
        at: Timestamp,
    ) -> Result<Option<Transition>, Problem> {
        let State::Captured { refunds, .. } = &mut self.state else { return Ok(None) };
        let known = |refund: &&mut Refund| refund.id == id && refund.status != RefundStatus::Succeeded;
        let Some(refund) = refunds.iter_mut().find(known) else { return Ok(None) };
        refund.status = RefundStatus::Succeeded;
        refund.reference = Some(reference.clone());
        refund.updated_at = at;
        self.refund_moved(id, at, RefundSucceeded).map(Some)
    }

    /// The refund that the provider's `reference` over `amount` stands for: the one that it named so, or else one of that amount that it never named.
    pub fn refund_by_reference(&self, reference: &RefundReference, amount: i64) -> Option<&Refund> {
        let named = self.refunds().iter().find(|refund| refund.reference.as_ref() == Some(reference));
        named.or_else(|| {
            let unnamed = |refund: &&Refund| refund.reference.is_none() && refund.amount == amount;
            self.refunds().iter().find(unnamed)
        })
    }

    /// Applies when the provider has not decided for so long that a person has to look into it. Refunds that it has named are still polled, once a
    /// day; one that it never named is unknown, and nothing is sent in its place.
    pub fn give_up_watching(mut self, at: Timestamp) -> Result<Transition, Problem> {
        let (version, notes, watch) = (self.version, self.notes, self.watch);
        if let State::Captured { refunds, .. } = &mut self.state {
            for refund in
                refunds.iter_mut().filter(|refund| refund.is_pending() && refund.reference.is_none())
            {
                refund.status = RefundStatus::Unknown;
                refund.failure.get_or_insert_with(|| Failure::coded(NO_ANSWER));
                refund.updated_at = at;
            }
        }
        self.settle_at(at);
        let polled = self.refunds().iter().any(Refund::is_pending);
        self.watch = watch.filter(|_| polled).map(|watch| watch.daily(at));
        self.asked = None;
        let event = self.event(&ReconciliationGivenUp(PaymentChanged::of(&self)))?;
        Ok(Transition { payment: self, version, notes, events: vec![event], begun: Vec::new() })
    }

    fn pending_refund(&mut self, id: RefundId) -> Option<&mut Refund> {
        let State::Captured { refunds, .. } = &mut self.state else { return None };
        refunds.iter_mut().find(|refund| refund.id == id && refund.is_pending())
    }

    fn refund_moved<E: EventData>(
        mut self,
        id: RefundId,
        at: Timestamp,
        event: fn(RefundChanged) -> E,
    ) -> Result<Transition, Problem> {
        let (version, notes) = (self.version, self.notes);
        self.settle_at(at);
        let lost = || Problem::internal(format!("refund {id} is gone"));
        let refund = self.refund(id).ok_or_else(lost)?;
        let event = self.event(&event(RefundChanged::of(&self, refund)))?;
        Ok(Transition { payment: self, version, notes, events: vec![event], begun: Vec::new() })
    }
}
