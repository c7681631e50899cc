//! Placing an order.

use kernel::{EventData, Money, NewEvent, OrderNumber, Problem, Timestamp, UserId};
use serde_json::Value;

use super::Order;
use crate::address::Address;
use crate::buyer::Buyer;
use crate::details::Details;
use crate::draft::PricedLine;
use crate::events::{OrderAwaitsPayment, OrderCreated, OrderFailed, OrderPlaced, OrderWithoutGoods, items};
use crate::holds::Holder;
use crate::order_pricing::Pricing;
use crate::payment::PaymentSummary;
use crate::state::{AwaitingPayment, Failed, New, State};

/// An order that is about to be placed.
#[derive(Debug, Clone)]
pub struct Placement {
    /// The order's number.
    pub number: OrderNumber,
    /// The customer who places it.
    pub user_id: UserId,
    /// The lines, at the prices that apply to it.
    pub lines: Vec<PricedLine>,
    /// The total.
    pub total: Money,
    /// The derivation of the prices, where there is more to them than the goods.
    pub pricing: Option<Pricing>,
    /// The delivery address.
    pub address: Option<Address>,
    /// The person that it is for.
    pub buyer: Buyer,
    /// Its note, its metadata, and the page to return to.
    pub details: Details,
    /// The signed cart that it is placed from, as it was received.
    pub cart_snapshot: Option<Value>,
    /// The account and source address that it is counted for until it is paid, unless it counts nowhere.
    pub holder: Option<Holder>,
    /// The time at which it expires if its stock is never reserved.
    pub ends_at: Option<Timestamp>,
    /// It is placed from the customer's cart.
    pub from_cart: bool,
}

impl Order {
    /// A new order whose stock is being reserved under its first reservation, to be paid by `expires_at`; `payment` when it begins at
    /// once.
    pub fn place(
        placement: Placement,
        payment: Option<PaymentSummary>,
        at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(Self, NewEvent), Problem> {
        let reservation_id = Self::reservation_id(placement.number.order_id(), 1);
        let state = State::AwaitingPayment(AwaitingPayment { reservation_id, expires_at });
        Self::begin(placement, payment, state, at, |order| {
            OrderPlaced(OrderAwaitsPayment::of(order, items(order), expires_at))
        })
    }

    /// A new order for which no stock is reserved yet.
    pub fn create(placement: Placement, at: Timestamp) -> Result<(Self, NewEvent), Problem> {
        Self::begin(placement, None, State::New(New {}), at, |order| {
            OrderCreated(OrderWithoutGoods::of(order, items(order)))
        })
    }

    /// The record of an order that could not be placed because stock was insufficient.
    pub fn fail(placement: Placement, at: Timestamp) -> Result<(Self, NewEvent), Problem> {
        Self::begin(placement, None, State::Failed(Failed {}), at, |order| {
            OrderFailed(OrderWithoutGoods::of(order, items(order)))
        })
    }

    fn begin<E: EventData>(
        placement: Placement,
        payment: Option<PaymentSummary>,
        state: State,
        at: Timestamp,
        event: impl FnOnce(&Self) -> E,
    ) -> Result<(Self, NewEvent), Problem> {
        let mut order = Self {
            id: placement.number.order_id(),
            number: placement.number,
            user_id: placement.user_id,
            lines: placement.lines,
            total: placement.total,
            pricing: placement.pricing,
            address: placement.address,
            buyer: placement.buyer,
            details: placement.details,
            cart_snapshot: placement.cart_snapshot,
            holder: placement.holder,
            ends_at: placement.ends_at,
            payment,
            state,
            created_at: at,
            updated_at: at,
            version: 1,
            notes: 0,
            from_cart: placement.from_cart,
            account_deleted: false,
        };
        order.count_uses();
        let event = order.event(&event(&order))?;
        Ok((order, event))
    }
}
