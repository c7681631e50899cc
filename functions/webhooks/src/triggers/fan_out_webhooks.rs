//! The queue of events that merchants may want to hear of, filled by a rule of the event bus.

use std::sync::Arc;

use kernel::Problem;
use platform::queue::{Handler, Message, handler};
use platform::{Call, Init, InitError};

use crate::fan_out::FanOut;

/// What the function is called in logs.
pub const NAME: &str = "fan-out-webhooks";

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(FanOut::connect(&init).await?, handle))
}

async fn handle(fan_out: Arc<FanOut>, call: Call, message: Message) -> Result<(), Problem> {
    let (call, event) = message.event(call)?;
    fan_out.fan_out(&call, &event).await
}
