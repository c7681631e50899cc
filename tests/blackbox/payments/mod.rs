//! The payments context.

mod cancel_order;
mod checkout;
mod decide_sandbox_payment;
mod expire_order;
mod get_payment;
mod notify_payment;
mod show_sandbox_payment;
