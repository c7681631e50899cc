//! One file for each route or trigger.

pub mod cancel_order;
pub mod cancel_payment;
pub mod checkout;
pub mod claim_order;
pub mod confirm_order;
pub mod create_payment;
pub mod create_refund;
pub mod expire_order;
pub mod finish_refund;
pub mod forget_customer;
pub mod look_up_order;
mod method_body;
pub mod notify_customer;
pub mod notify_payment;
pub mod patch_order;
pub mod pay_order;
pub mod place_order;
mod placed_order;
pub mod receive_yookassa_notification;
pub mod reconcile_payment;
pub mod record_external_payment;
pub mod report_payment_status;
pub mod reserve_order;
mod sale_body;
mod started_payment;

use platform::function::Function;

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::http("cancel-order", |init| Box::pin(cancel_order::init(init))),
    Function::http("cancel-payment", |init| Box::pin(cancel_payment::init(init))),
    Function::http("checkout", |init| Box::pin(checkout::init(init))),
    Function::http("claim-order", |init| Box::pin(claim_order::init(init))),
    Function::http("confirm-order", |init| Box::pin(confirm_order::init(init))),
    Function::http("create-payment", |init| Box::pin(create_payment::init(init))),
    Function::http("create-refund", |init| Box::pin(create_refund::init(init))),
    Function::queue("expire-order", |init| Box::pin(expire_order::init(init))),
    Function::queue("finish-refund", |init| Box::pin(finish_refund::init(init))),
    Function::queue("forget-customer", |init| Box::pin(forget_customer::init(init))),
    Function::http("look-up-order", |init| Box::pin(look_up_order::init(init))),
    Function::queue("notify-customer", |init| Box::pin(notify_customer::init(init))),
    Function::http("notify-payment", |init| Box::pin(notify_payment::init(init))),
    Function::http("patch-order", |init| Box::pin(patch_order::init(init))),
    Function::http("pay-order", |init| Box::pin(pay_order::init(init))),
    Function::http("place-order", |init| Box::pin(place_order::init(init))),
    Function::http("receive-yookassa-notification", |init| {
        Box::pin(receive_yookassa_notification::init(init))
    }),
    Function::queue("reconcile-payment", |init| Box::pin(reconcile_payment::init(init))),
    Function::http("record-external-payment", |init| Box::pin(record_external_payment::init(init))),
    Function::http("report-payment-status", |init| Box::pin(report_payment_status::init(init))),
    Function::http("reserve-order", |init| Box::pin(reserve_order::init(init))),
];
