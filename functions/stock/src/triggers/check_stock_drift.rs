//! Every hour: recounts the reserved units against the live reservations, and raises the alarm on any difference.

use std::sync::Arc;

use kernel::Problem;
use platform::job::{Handler, handler};
use platform::metrics::Metrics;
use platform::{Init, InitError, InvocationContext};
use serde_json::Value;

use crate::stock_writer::StockWriter;

struct App {
    writer: StockWriter,
    metrics: Metrics,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(
        App { writer: StockWriter::connect(&init).await?, metrics: Metrics::from_init(&init)? },
        handle,
    ))
}

/// The schedule's input is not used.
async fn handle(app: Arc<App>, call: InvocationContext, _input: Value) -> Result<Value, Problem> {
    let report = app.writer.check_drift(&call, &app.metrics).await?;
    serde_json::to_value(report).map_err(Problem::internal)
}
