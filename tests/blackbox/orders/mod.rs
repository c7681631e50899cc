//! The orders context.

mod count_orders;
mod forget_customer;
mod get_order;
mod list_my_orders;
mod list_order_events;
mod list_orders;
mod list_user_orders;
mod notify_customer;
mod rewrite_orders;
mod sweep_expired_orders;
mod true_when_sent;
