//! Corrects a row that a check found wrong. No route leads here: the function is invoked directly, by principals that
//! IAM allows.

use std::sync::Arc;

use kernel::Problem;
use platform::job::{Handler, handler};
use platform::{Init, InitError, InvocationContext};
use serde_json::Value;

use crate::repair::Order;
use crate::stock_writer::StockWriter;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(StockWriter::connect(&init).await?, handle))
}

async fn handle(writer: Arc<StockWriter>, call: InvocationContext, input: Value) -> Result<Value, Problem> {
    let order = Order::read(input)?;
    serde_json::to_value(writer.repair_drift(&call, &order).await?).map_err(Problem::internal)
}
