//! The events of an order, whose aggregate is `order/<id>`, and the data of each: ids and amounts, never a name or an address.
//!
//! The comments on types and members are published as the descriptions in their schemas (`docs/events`).

use kernel::event::{Amount, Units};
use kernel::{Currency, OrderId, OrderNumber, PaymentId, Sku, Timestamp, UserId, events};
use schemars::JsonSchema;
use serde::Serialize;

use crate::edges::Status;
use crate::order::Order;
use crate::state::{Cause, State};

events! {
    OrderPlaced(OrderAwaitsPayment): "orders.order_placed", "an order was placed and waits for its payment";
    OrderCreated(OrderWithoutGoods): "orders.order_created", "an order was made for which nothing is set aside";
    OrderReserved(OrderAwaitsPayment): "orders.order_reserved", "the goods of such an order were set aside";
    OrderFailed(OrderWithoutGoods): "orders.order_failed", "the goods of an order could not be had";
    OrderPaid(OrderStep): "orders.order_paid", "an order was paid";
    OrderConfirmed(OrderStep): "orders.order_confirmed", "the shop will send an order";
    OrderShipped(OrderStep): "orders.order_shipped", "an order has left the house";
    OrderDelivered(OrderStep): "orders.order_delivered", "the customer has an order";
    OrderCanceled: "orders.order_canceled", "an order was called off, by whatever cause";
    AddressChanged(OrderEdited): "orders.address_changed", "an order goes elsewhere";
    OrderClaimed(OrderStep): "orders.order_claimed", "a guest's order became an account's";
    CustomerForgotten(OrderEdited): "orders.customer_forgotten", "the person was taken off an order";
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Item {
    /// What.
    pub sku: Sku,
    /// What it was called.
    pub name: String,
    /// How many.
    pub quantity: Units,
    /// What one of it cost.
    pub unit_price: Amount,
}

/// The members of every event of an order, and those of one shape.
macro_rules! order_event {
    ($(#[$doc:meta])* $name:ident { $($(#[$member:meta])* $field:ident: $kind:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            /// Which order.
            pub order_id: OrderId,
            /// What people call it.
            pub number: OrderNumber,
            /// Whose it is.
            pub user_id: UserId,
            /// Where it is afterwards.
            pub status: Status,
            /// What it costs.
            pub total_amount: Amount,
            /// In which currency.
            pub currency: Currency,
            /// Its payment, once there is one.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub payment_id: Option<PaymentId>,
            $($(#[$member])* pub $field: $kind,)*
        }

        impl $name {
            pub(crate) fn of(order: &Order, $($field: $kind),*) -> Self {
                Self {
                    order_id: order.id,
                    number: order.number,
                    user_id: order.user_id,
                    status: order.status(),
                    total_amount: order.total.into(),
                    currency: order.total.currency(),
                    payment_id: order.payment.as_ref().map(|payment| payment.payment_id),
                    $($field,)*
                }
            }
        }
    };
}

order_event! {
    /// An order was placed, or its goods could be set aside later: it waits for its payment.
    OrderAwaitsPayment {
        /// What was ordered.
        items: Vec<Item>,
        /// When the time to pay is over.
        expires_at: Timestamp,
    }
}
order_event! {
    /// An order for which nothing is set aside: it was created so, or its goods could not be had.
    OrderWithoutGoods {
        /// What was ordered.
        items: Vec<Item>,
    }
}
order_event! {
    /// An order took a step towards its customer.
    OrderStep {}
}
order_event! {
    /// An order was called off.
    OrderCanceled {
        /// By what.
        cause: Cause,
    }
}
order_event! {
    /// An order changed without moving: it goes elsewhere, or its customer was forgotten. Says what an order in its status says.
    OrderEdited {
        /// What was ordered, where nothing was paid yet.
        #[serde(skip_serializing_if = "Option::is_none")]
        items: Option<Vec<Item>>,
        /// When the time to pay is over, while it waits.
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
        /// What called it off, where something did.
        #[serde(skip_serializing_if = "Option::is_none")]
        cause: Option<Cause>,
    }
}

/// The lines of `order`.
pub(crate) fn items(order: &Order) -> Vec<Item> {
    let item = |line: &crate::PricedLine| Item {
        sku: line.sku.clone(),
        name: line.name.clone(),
        quantity: Units(line.quantity.get().into()),
        unit_price: Amount(line.unit_price),
    };
    order.lines.iter().map(item).collect()
}

/// The data of an event that leaves `order` in its state.
pub(crate) fn edited(order: &Order) -> OrderEdited {
    let (items, cause) = match &order.state {
        State::New(_) | State::Failed(_) | State::AwaitingPayment(_) => (Some(items(order)), None),
        State::Cancelled(state) => (None, Some(state.cancellation.cause)),
        State::Paid(_) | State::Confirmed(_) | State::Shipped(_) | State::Delivered(_) => (None, None),
    };
    OrderEdited::of(order, items, order.expires_at(), cause)
}
