//! `POST /api/v1/webhooks/endpoints/{id}/rotate-secret`: gives an endpoint a new signing secret, and answers it, once.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::idempotency::{Attempt, Done, Idempotency, IdempotentRequest};
use platform::{Init, InitError};

use crate::endpoint_service::{EndpointService, Made};
use crate::routes::access::{endpoint_id, may_write};
use crate::routes::answer::{EndpointAnswer, revealed, shown_once};

struct App {
    endpoints: EndpointService,
    idempotency: Idempotency,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        endpoints: EndpointService::connect(&init).await?,
        idempotency: Idempotency::connect(&init).await?,
        verifier: Verifier::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    may_write(&caller)?;
    request.no_body()?;
    let id = endpoint_id(&request)?;
    let call = request.call(caller.operator());
    let identity = IdempotentRequest::of(&request)?;
    let begun = app.idempotency.begin(&call, &caller.user.to_string(), &identity).await?;
    let make = async |attempt: Attempt| {
        let record = |endpoint: &_| {
            app.idempotency.store_outcome(&call, &attempt, &EndpointAnswer::of(endpoint, call.now))
        };
        match app.endpoints.rotate(&call, caller.user, id, record).await? {
            Made::Done(endpoint) => {
                revealed(&EndpointAnswer::revealing(&endpoint, call.now)).map(Done::Finished)
            }
            Made::KeyTaken => Ok(Done::KeyTaken),
        }
    };
    let made = app.idempotency.run_at_once(&call, begun, make).await?;
    let endpoint = shown_once(&app.endpoints.webhooks, made).await?;
    endpoint.reply(&request, |endpoint| Response::ok(&endpoint))
}
