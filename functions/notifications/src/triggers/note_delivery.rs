//! The consumer of the queue of SES's delivery reports.

use std::sync::Arc;

use kernel::Problem;
use platform::metrics::Metrics;
use platform::queue::{Handler, Message, Postponing, handler};
use platform::{Init, InitError, InvocationContext};

use crate::report;
use crate::store::Store;

struct App {
    store: Store,
    metrics: Metrics,
    postponing: Postponing,
}

/// The consumer's handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let postponing = Postponing::connect(&init, "REPORTS_QUEUE_URL")?;
    let metrics = Metrics::from_init(&init)?;
    Ok(handler(App { store: Store::connect(&init).await?, metrics, postponing }, handle))
}

async fn handle(app: Arc<App>, call: InvocationContext, message: Message) -> Result<(), Problem> {
    let noted = report::note(&app.store, &app.metrics, &call, &message).await;
    app.postponing.after(&message, noted).await
}
