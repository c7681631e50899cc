//! `GET /readyz`: everything behind us answers, or what does not.

use std::sync::Arc;

use kernel::Problem;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::ready::Dependencies;

/// The route's handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Dependencies::connect(&init).await?, handle))
}

async fn handle(dependencies: Arc<Dependencies>, _: Request) -> Result<Response, Problem> {
    Response::ok(&dependencies.check().await?)
}
