//! Gives an account its scopes. There is no route to this: it is invoked directly, by any principal that IAM allows.

use std::sync::Arc;

use kernel::Problem;
use platform::job::{Handler, handler};
use platform::{Init, InitError, InvocationContext};
use serde_json::Value;

use crate::grant::{Grant, Order};

/// Needs `IDENTITY_TABLE` and `JOURNAL_TABLE`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Grant::connect(&init).await?, handle))
}

async fn handle(grant: Arc<Grant>, call: InvocationContext, input: Value) -> Result<Value, Problem> {
    let order = Order::read(input)?;
    let granted = grant.carry_out(&call, order).await?;
    serde_json::to_value(granted).map_err(Problem::internal)
}
