//! What is called by something else than a route.

pub mod deliver_webhook;
pub mod fan_out_webhooks;
pub mod sweep_due_webhooks;
