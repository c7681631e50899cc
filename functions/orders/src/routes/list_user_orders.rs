//! `GET /orders/user/{userId}`, the same under `/api` and `/api/v1`: a user's orders, newest first, to that user or an operator.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::{OrderId, Page, Problem, UserId};
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, Surface, handler};
use platform::{Init, InitError};

use super::list_query::ListQuery;
use crate::listing::list;
use crate::order::Order;
use crate::refusal::AccessRefusal;
use crate::store::{Orders, Partition};
use crate::view::CompatView;

struct App {
    orders: Orders,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { orders: Orders::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let user: UserId = request.path_parameter("userId").parse().or_else(|_| signers_customer(&request))?;
    if user != caller.user && !caller.scopes.contains(Scope::OrdersRead) {
        return Err(AccessRefusal::NotYours.into());
    }
    let ListQuery { filter, limit, cursor } = ListQuery::of(&request)?;
    let name = format!("orders/user/{user}?{}", filter.name());
    let cursor = cursor.decode(&name)?;
    let theirs = vec![Partition::User(user)];
    let listing = list(&app.orders, theirs, filter, limit, cursor.as_ref()).await?;
    let page = listing.page(&name, |order| order.summary);
    match Surface::of(&request) {
        Surface::Canonical => Response::ok(&page),
        Surface::Orders => {
            let ids: Vec<OrderId> = page.items.iter().map(|summary| summary.id).collect();
            let orders = app.orders.find_many(&ids).await?;
            Response::ok(&Page { items: in_order(&ids, &orders), next_cursor: page.next_cursor })
        }
    }
}

/// The customer whom another system keeps and signs carts for by a name of its own: clients of surface B list their orders by it.
fn signers_customer(request: &Request) -> Result<UserId, Problem> {
    let name = request.path_parameter("userId");
    if Surface::of(request) == Surface::Canonical || name.is_empty() {
        return Err(Request::bad_path_parameter("userId", "must be a user's UUID"));
    }
    Ok(UserId::named(name))
}

/// The whole orders, in the order of the list.
fn in_order(ids: &[OrderId], orders: &[Order]) -> Vec<CompatView> {
    let orders: HashMap<OrderId, &Order> = orders.iter().map(|order| (order.id, order)).collect();
    ids.iter().filter_map(|id| orders.get(id)).map(|order| CompatView::of(order)).collect()
}
