//! The application layer of orders: use cases that change an order together with its payment, its stock or its cart.
//!
//! | module | use case |
//! |---|---|
//! | [`place`] | place an order from a cart, from lines or from a signed snapshot |
//! | [`pay`], [`initiator`] | begin the payment of an order, as it is placed or later |
//! | [`settlement`] | settle a payment; cancel, reserve, confirm and expire an order; poll the provider; make refunds |
//! | `receipts` | the receipts of payments and refunds, for merchants that send them |
//! | [`refund`] | refund a payment that an operator names |
//! | [`provider_notification`] | apply a provider's notification |
//! | [`external_payment`] | record money that was received outside of this system |
//! | [`notify`] | notify a customer of an event of their order, if it is still true |
//! | [`claim`] | make the order of a guest one of an account |
//! | [`forget`] | remove personal data from the orders of a deleted account |
//! | [`unpaid`] | limits on what customers hold without having paid |
//! | [`payment_window`] | the customer's time to pay |
//! | [`refusal`] | the reasons for which requests are refused, and the problem of each |
//! | [`routes`] | one file for each route or trigger |
//!
//! Each context gives its part of a transaction and knows none of the others' keys; this crate puts the parts together.
//!
//! No customer is charged twice: there is one payment for an order, claimed in the transaction that places it, and its id is the provider's
//! idempotence key. No customer is charged for nothing: money that comes for an order that has ended re-reserves the goods or is refunded.

pub mod claim;
pub mod external_payment;
pub mod forget;
pub mod initiator;
pub mod notify;
pub mod pay;
pub mod payment_window;
pub mod place;
pub mod provider_notification;
mod receipts;
pub mod refund;
pub mod refusal;
pub mod routes;
pub mod settlement;
pub mod unpaid;

use cart::{Owner, TokenHash};
use orders::Order;
use payments::payment::OrderToPay;

/// The facts of `order` that a payment of it without a receipt depends on.
pub fn to_pay(order: &Order) -> OrderToPay {
    OrderToPay {
        id: order.id,
        number: order.number,
        user_id: order.user_id,
        total: order.total,
        expires_at: order.expires_at(),
        receipt: None,
    }
}

/// The owner of the cart that `order` was placed from, as long as no account has claimed it.
pub(crate) fn cart_owner(order: &Order) -> Owner {
    match order.buyer.guest.as_ref().and_then(|guest| guest.cart.as_deref()) {
        Some(cart) => Owner::Anonymous(TokenHash::stored(cart)),
        None => Owner::Customer(order.user_id),
    }
}
