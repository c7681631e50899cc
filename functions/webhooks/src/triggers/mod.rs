//! The functions that something other than a route invokes.

pub mod deliver_webhook;
pub mod fan_out_webhooks;
pub mod sweep_due_webhooks;

use platform::function::Function;

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::queue("deliver-webhook", |init| Box::pin(deliver_webhook::init(init))),
    Function::queue("fan-out-webhooks", |init| Box::pin(fan_out_webhooks::init(init))),
    Function::job("sweep-due-webhooks", |init| Box::pin(sweep_due_webhooks::init(init))),
];
