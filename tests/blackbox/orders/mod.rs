//! The orders context.

mod get_order;
mod list_my_orders;
mod sweep_expired_orders;
