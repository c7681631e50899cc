//! The orders context.

mod count_orders;
mod get_order;
mod list_my_orders;
mod list_order_events;
mod list_orders;
mod list_user_orders;
mod rewrite_orders;
mod sweep_expired_orders;
