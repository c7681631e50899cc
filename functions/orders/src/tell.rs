//! Telling customers what happened to their orders.
//!
//! The notifications context knows how to tell, and everything that is told but what only the order knows: whether an event is still true
//! ([`crate::relevance`]), where the order can be paid, and why it was cancelled, in somebody's own words. Those stand in the order and never
//! in an event, so that they can be forgotten. Notifications stand below orders and can't ask; so the consumer is here, where both can be seen,
//! and hands the order's facts over in memory.

use kernel::{Actor, Event, OrderId, Problem};
use notifications::{Notifier, OrderFacts, Requested};
use platform::queue::Message;
use platform::{Call, Init, InitError};
use serde::Deserialize;

use crate::history::cancellation;
use crate::order::{CANCELED, Order};
use crate::relevance::{Relevance, relevance};
use crate::store::Orders;

/// What every event of an order says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfOrder {
    order_id: OrderId,
}

/// What became of what a queue has brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotifyOutcome {
    /// All that was to be sent was sent.
    Done,
    /// It is not known yet what is to be sent.
    TooEarly,
}

/// Tells customers.
pub(crate) struct OrderNotifier {
    notifier: Notifier,
    orders: Orders,
}

impl OrderNotifier {
    /// Needs what [`Notifier`] and [`Orders`] need.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { notifier: Notifier::connect(init).await?, orders: Orders::connect(init).await? })
    }

    /// Tells of the event that a queue has brought, or sends the message that somebody asked for. Of an event that is true no longer nothing is
    /// sent.
    pub(crate) async fn tell(&self, call: Call, message: &Message) -> Result<NotifyOutcome, Problem> {
        if let Some(requested) = Requested::of(message) {
            return self.notifier.send_requested(&call, &requested).await.map(|()| NotifyOutcome::Done);
        }
        let (call, event) = message.event(call)?;
        let order = self.order(&event).await?;
        if let Some(order) = &order {
            match relevance(order, &event, call.now) {
                Relevance::Current => {}
                Relevance::TooEarly => return Ok(NotifyOutcome::TooEarly),
                Relevance::Outdated => {
                    let (kind, status) = (&event.kind, order.status().name());
                    tracing::info!(event_id = %event.id, kind, status, "no message: the event is outdated");
                    return Ok(NotifyOutcome::Done);
                }
            }
        }
        let facts = order.map(|order| facts(order, &event)).unwrap_or_default();
        self.notifier.notify(&call, &event, facts).await.map(|()| NotifyOutcome::Done)
    }

    /// The order that `event` is about, if it is about one.
    async fn order(&self, event: &Event) -> Result<Option<Order>, Problem> {
        match OfOrder::deserialize(&event.data) {
            Ok(OfOrder { order_id }) => self.orders.find(order_id).await,
            Err(_) if event.kind != CANCELED => Ok(None),
            Err(error) => Err(Problem::internal(format!("event {} is not understood: {error}", event.id))),
        }
    }
}

/// The facts of `order` that a message about `event` needs.
fn facts(order: Order, event: &Event) -> OrderFacts {
    OrderFacts {
        reason: reason(&order, event),
        expires_at: order.expires_at(),
        payment_url: order.payment.and_then(|payment| payment.payment_url),
        source: order.holder.and_then(|holder| holder.source),
    }
}

/// What the merchant said about the cancellation that `event` tells of, if it is one and anything was said. A customer's own words are not sent back:
/// anyone can open an account with somebody else's address, and would have the merchant send them a message of their own wording.
fn reason(order: &Order, event: &Event) -> Option<String> {
    if event.kind != CANCELED || matches!(event.actor, Actor::Customer { .. }) {
        return None;
    }
    cancellation(order, event).and_then(|cancellation| cancellation.reason.clone())
}
