//! An event said that a payment is to be refunded: makes the refund, unless that was done at once.

use std::sync::Arc;

use kernel::{PaymentId, Problem};
use platform::queue::{Handler, Message, handler};
use platform::{Init, InitError, InvocationContext};
use serde::Deserialize;

use crate::settlement::Settlement;

/// The payload of `payments.refund_started`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RefundStarted {
    payment_id: PaymentId,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Settlement::connect(&init).await?, handle))
}

async fn handle(
    settlement: Arc<Settlement>,
    call: InvocationContext,
    message: Message,
) -> Result<(), Problem> {
    // The history of the payment leads back to the caller that cancelled the order.
    let (call, event) = message.event(call)?;
    let started = serde_json::from_value(event.data);
    let RefundStarted { payment_id } =
        started.map_err(|error| Problem::internal(format!("not understood: {error}")))?;
    settlement.finish_refunds(&call, payment_id).await.map(|_| ())
}
