//! Every minute: queues the payments that are due for a poll of the provider.

use std::sync::Arc;

use kernel::Problem;
use platform::job::{Handler, handler};
use platform::queue::Sender;
use platform::{Init, InitError, InvocationContext};
use serde_json::{Value, json};

use crate::store::Payments;
use crate::sweep::sweep;

struct App {
    payments: Payments,
    queue: Sender,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let queue = Sender::connect(&init, "RECONCILE_QUEUE_URL")?;
    Ok(handler(App { payments: Payments::connect(&init).await?, queue }, handle))
}

/// The schedule's input is ignored.
async fn handle(app: Arc<App>, call: InvocationContext, _input: Value) -> Result<Value, Problem> {
    let queued = sweep(&app.payments, &app.queue, &call).await?;
    Ok(json!({"queued": queued}))
}
