//! The functions that something other than a route invokes.

pub mod deliver_webhook;
pub mod fan_out_webhooks;
pub mod sweep_due_webhooks;
