//! The steps of a paid order towards its customer.

use kernel::{PaymentStatus, Timestamp};

use super::{Order, Transition, TransitionError};
use crate::edges::{Command, Status};
use crate::events::{OrderConfirmed, OrderDelivered, OrderShipped, OrderStep};
use crate::refusal::TransitionRefusal;
use crate::state::State;

impl Order {
    /// The merchant confirms a paid order.
    pub fn confirm(self, at: Timestamp) -> Result<Transition, TransitionError> {
        match self.state.clone() {
            State::Paid(state) if self.block_of(Command::Confirm).is_none() => {
                Ok(self.moved(State::Confirmed(state.confirm(at)), None, at, |order| {
                    OrderConfirmed(OrderStep::of(order))
                })?)
            }
            _ => Err(self.wrong_state(Command::Confirm)),
        }
    }

    /// A confirmed order is shipped.
    pub fn ship(self, at: Timestamp) -> Result<Transition, TransitionError> {
        match self.state.clone() {
            State::Confirmed(state) if self.block_of(Command::Ship).is_none() => {
                Ok(self.moved(State::Shipped(state.ship(at)), None, at, |order| {
                    OrderShipped(OrderStep::of(order))
                })?)
            }
            _ => Err(self.wrong_state(Command::Ship)),
        }
    }

    /// A shipped order is delivered.
    pub fn deliver(self, at: Timestamp) -> Result<Transition, TransitionError> {
        let State::Shipped(state) = self.state.clone() else {
            return Err(self.wrong_state(Command::Deliver));
        };
        Ok(self.moved(State::Delivered(state.deliver(at)), None, at, |order| {
            OrderDelivered(OrderStep::of(order))
        })?)
    }

    /// Returns the reason for which the order does not make `step`, one of the steps towards the customer. Names the obstacle of an order whose status
    /// would allow it.
    pub fn refusal_of(&self, step: Command) -> TransitionRefusal {
        self.block_of(step).unwrap_or(TransitionRefusal::NotAllowed(step))
    }

    /// Returns the reason that keeps the order from being confirmed or shipped, regardless of its status.
    fn block_of(&self, step: Command) -> Option<TransitionRefusal> {
        let payment = self.payment.as_ref().map(|payment| payment.status);
        match (step, payment) {
            (Command::Confirm | Command::Ship, Some(PaymentStatus::Refunding | PaymentStatus::Refunded)) => {
                Some(TransitionRefusal::PaymentRefunded(step))
            }
            (Command::Ship, _) if self.status() == Status::Confirmed && self.address.is_none() => {
                Some(TransitionRefusal::AddressMissing(step))
            }
            _ => None,
        }
    }
}
