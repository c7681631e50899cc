//! Called by `make backfill`: writes a page of orders of older forms in the newest one.

use std::sync::Arc;
use std::time::Duration;

use kernel::Problem;
use platform::dynamo::Dynamo;
use platform::job::{Handler, handler};
use platform::{Init, InitError, InvocationContext};
use serde_json::Value;

use crate::lifetime::unreserved_lifetime;
use crate::rewrite::{RewriteCommand, rewrite};
use crate::store::Orders;

struct App {
    dynamo: Dynamo,
    orders: Orders,
    lifetime: Duration,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        dynamo: init.dynamo(),
        orders: Orders::connect(&init).await?,
        lifetime: unreserved_lifetime(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, call: InvocationContext, input: Value) -> Result<Value, Problem> {
    let command: RewriteCommand =
        serde_json::from_value(input).map_err(|error| Problem::invalid("", error.to_string()))?;
    let result = rewrite(&app.dynamo, &app.orders, &call, command, app.lifetime).await?;
    serde_json::to_value(result).map_err(Problem::internal)
}
