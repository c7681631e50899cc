//! Use cases that change an order together with its payment, its stock or its cart.

mod cancel_order;
mod cancel_payment;
mod checkout;
mod confirm_order;
mod crash_points;
mod create_payment;
mod create_refund;
mod expire_order;
mod finish_refund;
mod forget_customer;
mod free_orders;
mod notify_customer;
pub(crate) mod notify_payment;
mod patch_order;
mod pay_order;
mod place_order;
mod prices;
mod receive_yookassa_notification;
pub(crate) mod reconcile_payment;
mod report_payment_status;
mod reserve_order;
mod second_try;
mod selling;
mod signed_carts;
mod true_when_sent;
mod unpaid;
