//! Every minute: queues the expired reservations.

use std::sync::Arc;

use kernel::Problem;
use platform::job::{Handler, handler};
use platform::queue::Sender;
use platform::{Init, InitError, InvocationContext};
use serde_json::{Value, json};

use crate::store::Stock;
use crate::sweep::sweep;

struct App {
    stock: Stock,
    queue: Sender,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let queue = Sender::connect(&init, "RESERVATION_EXPIRY_QUEUE_URL")?;
    Ok(handler(App { stock: Stock::connect(&init).await?, queue }, handle))
}

/// The schedule's input is not used.
async fn handle(app: Arc<App>, call: InvocationContext, _input: Value) -> Result<Value, Problem> {
    let queued = sweep(&app.stock, &app.queue, &call).await?;
    Ok(json!({"queued": queued}))
}
