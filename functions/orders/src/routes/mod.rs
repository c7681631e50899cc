//! One file for each route or trigger.

pub mod count_orders;
pub mod get_order;
pub mod list_my_orders;
pub mod list_order_events;
pub mod list_orders;
pub mod list_user_orders;
pub mod rewrite_orders;
pub mod sweep_expired_orders;
