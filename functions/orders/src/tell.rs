//! Telling customers what happened to their orders.
//!
//! The notifications context knows how to tell, and everything that is told but one thing: why an order was cancelled, in somebody's own
//! words. Those stand in the order and never in an event, so that they can be forgotten. Notifications stand below orders and can't ask; so the
//! consumer is here, where both can be seen, and hands the reason over in memory.

use kernel::{Actor, Event, OrderId, Problem};
use notifications::{Notifier, Requested};
use platform::queue::Message;
use platform::{Call, Init, InitError};
use serde::Deserialize;

use crate::history::cancellation;
use crate::order::{CANCELED, Order};
use crate::store::Orders;

/// What every event of an order says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfOrder {
    order_id: OrderId,
}

/// Tells customers.
pub(crate) struct Teller {
    notifier: Notifier,
    orders: Orders,
}

impl Teller {
    /// Needs what [`Notifier`] and [`Orders`] need.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { notifier: Notifier::connect(init).await?, orders: Orders::connect(init).await? })
    }

    /// Tells of the event that a queue has brought, or sends the message that somebody asked for.
    pub(crate) async fn tell(&self, call: Call, message: &Message) -> Result<(), Problem> {
        if let Some(requested) = Requested::of(message) {
            return self.notifier.send_requested(&call, &requested).await;
        }
        let (call, event) = message.event(call)?;
        let order = self.order(&event).await?;
        let reason = order.as_ref().and_then(|order| reason(order, &event));
        let source = order.as_ref().and_then(|order| order.holder.as_ref()?.source.as_deref());
        self.notifier.notify(&call, &event, reason, source).await
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

/// What the merchant said about the cancellation that `event` tells of, if it is one and anything was said. A customer's own words are not sent back:
/// anyone can open an account with somebody else's address, and would have the merchant send them a message of their own wording.
fn reason(order: &Order, event: &Event) -> Option<String> {
    if event.kind != CANCELED || matches!(event.actor, Actor::Customer { .. }) {
        return None;
    }
    cancellation(order, event).and_then(|cancellation| cancellation.reason.clone())
}
