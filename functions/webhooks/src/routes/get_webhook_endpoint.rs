//! `GET /api/v1/webhooks/endpoints/{id}`: one endpoint.

use std::sync::Arc;

use kernel::{Problem, Timestamp};
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::routes::access::{load, may_read};
use crate::routes::answer::EndpointAnswer;
use crate::store::Webhooks;

struct App {
    webhooks: Webhooks,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { webhooks: Webhooks::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    may_read(&app.verifier.authenticate(&request)?)?;
    let endpoint = load(&app.webhooks, &request).await?;
    Response::ok(&EndpointAnswer::of(&endpoint, Timestamp::now()))
}
