//! What orders are paid with, and all that changes an order.

mod cancel_order;
mod checkout;
mod confirm_order;
mod crash_points;
mod create_payment;
mod create_refund;
mod decide_sandbox_payment;
mod expire_order;
mod finish_refund;
mod get_payment;
mod get_refund;
mod notify_payment;
mod patch_order;
mod pay_order;
mod place_order;
mod receive_yookassa_notification;
mod reconcile_payment;
mod report_payment_status;
mod reserve_order;
mod sandbox_scripts;
mod show_sandbox_payment;
mod signed_carts;
mod sweep_open_payments;
mod unpaid;
