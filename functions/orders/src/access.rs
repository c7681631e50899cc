//! Finding the order that a request names, and who may see it.

use std::fmt;

use kernel::{Kind, OrderId, Problem};
use platform::auth::{Principal, Scope};
use platform::http::{Request, Surface};

use crate::edges::Command;
use crate::order::{FulfillmentBlock, Order};
use crate::store::Orders;
use crate::view;

/// The order that the request's path names.
pub async fn load(orders: &Orders, request: &Request) -> Result<Order, Problem> {
    let unknown = || Problem::not_found("There is no such order.");
    let id = OrderId::from_reference(request.path_parameter("id")).ok_or_else(unknown)?;
    orders.find(id).await?.ok_or_else(unknown)
}

/// As [`load`], for a request that writes: refused with 401 where the account of `caller` was deleted, whose access token outlives it by minutes.
pub async fn load_to_change(
    orders: &Orders,
    request: &Request,
    caller: &Principal,
) -> Result<Order, Problem> {
    let (there, order) =
        futures_util::future::join(orders.require_account(caller.user), load(orders, request)).await;
    there?;
    order
}

/// Returns true when the caller may read every order.
pub fn is_operator(caller: &Principal) -> bool {
    caller.scopes.contains(Scope::OrdersRead) || caller.scopes.contains(Scope::OrdersWrite)
}

/// Customers see their own orders; operators see all.
pub fn may_see(caller: &Principal, order: &Order) -> Result<(), Problem> {
    if order.user_id == caller.user || is_operator(caller) { Ok(()) } else { Err(not_yours()) }
}

/// Customers change their own orders; a caller with `scope` changes all.
pub fn may_change(caller: &Principal, order: &Order, scope: Scope) -> Result<(), Problem> {
    if order.user_id == caller.user || caller.scopes.contains(scope) { Ok(()) } else { Err(not_yours()) }
}

/// The error of an order whose state does not allow the request: `done` is the requested step, such as "shipped". With the order as it is.
pub fn not_allowed(order: &Order, done: &str, surface: Surface) -> Problem {
    refused(order, "transition_not_allowed", format!("can't be {done}"), surface)
}

/// As [`not_allowed`], for the steps towards the customer. Names the obstacle of an order whose status would allow the step: 409
/// `payment_refunded` or 409 `address_missing`.
pub fn step_not_allowed(order: &Order, step: Command, done: &str, surface: Surface) -> Problem {
    match order.block_of(step) {
        None => not_allowed(order, done, surface),
        Some(FulfillmentBlock::PaymentRefunded) => {
            refused(order, "payment_refunded", format!("refunded: it can't be {done}"), surface)
        }
        Some(FulfillmentBlock::AddressMissing) => {
            let why = format!("has no address: set country, region, city and street before it is {done}");
            refused(order, "address_missing", why, surface)
        }
    }
}

/// 409 with `code` and the order as it is; `why` goes on from "The order is so-and-so and".
pub fn refused(order: &Order, code: &'static str, why: impl fmt::Display, surface: Surface) -> Problem {
    let detail = format!("The order is {} and {why}.", view::status_name(order.status(), surface));
    match view::render(order, surface) {
        Ok(order) => Problem::conflict(code, detail).with("order", order),
        Err(problem) => problem,
    }
}

/// The order belongs to someone else.
pub fn not_yours() -> Problem {
    Problem::new(Kind::Forbidden, "not_your_order", "This order belongs to someone else.")
}
