//! Notifying customers of events of their orders.
//!
//! The notifications context renders and sends the messages. Three facts are known to the order alone: whether an event is still true
//! ([`orders::relevance`]), where the order can be paid, and the reason that a person wrote for a cancellation. Those are in the order and never in an
//! event, so that they can be forgotten. The notifications crate is below this one and can't read orders; so the consumer is here, where both are
//! available, and passes the order's facts in memory.

use kernel::{Actor, Event, EventData as _, OrderId, Problem};
use notifications::{Notifier, OrderFacts, Requested};
use orders::Order;
use orders::events::OrderCanceled;
use orders::history::cancellation;
use orders::relevance::{Relevance, relevance};
use orders::store::Orders;
use platform::queue::Message;
use platform::{Init, InitError, InvocationContext};
use serde::Deserialize;

/// The payload that every event of an order has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfOrder {
    order_id: OrderId,
}

/// The outcome of handling one queue message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotifyOutcome {
    /// Every message was sent that was to be sent.
    Done,
    /// It is not known yet which messages are to be sent.
    TooEarly,
}

/// Notifies customers of order events, and sends requested messages.
pub(crate) struct OrderNotifier {
    notifier: Notifier,
    orders: Orders,
}

impl OrderNotifier {
    /// Needs the environment variables of [`Notifier`] and [`Orders`].
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { notifier: Notifier::connect(init).await?, orders: Orders::connect(init).await? })
    }

    /// Notifies the customer of a queued event, or sends a requested message. Nothing is sent for an event that is no longer true.
    pub(crate) async fn tell(
        &self,
        call: InvocationContext,
        message: &Message,
    ) -> Result<NotifyOutcome, Problem> {
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

    /// The order that `event` belongs to, if any.
    async fn order(&self, event: &Event) -> Result<Option<Order>, Problem> {
        match OfOrder::deserialize(&event.data) {
            Ok(OfOrder { order_id }) => self.orders.find(order_id).await,
            Err(_) if event.kind != OrderCanceled::NAME => Ok(None),
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

/// The merchant's reason for the cancellation in `event`, if it is one and a reason was given. A customer's own reason is not sent back: anyone can
/// open an account with somebody else's address, and would have the merchant send them a message of their own wording.
fn reason(order: &Order, event: &Event) -> Option<String> {
    if event.kind != OrderCanceled::NAME || matches!(event.actor, Actor::Customer { .. }) {
        return None;
    }
    cancellation(order, event).and_then(|cancellation| cancellation.reason.clone())
}
