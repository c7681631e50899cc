//! A message of the delivery queue: makes the attempt of a delivery that is due.

use std::sync::Arc;

use kernel::Problem;
use platform::queue::{Handler, Message, handler};
use platform::{Init, InitError, InvocationContext};

use crate::delivery_worker::DeliveryWorker;
use crate::fan_out::DeliverWebhook;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(DeliveryWorker::connect(&init).await?, handle))
}

async fn handle(
    worker: Arc<DeliveryWorker>,
    call: InvocationContext,
    message: Message,
) -> Result<(), Problem> {
    let DeliverWebhook { delivery_id } = message.json()?;
    worker.deliver(&call, delivery_id).await
}
