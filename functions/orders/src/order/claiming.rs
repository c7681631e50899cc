//! Claiming an order of a guest for an account.

use kernel::{Problem, Timestamp, UserId};

use super::{Order, Transition};
use crate::events::{OrderClaimed, OrderStep};

impl Order {
    /// The order as one of the account `by`. No order token opens it any more. It stays counted for the guest's contact and source address until it is
    /// paid, so that no account holds more than its limits by claiming.
    pub fn claim(mut self, by: UserId, at: Timestamp) -> Result<Transition, Problem> {
        self.user_id = by;
        self.buyer.guest = None;
        let state = self.state.clone();
        self.moved(state, None, at, |order| OrderClaimed(OrderStep::of(order)))
    }
}
