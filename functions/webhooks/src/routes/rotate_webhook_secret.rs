//! `POST /api/v1/webhooks/endpoints/{id}/rotate-secret`: gives an endpoint a new signing secret, and answers it, once.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Reply, Request, handler};
use platform::idempotency::{Attempt, Completion, Done, Idempotency};
use platform::{Init, InitError};

use crate::access::{endpoint_id, may_write};
use crate::answer::{EndpointAnswer, replayed};
use crate::endpoint_service::{EndpointService, Made};

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

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    may_write(&caller)?;
    request.no_body()?;
    let id = endpoint_id(&request)?;
    let call = request.call(caller.operator());
    let begun = app.idempotency.begin(&call, &caller.user.to_string(), &request).await?;
    let make = async |attempt: Attempt| {
        let record = |endpoint: &_| {
            app.idempotency.store_response(
                &call,
                &attempt,
                &Reply::ok(&EndpointAnswer::of(endpoint, call.now))?,
            )
        };
        match app.endpoints.rotate(&call, caller.user, id, record).await? {
            Made::Done(endpoint) => {
                Reply::ok(&EndpointAnswer::revealing(&endpoint, call.now)).map(Done::Answered)
            }
            Made::KeyTaken => Ok(Done::KeyTaken),
        }
    };
    match app.idempotency.run_at_once(&call, begun, make).await? {
        Completion::First(reply) => Ok(reply),
        Completion::Repeated(reply) => replayed(&app.endpoints.webhooks, reply).await,
    }
}
