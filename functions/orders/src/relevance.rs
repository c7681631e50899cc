//! Deciding whether an event of an order is still true when its customer is about to receive a message about it. Pure.
//!
//! Events reach the notifier in no particular order, and late after an outage. A message states the facts at the time at which it is sent: an
//! order that was paid meanwhile gets no request for payment, and the customer of a cancelled one receives the message about its cancellation
//! alone.

use std::time::Duration;

use kernel::{Event, EventData as _, PaymentStatus, Timestamp};

use crate::events::{OrderCanceled, OrderConfirmed, OrderPaid, OrderPlaced, OrderShipped};
use crate::order::Order;
use crate::state::State;

/// The time for which a message about a placed order waits for the outcome of its payment's initiation: longer than the provider has for its
/// answer.
pub const INITIATION_PATIENCE: Duration = Duration::from_secs(15);
/// The pause until such a message is tried again.
pub const INITIATION_PAUSE: Duration = Duration::from_secs(10);

/// The decision about a message about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relevance {
    /// The event is true of the order: the message is sent.
    Current,
    /// The order has moved on, or its state has an event of its own: no message is sent.
    Outdated,
    /// The payment is being initiated. Its outcome decides whether the customer has to pay, and where.
    TooEarly,
}

/// Decides about a message about `event`, which belongs to `order` as it is at `now`.
pub fn relevance(order: &Order, event: &Event, now: Timestamp) -> Relevance {
    let is_current = match event.kind.as_str() {
        OrderPlaced::NAME => return placed(order, event, now),
        // True of every state after payment except a cancellation.
        OrderPaid::NAME => matches!(
            order.state,
            State::Paid(_) | State::Confirmed(_) | State::Shipped(_) | State::Delivered(_)
        ),
        OrderConfirmed::NAME => matches!(order.state, State::Confirmed(_)),
        OrderShipped::NAME => matches!(order.state, State::Shipped(_)),
        // An order that was paid late and then cancelled again has an event for each cancellation.
        OrderCanceled::NAME => {
            matches!(&order.state, State::Cancelled(state) if state.canceled_at <= event.occurred_at)
        }
        // A refund stays true in any later state of the order.
        _ => true,
    };
    if is_current { Relevance::Current } else { Relevance::Outdated }
}

/// A placed order gets a message while it can be paid.
fn placed(order: &Order, event: &Event, now: Timestamp) -> Relevance {
    match &order.state {
        State::AwaitingPayment(state) if now >= state.expires_at => Relevance::Outdated,
        State::AwaitingPayment(_)
            if is_initiating(order) && now < event.occurred_at.plus(INITIATION_PATIENCE) =>
        {
            Relevance::TooEarly
        }
        State::New(_) | State::Failed(_) | State::AwaitingPayment(_) => Relevance::Current,
        State::Paid(_)
        | State::Confirmed(_)
        | State::Shipped(_)
        | State::Delivered(_)
        | State::Cancelled(_) => Relevance::Outdated,
    }
}

/// Returns true when the order has a pending payment without a page: the provider has not answered yet, or has no page for it.
fn is_initiating(order: &Order) -> bool {
    let payment = order.payment.as_ref();
    payment.is_some_and(|payment| payment.status == PaymentStatus::Pending && payment.payment_url.is_none())
}

#[cfg(test)]
#[path = "relevance_tests.rs"]
mod tests;
