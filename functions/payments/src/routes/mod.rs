//! One file for each route or trigger.

pub mod access;
pub mod decide_sandbox_payment;
pub mod get_payment;
pub mod get_refund;
pub mod page;
pub mod show_payment_return;
pub mod show_sandbox_payment;
pub mod sweep_open_payments;

use platform::function::Function;

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::http("decide-sandbox-payment", |init| Box::pin(decide_sandbox_payment::init(init))),
    Function::http("get-payment", |init| Box::pin(get_payment::init(init))),
    Function::http("get-refund", |init| Box::pin(get_refund::init(init))),
    Function::http("show-payment-return", |init| Box::pin(show_payment_return::init(init))),
    Function::http("show-sandbox-payment", |init| Box::pin(show_sandbox_payment::init(init))),
    Function::job("sweep-open-payments", |init| Box::pin(sweep_open_payments::init(init))),
];
