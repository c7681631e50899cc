//! What orders are paid with, and all that changes an order.

mod cancel_order;
mod checkout;
mod confirm_order;
mod crash_points;
mod decide_sandbox_payment;
mod expire_order;
mod finish_refund;
mod get_payment;
mod notify_payment;
mod patch_order;
mod pay_order;
mod place_order;
mod receive_yookassa_notification;
mod reserve_order;
mod sandbox_scripts;
mod show_sandbox_payment;
mod signed_carts;
