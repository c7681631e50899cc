//! A message of the expiry queue: cancels the order, if it still waits and its time is over.

use std::sync::Arc;

use kernel::Problem;
use orders::sweep::ExpireOrder;
use platform::queue::{Handler, Message, handler};
use platform::{Init, InitError, InvocationContext};

use crate::settlement::Settlement;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Settlement::connect(&init).await?, handle))
}

async fn handle(
    settlement: Arc<Settlement>,
    call: InvocationContext,
    message: Message,
) -> Result<(), Problem> {
    let ExpireOrder { order_id } = message.json()?;
    settlement.expire(&call, order_id).await
}
