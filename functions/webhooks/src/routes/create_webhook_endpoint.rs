//! `POST /api/v1/webhooks/endpoints`: registers an endpoint at which a merchant receives events, and returns the signing secret, once.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::idempotency::{Attempt, Done, Idempotency, IdempotentRequest};
use platform::{Init, InitError};
use serde::Deserialize;

use super::Reading;
use crate::endpoint::NewEndpoint;
use crate::endpoint_service::{EndpointService, Made};
use crate::routes::access::may_write;
use crate::routes::answer::{EndpointAnswer, revealed, shown_once};
use crate::target::Rules;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    url: String,
    event_types: Vec<String>,
    description: Option<String>,
}

struct App {
    endpoints: EndpointService,
    idempotency: Idempotency,
    verifier: Verifier,
    rules: Rules,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        endpoints: EndpointService::connect(&init).await?,
        idempotency: Idempotency::connect(&init).await?,
        verifier: Verifier::from_init(&init)?,
        rules: Rules::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    may_write(&caller)?;
    let new = request.json_as(|body: Body| body.endpoint(app.rules))?;
    let call = request.call(caller.operator());
    let identity = IdempotentRequest::of(&request)?;
    let begun = app.idempotency.begin(&call, &caller.user.to_string(), &identity).await?;
    let make = async |attempt: Attempt| {
        let record = |endpoint: &_| {
            app.idempotency.store_outcome(&call, &attempt, &EndpointAnswer::of(endpoint, call.now))
        };
        match app.endpoints.register(&call, caller.user, new, record).await? {
            Made::Done(endpoint) => {
                revealed(&EndpointAnswer::revealing(&endpoint, call.now)).map(Done::Finished)
            }
            Made::KeyTaken => Ok(Done::KeyTaken),
        }
    };
    let made = app.idempotency.run_at_once(&call, begun, make).await?;
    let endpoint = shown_once(&app.endpoints.webhooks, made).await?;
    endpoint.reply(&request, |endpoint| Response::created(&endpoint))
}

impl Body {
    fn endpoint(self, rules: Rules) -> Result<NewEndpoint, Problem> {
        let mut reading = Reading::new(rules);
        let (url, types) = (reading.url(&self.url), reading.event_types(&self.event_types));
        let description = reading.description(self.description);
        match (url, types) {
            (Some(url), Some(event_types)) if reading.errors.is_empty() => {
                Ok(NewEndpoint { url, event_types, description })
            }
            _ => Err(Problem::invalid_all(reading.errors)),
        }
    }
}
