//! What an order is, and the moves it can make.
//!
//! A state carries what is only true in it. A move is a method of the state that it starts from and gives the state that it ends in,
//! so that a move which doesn't exist can't be written. [`Order`] offers each move to every state and answers [`WrongState`] where
//! there is none.

use kernel::{Money, NewEvent, OrderId, OrderNumber, Problem, ReservationId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::address::Address;
use crate::draft::{Draft, PricedLine};
use crate::payment::{PaymentStatus, PaymentSummary};

/// The longest reason a cancellation keeps, in characters.
pub const MAX_REASON_LENGTH: usize = 500;

/// What brought a cancellation about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Someone asked for it.
    Requested,
    /// The payment was refused.
    Declined,
    /// It was not paid in time.
    Expired,
}

impl Cause {
    /// The cause in words that a customer can read when no other reason was given.
    pub fn words(self) -> &'static str {
        match self {
            Self::Requested => "cancelled on request",
            Self::Declined => "payment declined",
            Self::Expired => "not paid in time",
        }
    }
}

/// Why and when an order was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancellation {
    /// What brought it about.
    pub cause: Cause,
    /// What was said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The customer can pay, until the time is over. The goods are set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AwaitingPayment {
    /// The goods.
    pub reservation_id: ReservationId,
    /// When the time to pay is over.
    pub expires_at: Timestamp,
}

/// The money and the goods have changed hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Paid {
    /// From where the goods came.
    pub reservation_id: ReservationId,
    /// When the payment succeeded.
    pub paid_at: Timestamp,
}

/// There will be no delivery; the goods went back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancelled {
    /// Why.
    #[serde(flatten)]
    pub cancellation: Cancellation,
    /// When.
    pub canceled_at: Timestamp,
}

impl AwaitingPayment {
    fn pay(self, at: Timestamp) -> Paid {
        Paid { reservation_id: self.reservation_id, paid_at: at }
    }

    fn cancel(self, cancellation: Cancellation, at: Timestamp) -> Cancelled {
        Cancelled { cancellation, canceled_at: at }
    }
}

impl Cancelled {
    /// Money that came late buys the goods after all, when they could be set aside again.
    fn revive(self, reservation_id: ReservationId, at: Timestamp) -> Paid {
        Paid { reservation_id, paid_at: at }
    }
}

/// Where an order is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum State {
    /// The goods are set aside and the customer can pay.
    AwaitingPayment(AwaitingPayment),
    /// Paid for.
    Paid(Paid),
    /// Called off.
    Cancelled(Cancelled),
    /// It could not be placed, because the goods could not be had.
    Failed,
}

/// The name of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// See [`State::AwaitingPayment`].
    AwaitingPayment,
    /// See [`State::Paid`].
    Paid,
    /// See [`State::Cancelled`].
    Cancelled,
    /// See [`State::Failed`].
    Failed,
}

impl Status {
    /// The name that clients see.
    pub fn name(self) -> &'static str {
        match self {
            Self::AwaitingPayment => "awaiting_payment",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id, derived from the number.
    pub id: OrderId,
    /// Its number.
    pub number: OrderNumber,
    /// Whose it is.
    pub user_id: UserId,
    /// What was ordered, at the prices of that moment.
    pub lines: Vec<PricedLine>,
    /// What it costs.
    pub total: Money,
    /// Where it goes.
    pub address: Option<Address>,
    /// Its payment, once there is one.
    pub payment: Option<PaymentSummary>,
    /// Where it is in its life.
    pub state: State,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts its changes from 1; also the sequence of its journal.
    pub version: u64,
}

/// The move does not exist in the order's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongState {
    /// Where the order is.
    pub status: Status,
}

/// What tells one order apart before it is placed.
#[derive(Debug, Clone)]
pub struct Placement {
    /// Its number.
    pub number: OrderNumber,
    /// Whose it is.
    pub user_id: UserId,
    /// Where it goes.
    pub address: Option<Address>,
}

impl Order {
    /// The reservation that belongs to the order, the `version`th time goods are set aside for it.
    pub fn reservation_id(id: OrderId, version: u64) -> ReservationId {
        ReservationId::derived(&format!("reservation/{id}/{version}"))
    }

