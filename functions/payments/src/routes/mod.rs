//! One file for each route or trigger.

pub mod decide_sandbox_payment;
pub mod get_payment;
pub mod get_refund;
pub mod show_sandbox_payment;
pub mod sweep_open_payments;
