//! The outcome of a request to place an order.

use kernel::{OrderId, OrderNumber};
use orders::Order;
use serde::{Deserialize, Serialize};
use stock::Shortage;

use crate::refusal::PlaceRefusal;

/// The order that a request placed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PlacedOrder {
    /// The order as it was when the request was done. Without the signed cart that it was placed from: that is in the order alone.
    Placed(Box<Order>),
    /// The stock was insufficient, and a failed order records the attempt.
    OutOfStock {
        /// The failed order.
        order_id: OrderId,
        /// Its number.
        number: OrderNumber,
        /// The SKU of which there is too little.
        shortage: Shortage,
    },
}

impl PlacedOrder {
    pub(super) fn placed(order: &Order) -> Self {
        Self::Placed(Box::new(Order { cart_snapshot: None, ..order.clone() }))
    }

    pub(super) fn out_of_stock(order: &Order, shortage: Shortage) -> Self {
        Self::OutOfStock { order_id: order.id, number: order.number, shortage }
    }

    /// The placed order, unless the stock was insufficient.
    pub fn into_order(self) -> Result<Order, PlaceRefusal> {
        match self {
            Self::Placed(order) => Ok(*order),
            Self::OutOfStock { order_id, number, shortage } => {
                Err(PlaceRefusal::OutOfStock { order_id, number, shortage })
            }
        }
    }
}
