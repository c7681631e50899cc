//! One file for each route or trigger.

pub mod access;
pub mod count_orders;
pub mod get_order;
pub mod list_my_orders;
pub mod list_order_events;
pub mod list_orders;
mod list_query;
pub mod list_user_orders;
pub mod rewrite_orders;
pub mod sweep_expired_orders;

use http::header::ETAG;
use kernel::Problem;
use platform::function::Function;
use platform::http::{Response, Surface};
use serde_json::Value;

use crate::order::Order;
use crate::view::{etag, render};

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::http("count-orders", |init| Box::pin(count_orders::init(init))),
    Function::http("get-order", |init| Box::pin(get_order::init(init))),
    Function::http("list-my-orders", |init| Box::pin(list_my_orders::init(init))),
    Function::http("list-order-events", |init| Box::pin(list_order_events::init(init))),
    Function::http("list-orders", |init| Box::pin(list_orders::init(init))),
    Function::http("list-user-orders", |init| Box::pin(list_user_orders::init(init))),
    Function::job("rewrite-orders", |init| Box::pin(rewrite_orders::init(init))),
    Function::job("sweep-expired-orders", |init| Box::pin(sweep_expired_orders::init(init))),
];

/// The response with the order and its entity tag.
pub fn answer(order: &Order, surface: Surface) -> Result<Response, Problem> {
    answer_as(order, surface, render)
}

/// The same in the representation of `render`.
fn answer_as(
    order: &Order,
    surface: Surface,
    render: fn(&Order, Surface) -> Result<Value, Problem>,
) -> Result<Response, Problem> {
    Ok(Response::ok(&render(order, surface)?)?.header(ETAG, &etag(order)))
}
