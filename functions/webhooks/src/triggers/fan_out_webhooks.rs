//! The queue of events that merchants may subscribe to, and of those by which an account or client loses the right to receive them; filled by
//! rules of the event bus.

use std::sync::Arc;

use kernel::Problem;
use platform::queue::{Handler, Message, handler};
use platform::{Init, InitError, InvocationContext};

use crate::fan_out::FanOut;
use crate::rights::{Right, Rights};

struct App {
    fan_out: FanOut,
    rights: Rights,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { fan_out: FanOut::connect(&init).await?, rights: Rights::connect(&init).await? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, call: InvocationContext, message: Message) -> Result<(), Problem> {
    let (call, event) = message.event(call)?;
    match Right::of(&event)? {
        Some(right) => app.rights.follow(&call, right).await,
        None => app.fan_out.fan_out(&call, &event).await,
    }
}
