//! Every minute: queues the deliveries whose next attempt is due, behind bulk events: they were late already, and many at once when an endpoint was.

use std::sync::Arc;

use kernel::Problem;
use platform::job::{Handler, handler};
use platform::queue::Sender as Queue;
use platform::{Init, InitError, InvocationContext};
use serde_json::{Value, json};

use crate::fan_out::bulk_queue;
use crate::store::Webhooks;
use crate::sweep::sweep;

struct App {
    webhooks: Webhooks,
    queue: Queue,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(App { webhooks: Webhooks::connect(&init).await?, queue: bulk_queue(&init)? }, handle))
}

/// The schedule's input holds nothing that matters.
async fn handle(app: Arc<App>, call: InvocationContext, _input: Value) -> Result<Value, Problem> {
    let queued = sweep(&app.webhooks, &app.queue, &call).await?;
    Ok(json!({"queued": queued}))
}
