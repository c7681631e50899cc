//! Finding the order that a request names, and who may see it.

use kernel::{Actor, OrderId, Problem, UserId};
use platform::auth::{Principal, Scope, Verifier};
use platform::http::Request;

use crate::order::Order;
use crate::order_token::OrderToken;
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

/// Customers change their own orders; a caller with `scope` changes all.
pub fn may_change(caller: &Principal, order: &Order, scope: Scope) -> Result<(), AccessRefusal> {
    if order.user_id == caller.user || caller.scopes.contains(scope) {
        Ok(())
    } else {
        Err(AccessRefusal::NotYours)
    }
}

/// The caller of a route that an order token opens, too.
pub enum Caller {
    /// By an access token.
    Account(Principal),
    /// By an order token and no access token; without one where the header can be none.
    Guest(Option<OrderToken>),
}

impl Caller {
    /// The caller. An order token beside an access token is not looked at.
    pub fn of(verifier: &Verifier, request: &Request) -> Result<Self, Problem> {
        if !request.headers().contains_key("authorization") && OrderToken::is_sent(request) {
            return Ok(Self::Guest(OrderToken::of(request)));
        }
        verifier.authenticate(request).map(Self::Account)
    }

    /// The order that the request's path names. Customers see their own orders, and operators all. A guest sees the order of their token; any other is
    /// as one that does not exist.
    pub async fn order(&self, orders: &Orders, request: &Request) -> Result<Order, Problem> {
        let order = load(orders, request).await?;
        match self {
            Self::Account(caller) if order.user_id != caller.user && !is_operator(caller) => {
                Err(AccessRefusal::NotYours.into())
            }
            Self::Account(_) => Ok(order),
            Self::Guest(token) => opened(token.as_ref(), order),
        }
    }

    /// As [`Self::order`], for a request that changes it; a caller with `scope` changes all.
    pub async fn order_to_change(
        &self,
        orders: &Orders,
        request: &Request,
        scope: Scope,
    ) -> Result<Order, Problem> {
        match self {
            Self::Account(caller) => {
                let order = load_to_change(orders, request, caller).await?;
                may_change(caller, &order, scope)?;
                Ok(order)
            }
            Self::Guest(token) => opened(token.as_ref(), load(orders, request).await?),
        }
    }

    /// True when the caller may read every order.
    pub fn is_operator(&self) -> bool {
        matches!(self, Self::Account(caller) if is_operator(caller))
    }

    /// True when the caller has `scope`.
    pub fn has(&self, scope: Scope) -> bool {
        matches!(self, Self::Account(caller) if caller.scopes.contains(scope))
    }

    /// The account that acts on `order`: for a guest the one that the order is kept under.
    pub fn user(&self, order: &Order) -> UserId {
        match self {
            Self::Account(caller) => caller.user,
            Self::Guest(_) => order.user_id,
        }
    }

    /// The caller as the author of a change of `order`.
    pub fn acting_on(&self, order: &Order) -> Actor {
        match self {
            Self::Account(caller) => caller.acting_on(order.user_id),
            Self::Guest(_) => Actor::Customer { id: order.user_id },
        }
    }
}

/// The order, if it is a guest's and `token` opens it.
pub fn opened(token: Option<&OrderToken>, order: Order) -> Result<Order, Problem> {
    let is_open = token.zip(order.buyer.guest.as_ref()).is_some_and(|(token, guest)| token.opens(guest));
    if is_open { Ok(order) } else { Err(AccessRefusal::UnknownOrder.into()) }
}

fn is_operator(caller: &Principal) -> bool {
    caller.scopes.contains(Scope::OrdersRead) || caller.scopes.contains(Scope::OrdersWrite)
}
