//! Notifying customers of events of their orders.
//!
//! The notifications context renders and sends the messages. Three facts are known to the order alone: whether an event is still true
//! ([`orders::relevance`]), where the order can be paid, and the reason that a person wrote for a cancellation. Those are in the order and never in an
//! event, so that they can be forgotten. The notifications crate is below this one and can't read orders; so the consumer is here, where both are
//! available, and passes the order's facts in memory.

use kernel::contact::Contact;
use kernel::{Actor, Event, EventData as _, OrderId, Problem};
use notifications::{GuestFacts, LinkRequest, Notifier, OrderFacts, Recipient, Requested};
use orders::events::OrderCanceled;
use orders::history::cancellation;
use orders::relevance::{Relevance, relevance};
use orders::store::Orders;
use orders::{Order, OrderToken};
use platform::dynamo::Dynamo;
use platform::queue::Message;
use platform::{Init, InitError, InvocationContext, StaleRetry};
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
    dynamo: Dynamo,
}

impl OrderNotifier {
    /// Needs the environment variables of [`Notifier`] and [`Orders`].
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        let (notifier, orders) = (Notifier::connect(init).await?, Orders::connect(init).await?);
        Ok(Self { notifier, orders, dynamo: init.dynamo() })
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
        if let Some(request) = LinkRequest::of(message) {
            return self.send_link(&call, &request).await.map(|()| NotifyOutcome::Done);
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
        let facts = match order {
            Some(order) => {
                let guest = self.guest(&call, &order).await?;
                OrderFacts { guest, ..facts(order, &event) }
            }
            None => OrderFacts::default(),
        };
        self.notifier.notify(&call, &event, facts).await.map(|()| NotifyOutcome::Done)
    }

    /// Sends the link that `request` asks for, if the order is a guest's and the contact is the order's.
    async fn send_link(&self, call: &InvocationContext, request: &LinkRequest) -> Result<(), Problem> {
        let Some(number) = request.number() else { return Ok(()) };
        let to = request.to()?;
        let order = self.orders.find(number.order_id()).await?;
        let Some(order) = order.filter(|order| is_reached(order.buyer.contact.as_ref(), &to)) else {
            return Ok(());
        };
        match self.guest(call, &order).await? {
            Some(guest) if guest.order_token.is_some() => {
                self.notifier.send_link(call, request, (number, order.total), &guest).await
            }
            _ => Ok(()),
        }
    }

    /// The guest of `order`, if it is one's, with a fresh order token for links. Its hash is stored before the message is sent, so that each link
    /// opens the order.
    async fn guest(&self, call: &InvocationContext, order: &Order) -> Result<Option<GuestFacts>, Problem> {
        let contact = order.buyer.contact.clone().filter(|_| order.buyer.guest.is_some());
        let Some(contact) = contact else { return Ok(None) };
        if !self.notifier.links_to_orders() {
            return Ok(Some(GuestFacts { contact, order_token: None }));
        }
        let (token, mut order) = (OrderToken::generate()?, order.clone());
        let mut retry = StaleRetry::of("the order that a link opens", call);
        loop {
            retry.begin().await?;
            let id = order.id;
            let Some(linked) = order.opened_by(&token) else { return Ok(None) };
            let write = self.orders.note_tokens(&linked)?;
            if self.dynamo.commit(call, vec![write]).await?.is_committed() {
                return Ok(Some(GuestFacts { contact, order_token: Some(token.text()) }));
            }
            let Some(current) = self.orders.find(id).await? else { return Ok(None) };
            order = current;
        }
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

/// True when `to` is one of the ways to reach the owner of `contact`.
fn is_reached(contact: Option<&Contact>, to: &Recipient) -> bool {
    let Some(contact) = contact else { return false };
    match to {
        Recipient::Email(email) => contact.email.as_ref() == Some(email),
        Recipient::Phone(phone) => contact.phone.as_ref() == Some(phone),
    }
}

/// The facts of `order` that a message about `event` needs.
fn facts(order: Order, event: &Event) -> OrderFacts {
    OrderFacts {
        reason: reason(&order, event),
        user_id: Some(order.user_id),
        guest: None,
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
