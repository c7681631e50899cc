//! Removing personal data from an order when its customer's account is deleted.

use kernel::{PaymentStatus, Problem, Timestamp};

use super::{Order, Transition};
use crate::events::{CustomerForgotten, edited};
use crate::state::State;

/// The effect of the account's deletion on an order.
#[derive(Debug)]
pub enum Forgetting {
    /// None: the order has no personal data, and can't get any.
    Nothing,
    /// The order is marked and loses nothing yet. This is no change of its state and has no event.
    Marked(Box<Order>),
    /// The order is marked and loses the data that it does not need.
    Taken(Box<Transition>),
}

impl Order {
    /// Takes everything that identifies the customer off the order: the address, the details, the customer's own words, and the signed cart, whose further
    /// members are unknown here. The lines, prices and times stay, under the id of an account that is gone.
    ///
    /// An order that [is owed](Self::is_owed) keeps its address and details until it ends; the transition that ends it takes them off in the same write.
    /// So the order is marked in any state in which it can still change.
    pub fn forget_customer(mut self, at: Timestamp) -> Result<Forgetting, Problem> {
        let marked = self.account_deleted || matches!(self.state, State::Delivered(_));
        self.account_deleted = true;
        if self.clone().take_customer_off() {
            let state = self.state.clone();
            let moved = self.moved(state, None, at, |order| CustomerForgotten(edited(order)))?;
            return Ok(Forgetting::Taken(Box::new(moved)));
        }
        if marked {
            return Ok(Forgetting::Nothing);
        }
        self.notes += 1;
        Ok(Forgetting::Marked(Box::new(self)))
    }

    /// Returns true when the customer has paid and is still to receive the goods, or may be paying at this moment. A payment that has begun may
    /// succeed until the order is cancelled, and a paid order without an address could not be shipped.
    pub fn is_owed(&self) -> bool {
        match &self.state {
            State::Paid(_) | State::Confirmed(_) | State::Shipped(_) => {
                self.payment.as_ref().is_none_or(|payment| payment.status != PaymentStatus::Refunded)
            }
            State::AwaitingPayment(_) => self.payment.is_some(),
            State::New(_) | State::Failed(_) | State::Delivered(_) | State::Cancelled(_) => false,
        }
    }

    /// Takes off the data that the order does not need in its state; returns true when there was any.
    pub(super) fn take_customer_off(&mut self) -> bool {
        let mut found = self.cart_snapshot.take().is_some();
        if !self.is_owed() {
            found |= self.address.take().is_some();
            found |= self.details.take_off();
            found |= self.buyer.take_off();
        }
        // While the order waits for payment, its end has to find the item of the address.
        if let (false, Some(holder)) = (self.expires_at().is_some(), &mut self.holder) {
            found |= holder.source.take().is_some() | holder.contact.take().is_some();
        }
        if let State::Cancelled(state) = &mut self.state {
            found |= state.cancellation.reason.take().is_some();
        }
        found
    }
}
