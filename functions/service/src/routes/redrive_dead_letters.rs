//! `POST /api/v1/admin/dead-letters/redrive`: what was given up goes to its consumers again, on an operator's order.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::redrive::Redriver;

/// The queue, or all of them where none is named; `dryRun` only counts.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Order {
    #[serde(default)]
    queue: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

struct App {
    redriver: Redriver,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { redriver: Redriver::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::OperationsWrite)?;
    let order: Order = request.json_or_default()?;
    let call = request.call(caller.operator());
    Response::ok(&app.redriver.redrive(&call, order.queue.as_deref(), order.dry_run).await?)
}
