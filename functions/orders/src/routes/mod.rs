//! One file for each route or trigger.

pub mod count_orders;
pub mod get_order;
pub mod list_my_orders;
pub mod list_order_events;
pub mod list_orders;
pub mod list_user_orders;
pub mod rewrite_orders;
pub mod sweep_expired_orders;

use platform::function::Function;

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
