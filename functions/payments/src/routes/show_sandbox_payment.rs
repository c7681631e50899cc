//! `GET /sandbox/payments/{reference}`: the sandbox's payment page.

use std::sync::Arc;

use kernel::Problem;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::routes::page;
use crate::sandbox::Sandbox;
use crate::store::Payments;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let sandbox = Sandbox::new(init.dynamo(), Payments::connect(&init).await?);
    Ok(handler(sandbox, handle))
}

async fn handle(sandbox: Arc<Sandbox>, request: Request) -> Result<Response, Problem> {
    let Ok(reference) = request.path_parameter("reference").parse() else { return Ok(page::unknown()) };
    Ok(sandbox.find(reference).await?.map_or_else(page::unknown, |payment| page::show(&payment)))
}
