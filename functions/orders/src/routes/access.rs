//! Finding the order that a request names, and who may see it.

use kernel::{OrderId, Problem};
use platform::auth::{Principal, Scope};
use platform::http::Request;

use crate::order::Order;
use crate::refusal::AccessRefusal;
use crate::store::Orders;

/// The order that the request's path names.
pub async fn load(orders: &Orders, request: &Request) -> Result<Order, Problem> {
    let id = OrderId::from_reference(request.path_parameter("id")).ok_or(AccessRefusal::UnknownOrder)?;
    orders.find(id).await?.ok_or_else(|| AccessRefusal::UnknownOrder.into())
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
pub fn may_see(caller: &Principal, order: &Order) -> Result<(), AccessRefusal> {
    if order.user_id == caller.user || is_operator(caller) { Ok(()) } else { Err(AccessRefusal::NotYours) }
}

/// Customers change their own orders; a caller with `scope` changes all.
pub fn may_change(caller: &Principal, order: &Order, scope: Scope) -> Result<(), AccessRefusal> {
    if order.user_id == caller.user || caller.scopes.contains(scope) {
        Ok(())
    } else {
        Err(AccessRefusal::NotYours)
    }
}
