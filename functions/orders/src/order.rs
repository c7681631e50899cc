//! An order and its transitions.
//!
//! The transitions themselves are methods of the states ([`crate::state`]). [`Order`] offers each of them in every state and returns
//! [`WrongState`] where it does not exist.

use std::time::Duration;

use kernel::{
    EventData, Money, NewEvent, OrderId, OrderNumber, PaymentStatus, Problem, ReservationId, Timestamp,
    UserId,
};
use pricing::{PromotionUses, Totals};
use serde_json::Value;

use crate::address::Address;
use crate::buyer::Buyer;
use crate::details::Details;
use crate::draft::PricedLine;
use crate::edges::{Command, Status};
use crate::events::{
    AddressChanged, OrderAwaitsPayment, OrderCanceled, OrderFailed, OrderPaid, OrderReserved, OrderStep,
    OrderWithoutGoods, edited, items,
};
use crate::holds::Holder;
use crate::order_pricing::Pricing;
use crate::payment::PaymentSummary;
use crate::state::{Cancelled, Cause, State};

mod claiming;
mod forgetting;
mod fulfillment;
mod placement;

pub use forgetting::Forgetting;
pub use placement::Placement;

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The id, derived from the number.
    pub id: OrderId,
    /// Its number.
    pub number: OrderNumber,
    /// The customer who placed it.
    pub user_id: UserId,
    /// The lines, at the prices of the moment at which it was placed.
    pub lines: Vec<PricedLine>,
    /// The total.
    pub total: Money,
    /// The derivation of the prices, where there is more to them than the goods.
    pub pricing: Option<Pricing>,
    /// The delivery address.
    pub address: Option<Address>,
    /// The person that it is for.
    pub buyer: Buyer,
    /// Its note, its metadata, and the page to return to.
    pub details: Details,
    /// The signed cart that it was placed from, as it was received.
    pub cart_snapshot: Option<Value>,
    /// Its payment, once there is one.
    pub payment: Option<PaymentSummary>,
    /// The account and source address that an unpaid order is counted for, unless it counts nowhere.
    pub holder: Option<Holder>,
    /// The time at which an order expires that waits for no payment, as long as it is new or failed. Orders from before such orders expired
    /// have none until they are written by `make backfill`.
    pub ends_at: Option<Timestamp>,
    /// The state.
    pub state: State,
    /// The time at which it was placed.
    pub created_at: Timestamp,
    /// The time of its last change.
    pub updated_at: Timestamp,
    /// The number of its changes, from 1; also the sequence of its journal.
    pub version: u64,
    /// The number of annotations since then. See [`Self::note_payment`] and [`Self::forget_customer`].
    pub notes: u64,
    /// It was placed from its customer's cart, into which its lines return when its payment is declined.
    pub from_cart: bool,
    /// The account is deleted. Personal data that the order still needs is removed as soon as the order is no longer owed.
    pub account_deleted: bool,
}

/// The party that sets an order's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Editor {
    /// The customer whose order it is.
    Owner,
    /// The merchant, with the scope `orders:write`.
    Operator,
}

/// The transition does not exist in the order's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongState {
    /// The order's status.
    pub status: Status,
    /// The command that was requested.
    pub command: Command,
}

/// An order after a transition, not yet written.
#[derive(Debug, Clone)]
pub struct Transition {
    /// The order after the transition.
    pub order: Order,
    /// The status before: the write repeats it as a condition.
    pub from: Status,
    /// The number of annotations before; a condition as well.
    pub notes: u64,
    /// The holder before, whose source address the transition may remove: the write has to find the items of both.
    pub holder: Option<Holder>,
    /// The events of the transitions before, when several are written as one.
    pub earlier: Vec<NewEvent>,
    /// The event of the transition.
    pub event: NewEvent,
}

impl Transition {
    /// Makes another transition in the same write.
    pub fn then(
        self,
        next: impl FnOnce(Order) -> Result<Self, TransitionError>,
    ) -> Result<Self, TransitionError> {
        let Self { order, from, notes, holder, mut earlier, event } = self;
        let next = next(order)?;
        earlier.push(event);
        earlier.extend(next.earlier);
        Ok(Self { order: next.order, from, notes, holder, earlier, event: next.event })
    }
}

impl Order {
    /// The reservation that belongs to the order's `version`.
    pub fn reservation_id(id: OrderId, version: u64) -> ReservationId {
        ReservationId::derived(&format!("reservation/{id}/{version}"))
    }

    /// The reservation that the order's next transition makes, if that is one that reserves stock.
    pub fn next_reservation_id(&self) -> ReservationId {
        Self::reservation_id(self.id, self.version + 1)
    }

    /// The name of the order's state.
    pub fn status(&self) -> Status {
        self.state.status()
    }

    /// Returns true when the order ended because its payment was refused.
    pub fn is_declined(&self) -> bool {
        matches!(&self.state, State::Cancelled(state) if state.cancellation.cause == Cause::Declined)
    }

