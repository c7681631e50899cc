//! Events of orders. The aggregate is `order/<id>`.

use schemars::JsonSchema;

use crate::shapes::{Amount, Currency, Id, OrderNumber, Sku, Time, Units};

/// Where an order is in its life.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Status {
    /// Placed, and nothing is set aside.
    New,
    /// The goods are set aside.
    AwaitingPayment,
    /// Paid for.
    Paid,
    /// The shop will send it.
    Confirmed,
    /// It has left the house.
    Shipped,
    /// The customer has it.
    Delivered,
    /// Called off.
    Cancelled,
    /// Its goods could not be had.
    Failed,
}

/// What brought a cancellation about. What somebody said about it is in no event.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Cause {
    /// Somebody asked for it: the event's actor.
    Requested,
    /// The payment was refused.
    Declined,
    /// It was not paid in time.
    Expired,
}

/// A line of an order.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
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

/// What every event of an order says, and what is peculiar to one.
macro_rules! order_event {
    ($(#[$doc:meta])* $name:ident { $($(#[$member:meta])* $field:ident: $kind:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(JsonSchema)]
        #[schemars(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            /// Which order.
            pub order_id: Id,
            /// What people call it.
            pub number: OrderNumber,
            /// Whose it is.
            pub user_id: Id,
            /// Where it is afterwards.
            pub status: Status,
            /// What it costs.
            pub total_amount: Amount,
            /// In which currency.
            pub currency: Currency,
            /// Its payment, once there is one.
            pub payment_id: Option<Id>,
            $($(#[$member])* pub $field: $kind,)*
        }
    };
}

order_event! {
    /// An order was placed, or its goods could be set aside later: it waits for its payment.
    OrderAwaitsPayment {
        /// What was ordered.
        items: Vec<Item>,
        /// When the time to pay is over.
        expires_at: Time,
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
        items: Option<Vec<Item>>,
        /// When the time to pay is over, while it waits.
        expires_at: Option<Time>,
        /// What called it off, where something did.
        cause: Option<Cause>,
    }
}
