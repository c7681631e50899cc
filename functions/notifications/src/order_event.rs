//! The order events that customers receive messages about.

use std::fmt;

use kernel::contact::Contact;
use kernel::{Actor, Currency, Event, Money, OrderId, OrderNumber, PaymentId, Problem, Timestamp, UserId};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::notice::{Canceled, Cause, Change, Item, Notice, Paid, Placed};

/// A change of an order that its customer is notified of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    /// The order.
    pub order_id: OrderId,
    /// The customer.
    pub user_id: UserId,
    /// The change.
    pub notice: Notice,
}

/// Facts of the order at the time at which a message about it is sent; its events do not have them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFacts {
    /// The merchant's words about the cancellation, where the event is one: events carry no one's words.
    pub reason: Option<String>,
    /// The time at which the payment is due, while the order waits for payment.
    pub expires_at: Option<Timestamp>,
    /// The page at which the order can be paid, while it can.
    pub payment_url: Option<String>,
    /// Stands for the source address that the order was placed from.
    pub source: Option<String>,
    /// The account that the order belongs to; an event may be older than a claim.
    pub user_id: Option<UserId>,
    /// The guest that the order belongs to.
    pub guest: Option<GuestFacts>,
}

/// The facts of an order of a guest.
#[derive(Clone, PartialEq, Eq)]
pub struct GuestFacts {
    /// The contact that receives the messages.
    pub contact: Contact,
    /// The order token in the links of the message.
    pub order_token: Option<String>,
}

impl fmt::Debug for GuestFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuestFacts(..)")
    }
}

impl OrderEvent {
    /// Reads `event`; `None` for one that customers are not notified of. Unknown members are ignored. The `facts` take precedence over
    /// the event.
    pub fn of(event: &Event, facts: OrderFacts) -> Result<Option<Self>, Problem> {
        match event.detail_type().as_str() {
            "orders.order_placed.v1" => Self::placed(event, facts).map(Some),
            "orders.order_paid.v1" => Self::paid(event).map(Some),
            "orders.order_confirmed.v1" => Self::step(event, Change::Confirmed).map(Some),
            "orders.order_shipped.v1" => Self::step(event, Change::Shipped).map(Some),
            "orders.order_canceled.v1" => Self::canceled(event, facts.reason).map(Some),
            "payments.refund_succeeded.v1" => Self::refunded(event).map(Some),
            _ => Ok(None),
        }
    }

    fn placed(event: &Event, facts: OrderFacts) -> Result<Self, Problem> {
        let data: PlacedData = data(event)?;
        let currency = data.order.currency;
        let item = |item: ItemData| {
            let unit_price = money(event, item.unit_price, currency)?;
            Ok(Item { name: item.name, quantity: item.quantity, unit_price })
        };
        let change = Change::Placed(Placed {
            expires_at: facts.expires_at.unwrap_or(data.expires_at),
            items: data.items.into_iter().map(item).collect::<Result<_, Problem>>()?,
            payment_url: facts.payment_url.or(data.payment_url),
        });
        data.order.with(event, change)
    }

    fn paid(event: &Event) -> Result<Self, Problem> {
        let data: PaidData = data(event)?;
        data.order.with(event, Change::Paid(Paid { payment_id: data.payment_id }))
    }

    /// An event that says no more than every event of an order does.
    fn step(event: &Event, change: Change) -> Result<Self, Problem> {
        data::<OrderData>(event)?.with(event, change)
    }

    fn canceled(event: &Event, reason: Option<String>) -> Result<Self, Problem> {
        let data: CanceledData = data(event)?;
        let cause = match (data.cause, &event.actor) {
            (CauseData::Requested, Actor::Customer { .. }) => Cause::Customer,
            (CauseData::Requested, _) => Cause::Shop,
            (CauseData::Declined, _) => Cause::Declined,
            (CauseData::Expired, _) => Cause::Expired,
            (CauseData::Other, _) => Cause::Other,
        };
        data.order.with(event, Change::Canceled(Canceled { cause, reason }))
    }

    fn refunded(event: &Event) -> Result<Self, Problem> {
        let data: RefundData = data(event)?;
        let total = money(event, data.amount, data.currency)?;
        let notice = Notice { number: data.order_number, total, change: Change::Refunded };
        Ok(Self { order_id: data.order_id, user_id: data.user_id, notice })
    }
}

/// The payload that every event of an order has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderData {
    order_id: OrderId,
    number: OrderNumber,
    user_id: UserId,
    total_amount: i64,
    currency: Currency,
}

impl OrderData {
    fn with(self, event: &Event, change: Change) -> Result<OrderEvent, Problem> {
        let total = money(event, self.total_amount, self.currency)?;
        let notice = Notice { number: self.number, total, change };
        Ok(OrderEvent { order_id: self.order_id, user_id: self.user_id, notice })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlacedData {
    #[serde(flatten)]
    order: OrderData,
    expires_at: Timestamp,
    items: Vec<ItemData>,
    payment_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemData {
    name: String,
    quantity: u32,
    unit_price: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PaidData {
    #[serde(flatten)]
    order: OrderData,
    payment_id: Option<PaymentId>,
}

#[derive(Deserialize)]
struct CanceledData {
    #[serde(flatten)]
    order: OrderData,
    cause: CauseData,
}

/// The payload of the event of a finished refund.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RefundData {
    order_id: OrderId,
    order_number: OrderNumber,
    user_id: UserId,
    amount: i64,
    currency: Currency,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum CauseData {
    Requested,
    Declined,
    Expired,
    #[serde(other)]
    Other,
}

fn data<T: DeserializeOwned>(event: &Event) -> Result<T, Problem> {
    serde_json::from_value(event.data.clone())
        .map_err(|error| Problem::internal(format!("event {} is not understood: {error}", event.id)))
}

fn money(event: &Event, amount: i64, currency: Currency) -> Result<Money, Problem> {
    Money::new(amount, currency)
        .ok_or_else(|| Problem::internal(format!("event {} has an amount that is none", event.id)))
}

#[cfg(test)]
#[path = "order_event_tests.rs"]
mod tests;