    /// The time at which the payment is due, while the order waits for payment.
    pub fn expires_at(&self) -> Option<Timestamp> {
        if let State::AwaitingPayment(state) = &self.state { Some(state.expires_at) } else { None }
    }

    /// The time at which the order expires unless it changes before: while it waits for payment, is new or has failed.
    pub fn due_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::AwaitingPayment(state) => Some(state.expires_at),
            State::New(_) | State::Failed(_) => self.ends_at,
            State::Paid(_)
            | State::Confirmed(_)
            | State::Shipped(_)
            | State::Delivered(_)
            | State::Cancelled(_) => None,
        }
    }

    /// The order with an expiry time in `lifetime`, if it is new or failed and has none: it was placed before such orders expired.
    #[must_use]
    pub(crate) fn ending_after(mut self, lifetime: Duration, now: Timestamp) -> Self {
        if matches!(self.state, State::New(_) | State::Failed(_)) {
            self.ends_at.get_or_insert(now.plus(lifetime));
        }
        self
    }

    /// The order counted for `holder`, or for none. To be called before its stock is reserved.
    #[must_use]
    pub fn held_by(self, holder: Option<Holder>) -> Self {
        Self { holder, ..self }
    }

    /// The stock has been reserved, under [`Self::next_reservation_id`], and the order can be paid until `expires_at`.
    pub fn reserve(self, at: Timestamp, expires_at: Timestamp) -> Result<Transition, TransitionError> {
        let reservation_id = self.next_reservation_id();
        let state = match self.state.clone() {
            State::New(state) => state.reserve(reservation_id, expires_at),
            State::Failed(state) => state.reserve(reservation_id, expires_at),
            _ => return Err(self.wrong_state(Command::Reserve)),
        };
        Ok(self.moved(State::AwaitingPayment(state), None, at, |order| {
            OrderReserved(OrderAwaitsPayment::of(order, items(order), expires_at))
        })?)
    }

    /// Stock is insufficient for an order that has none reserved.
    pub fn mark_out_of_stock(self, at: Timestamp) -> Result<Transition, TransitionError> {
        let State::New(state) = self.state.clone() else {
            return Err(self.wrong_state(Command::RunShort));
        };
        Ok(self.moved(State::Failed(state.mark_out_of_stock()), None, at, |order| {
            OrderFailed(OrderWithoutGoods::of(order, items(order)))
        })?)
    }

    /// Sets the delivery address. Operators may until the order is shipped, its owner while it is unpaid or has no address; an owner stays in
    /// the destination that shipping or an added tax was computed for.
    pub fn edit_address(
        mut self,
        address: Address,
        editor: Editor,
        at: Timestamp,
    ) -> Result<Transition, TransitionError> {
        let may_when_paid = editor == Editor::Operator || self.address.is_none();
        let priced_for = self.address.as_ref().and_then(Address::destination);
        let is_priced_for_it = self.pricing.as_ref().is_some_and(Pricing::depends_on_destination);
        if editor == Editor::Owner && is_priced_for_it && address.destination() != priced_for {
            return Err(self.wrong_state(Command::EditAddress));
        }
        let state = match self.state.clone() {
            State::New(state) => State::New(state.edit_address()),
            State::Failed(state) => State::Failed(state.edit_address()),
            State::AwaitingPayment(state) => State::AwaitingPayment(state.edit_address()),
            State::Paid(state) if may_when_paid => State::Paid(state.edit_address()),
            State::Confirmed(state) if may_when_paid => State::Confirmed(state.edit_address()),
            _ => return Err(self.wrong_state(Command::EditAddress)),
        };
        self.address = Some(address);
        Ok(self.moved(state, None, at, |order| AddressChanged(edited(order)))?)
    }

    /// The payment succeeded.
    pub fn pay(self, at: Timestamp) -> Result<Transition, TransitionError> {
        let State::AwaitingPayment(state) = self.state.clone() else {
            return Err(self.wrong_state(Command::Pay));
        };
        let paid = State::Paid(state.pay(at));
        Ok(self.moved(paid, Some(PaymentStatus::Succeeded), at, |order| OrderPaid(OrderStep::of(order)))?)
    }

    /// The payment succeeded after the order had been cancelled, and the stock could be reserved again, under [`Self::next_reservation_id`].
    pub fn reinstate(self, at: Timestamp) -> Result<Transition, TransitionError> {
        let State::Cancelled(state) = self.state.clone() else {
            return Err(self.wrong_state(Command::Revive));
        };
        let paid = State::Paid(state.reinstate(self.next_reservation_id(), at));
        Ok(self.moved(paid, Some(PaymentStatus::Succeeded), at, |order| OrderPaid(OrderStep::of(order)))?)
    }

    /// Cancels the order before it is paid, and an unfinished payment with it.
    pub fn cancel(self, reason: Option<String>, at: Timestamp) -> Result<Transition, TransitionError> {
        let state = match self.state.clone() {
            State::New(state) => state.cancel(reason, at),
            State::AwaitingPayment(state) => state.cancel(reason, at),
            _ => return Err(self.wrong_state(Command::Cancel)),
        };
        Ok(self.cancelled(state, PaymentStatus::Failed, at)?)
    }

    /// The time to pay is over, or the time in which the stock of a new or failed order could be reserved.
    pub fn expire(self, at: Timestamp) -> Result<Transition, TransitionError> {
        let state = match self.state.clone() {
            State::AwaitingPayment(state) => state.expire(at),
            State::New(state) => state.expire(at),
            State::Failed(state) => state.expire(at),
            _ => return Err(self.wrong_state(Command::Expire)),
        };
        Ok(self.cancelled(state, PaymentStatus::Failed, at)?)
    }

    /// The payment was refused.
    pub fn decline(self, reason: Option<String>, at: Timestamp) -> Result<Transition, TransitionError> {
        let State::AwaitingPayment(state) = self.state.clone() else {
            return Err(self.wrong_state(Command::Decline));
        };
        Ok(self.cancelled(state.decline(reason, at), PaymentStatus::Failed, at)?)
    }

    /// An operator cancels a paid order before it is shipped. Its money is refunded, and its stock returned.
    pub fn cancel_and_refund(
        self,
        reason: Option<String>,
        at: Timestamp,
    ) -> Result<Transition, TransitionError> {
        let state = match self.state.clone() {
            State::Paid(state) => state.cancel_and_refund(reason, at),
            State::Confirmed(state) => state.cancel_and_refund(reason, at),
            _ => return Err(self.wrong_state(Command::CancelPaid)),
        };
        Ok(self.cancelled(state, PaymentStatus::Refunding, at)?)
    }

    /// Records a change of the payment: that it began, where the customer pays, that it was refunded. The payment has a journal of its own, so
    /// that this is no change of the order's state and has no event; it is counted so that no two writers overwrite each other.
    #[must_use]
    pub fn note_payment(mut self, payment: PaymentSummary) -> Self {
        self.payment = Some(payment);
        self.notes += 1;
        if self.account_deleted {
            self.take_customer_off();
        }
        self
    }

    fn wrong_state(&self, command: Command) -> TransitionError {
        TransitionError::WrongState(WrongState { status: self.status(), command })
    }

    fn cancelled(
        self,
        state: Cancelled,
        payment: PaymentStatus,
        at: Timestamp,
    ) -> Result<Transition, Problem> {
        let cause = state.cancellation.cause;
        self.moved(State::Cancelled(state), Some(payment), at, |order| OrderCanceled::of(order, cause))
    }

    fn moved<E: EventData>(
        mut self,
        state: State,
        payment: Option<PaymentStatus>,
        at: Timestamp,
        event: impl FnOnce(&Self) -> E,
    ) -> Result<Transition, Problem> {
        let (from, notes, holder) = (self.status(), self.notes, self.holder.clone());
        self.state = state;
        self.count_uses();
        if let (Some(summary), Some(status)) = (&mut self.payment, payment) {
            summary.status = status;
            summary.payment_url = None;
        }
        self.updated_at = at;
        self.version += 1;
        self.notes = 0;
        if self.account_deleted {
            self.take_customer_off();
        }
        let event = self.event(&event(&self))?;
        Ok(Transition { order: self, from, notes, holder, earlier: Vec::new(), event })
    }

    /// An order uses its promotions in every state but those in which it holds nothing for its customer.
    fn count_uses(&mut self) {
        let is_counted = !matches!(self.state, State::New(_) | State::Failed(_) | State::Cancelled(_));
        if let Some(uses) = self.pricing.as_mut().and_then(|pricing| pricing.uses.as_mut()) {
            uses.taken = is_counted;
        }
    }

    /// The sums: without shipping, taxes and discounts they are those of the lines.
    pub fn totals(&self) -> Totals {
        let total = self.total.amount();
        let plain = || Totals { subtotal: total, total, ..Totals::default() };
        self.pricing.as_ref().map_or_else(plain, |pricing| pricing.priced.totals)
    }

    /// The counted promotions, and whether the order is counted at the moment.
    pub fn promotion_uses(&self) -> Option<&PromotionUses> {
        self.pricing.as_ref()?.uses.as_ref()
    }

    fn event(&self, data: &impl EventData) -> Result<NewEvent, Problem> {
        NewEvent::new(aggregate_id(self.id), self.version, data)
    }
}

/// The reason for which a transition was not made.
#[derive(Debug)]
pub enum TransitionError {
    /// The transition does not exist in the order's state.
    WrongState(WrongState),
    /// It could not be written.
    Problem(Problem),
}

impl From<Problem> for TransitionError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// The order's name in the journal.
pub fn aggregate_id(id: OrderId) -> String {
    format!("order/{id}")
}

#[cfg(test)]
#[path = "order_tests.rs"]
pub(crate) mod tests;
