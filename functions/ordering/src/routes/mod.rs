//! One file for each route or trigger.

pub mod cancel_order;
pub mod cancel_payment;
pub mod checkout;
pub mod confirm_order;
pub mod create_payment;
pub mod create_refund;
pub mod expire_order;
pub mod finish_refund;
pub mod forget_customer;
mod method_body;
pub mod notify_customer;
pub mod notify_payment;
pub mod patch_order;
pub mod pay_order;
pub mod place_order;
mod placed_order;
pub mod receive_yookassa_notification;
pub mod reconcile_payment;
pub mod report_payment_status;
pub mod reserve_order;
mod started_payment;
