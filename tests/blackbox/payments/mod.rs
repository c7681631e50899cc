//! The payments context.

mod decide_sandbox_payment;
mod get_payment;
mod get_refund;
mod sandbox_scripts;
mod show_payment_return;
mod show_sandbox_payment;
mod sweep_open_payments;
