//! Finding the order that a request names, and who may see it.

use kernel::{Kind, OrderId, Problem};
use platform::auth::{Principal, Scope};
use platform::http::Request;

use crate::order::Order;
use crate::store::Orders;

/// The order that the request's path names.
pub async fn load(orders: &Orders, request: &Request) -> Result<Order, Problem> {
    let unknown = || Problem::not_found("There is no such order.");
    let id = OrderId::from_reference(request.path_parameter("id")).ok_or_else(unknown)?;
    orders.find(id).await?.ok_or_else(unknown)
}

/// Whether the caller sees every order.
pub fn is_operator(caller: &Principal) -> bool {
    caller.scopes.contains(Scope::OrdersRead) || caller.scopes.contains(Scope::OrdersWrite)
}

/// Customers see their own orders; operators see all.
pub fn may_see(caller: &Principal, order: &Order) -> Result<(), Problem> {
    if order.user_id == caller.user || is_operator(caller) { Ok(()) } else { Err(not_yours()) }
}

/// The order belongs to someone else.
pub fn not_yours() -> Problem {
    Problem::new(Kind::Forbidden, "not_your_order", "This order belongs to someone else.")
}
