//! `DELETE /api/v1/webhooks/endpoints/{id}`: removes an endpoint.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::endpoint_service::EndpointService;
use crate::routes::access::{endpoint_id, may_write};

struct App {
    endpoints: EndpointService,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app =
        App { endpoints: EndpointService::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    may_write(&caller)?;
    let id = endpoint_id(&request)?;
    app.endpoints.remove(&request.call(caller.operator()), caller.user, id).await?;
    Ok(Response::no_content())
}
