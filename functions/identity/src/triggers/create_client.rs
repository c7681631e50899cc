//! Makes a machine client. There is no route to this: it is invoked directly, by any principal that IAM allows.

use std::sync::Arc;

use kernel::Problem;
use platform::job::{Handler, handler};
use platform::{Init, InitError, InvocationContext};
use serde_json::Value;

use crate::create_client::{CreateClient, Order};

/// Needs `IDENTITY_TABLE` and `JOURNAL_TABLE`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(CreateClient::connect(&init).await?, handle))
}

async fn handle(create: Arc<CreateClient>, call: InvocationContext, input: Value) -> Result<Value, Problem> {
    let order = Order::read(input)?;
    let created = create.carry_out(&call, order).await?;
    serde_json::to_value(created).map_err(Problem::internal)
}
