//! One file for each route or trigger.

pub mod cancel_order;
pub mod checkout;
pub mod decide_sandbox_payment;
pub mod expire_order;
pub mod get_payment;
pub mod notify_payment;
pub mod show_sandbox_payment;
