//! Every minute: queues the orders that have expired.

use std::sync::Arc;

use kernel::Problem;
use platform::job::{Handler, handler};
use platform::queue::Sender;
use platform::{Init, InitError, InvocationContext};
use serde_json::{Value, json};

use crate::store::Orders;
use crate::sweep::sweep;

struct App {
    orders: Orders,
    queue: Sender,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app =
        App { orders: Orders::connect(&init).await?, queue: Sender::connect(&init, "EXPIRY_QUEUE_URL")? };
    Ok(handler(app, handle))
}

/// The schedule's input is not used.
async fn handle(app: Arc<App>, call: InvocationContext, _input: Value) -> Result<Value, Problem> {
    let queued = sweep(&app.orders, &app.queue, &call).await?;
    Ok(json!({"queued": queued}))
}