    /// A new order whose goods are being set aside, to be paid by `expires_at`.
    pub fn place(
        placement: Placement,
        draft: &Draft,
        payment: PaymentSummary,
        at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(Self, NewEvent), Problem> {
        let reservation_id = Self::reservation_id(placement.number.order_id(), 1);
        let state = State::AwaitingPayment(AwaitingPayment { reservation_id, expires_at });
        let order = Self::new(placement, draft.lines.clone(), draft.total, Some(payment), state, at);
        let event = order.event("orders.order_placed")?;
        Ok((order, event))
    }

    /// The record of an order that could not be placed because its goods could not be had.
    pub fn fail(
        placement: Placement,
        lines: Vec<PricedLine>,
        total: Money,
        at: Timestamp,
    ) -> Result<(Self, NewEvent), Problem> {
        let order = Self::new(placement, lines, total, None, State::Failed, at);
        let event = order.event("orders.order_failed")?;
        Ok((order, event))
    }

    fn new(
        placement: Placement,
        lines: Vec<PricedLine>,
        total: Money,
        payment: Option<PaymentSummary>,
        state: State,
        at: Timestamp,
    ) -> Self {
        Self {
            id: placement.number.order_id(),
            number: placement.number,
            user_id: placement.user_id,
            lines,
            total,
            address: placement.address,
            payment,
            state,
            created_at: at,
            updated_at: at,
            version: 1,
        }
    }

    /// The name of the order's state.
    pub fn status(&self) -> Status {
        match &self.state {
            State::AwaitingPayment(_) => Status::AwaitingPayment,
            State::Paid(_) => Status::Paid,
            State::Cancelled(_) => Status::Cancelled,
            State::Failed => Status::Failed,
        }
    }

    /// When the time to pay is over, while the order waits for payment.
    pub fn expires_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::AwaitingPayment(state) => Some(state.expires_at),
            State::Paid(_) | State::Cancelled(_) | State::Failed => None,
        }
    }

    /// The reservation that holds the order's goods, while one does.
    pub fn live_reservation(&self) -> Option<ReservationId> {
        match &self.state {
            State::AwaitingPayment(state) => Some(state.reservation_id),
            State::Paid(_) | State::Cancelled(_) | State::Failed => None,
        }
    }

    /// The payment succeeded.
    pub fn pay(self, at: Timestamp) -> Result<(Self, NewEvent), MoveError> {
        let State::AwaitingPayment(state) = self.state.clone() else { return Err(self.wrong_state()) };
        let paid = State::Paid(state.pay(at));
        Ok(self.moved(paid, Some(PaymentStatus::Succeeded), at, "orders.order_paid")?)
    }

    /// The payment succeeded after the order had been cancelled, and the goods could be set aside again.
    pub fn revive(self, reservation_id: ReservationId, at: Timestamp) -> Result<(Self, NewEvent), MoveError> {
        let State::Cancelled(state) = self.state.clone() else { return Err(self.wrong_state()) };
        let paid = State::Paid(state.revive(reservation_id, at));
        Ok(self.moved(paid, Some(PaymentStatus::Succeeded), at, "orders.order_paid")?)
    }

    /// The order is called off, and an unfinished payment with it.
    pub fn cancel(self, cancellation: Cancellation, at: Timestamp) -> Result<(Self, NewEvent), MoveError> {
        let State::AwaitingPayment(state) = self.state.clone() else { return Err(self.wrong_state()) };
        let cancelled = State::Cancelled(state.cancel(cancellation, at));
        Ok(self.moved(cancelled, Some(PaymentStatus::Failed), at, "orders.order_canceled")?)
    }

    /// Takes what could tell who the customer was off the order: the address, and what they wrote. `None` when there is nothing of the
    /// kind. What was ordered, for how much and when stays, under the id of an account that is gone.
    pub fn forget_customer(mut self, at: Timestamp) -> Result<Option<(Self, NewEvent)>, Problem> {
        let mut found = self.address.take().is_some();
        if let State::Cancelled(state) = &mut self.state {
            found |= state.cancellation.reason.take().is_some();
        }
        if !found {
            return Ok(None);
        }
        let state = self.state.clone();
        self.moved(state, None, at, "orders.customer_forgotten").map(Some)
    }

    /// The provider told where the customer pays. No change of state: nobody has to hear of it.
    #[must_use]
    pub fn with_payment(mut self, payment: PaymentSummary) -> Self {
        self.payment = Some(payment);
        self
    }

    fn wrong_state(&self) -> MoveError {
        MoveError::WrongState(WrongState { status: self.status() })
    }

    fn moved(
        mut self,
        state: State,
        payment: Option<PaymentStatus>,
        at: Timestamp,
        event: &'static str,
    ) -> Result<(Self, NewEvent), Problem> {
        self.state = state;
        if let (Some(summary), Some(status)) = (&mut self.payment, payment) {
            summary.status = status;
            summary.payment_url = None;
        }
        self.updated_at = at;
        self.version += 1;
        let event = self.event(event)?;
        Ok((self, event))
    }

    /// What the journal and the bus are told. Ids and amounts; never a name or an address.
    fn event(&self, kind: &'static str) -> Result<NewEvent, Problem> {
        let mut data = json!({
            "orderId": self.id,
            "number": self.number,
            "userId": self.user_id,
            "status": self.status().name(),
            "totalAmount": self.total.amount(),
            "currency": self.total.currency(),
        });
        match &self.state {
            State::AwaitingPayment(state) => {
                data["items"] = json!(self.lines);
                data["expiresAt"] = json!(state.expires_at);
            }
            State::Paid(_) => {}
            State::Cancelled(state) => data["cause"] = json!(state.cancellation.cause),
            State::Failed => data["items"] = json!(self.lines),
        }
        if let Some(payment) = &self.payment {
            data["paymentId"] = json!(payment.payment_id);
        }
        NewEvent::new(kind, aggregate_id(self.id), self.version, &data)
    }
}

/// Why a move was not made.
#[derive(Debug)]
pub enum MoveError {
    /// The move does not exist in the order's state.
    WrongState(WrongState),
    /// It could not be written down.
    Problem(Problem),
}

impl From<Problem> for MoveError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// The name of an order in the journal.
pub fn aggregate_id(id: OrderId) -> String {
    format!("order/{id}")
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
