//! Orders of guests: their tokens, and claiming them for an account.

use kernel::{Problem, Timestamp, UserId};

use super::{Order, Transition};
use crate::events::{OrderClaimed, OrderStep};
use crate::order_token::OrderToken;

impl Order {
    /// The order with `token` as one of those that open it; `None` unless it is a guest's. An annotation, as [`Self::note_payment`].
    #[must_use]
    pub fn opened_by(mut self, token: &OrderToken) -> Option<Self> {
        self.buyer.guest.as_mut()?.add_token(token);
        self.notes += 1;
        Some(self)
    }

    /// The order as one of the account `by`. No order token opens it any more. It stays counted for the guest's contact and source address until it is
    /// paid, so that no account holds more than its limits by claiming.
    pub fn claim(mut self, by: UserId, at: Timestamp) -> Result<Transition, Problem> {
        self.user_id = by;
        self.buyer.guest = None;
        let state = self.state.clone();
        self.moved(state, None, at, |order| OrderClaimed(OrderStep::of(order)))
    }
}
