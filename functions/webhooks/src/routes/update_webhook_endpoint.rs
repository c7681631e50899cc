//! `PATCH /api/v1/webhooks/endpoints/{id}`: changes an endpoint's URL, its event types, and whether it is enabled.

use std::sync::Arc;

use kernel::{FieldError, Problem};
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::{Deserialize, Deserializer};

use super::Reading;
use crate::endpoint::{Change, Naming};
use crate::endpoint_service::EndpointService;
use crate::routes::access::{endpoint_id, may_write};
use crate::routes::answer::EndpointAnswer;
use crate::target::Rules;

#[derive(Deserialize)]
#[serde(rename = "MergePatch", rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    url: Option<String>,
    event_types: Option<Vec<String>>,
    enabled: Option<bool>,
    /// `null` takes the description away.
    #[serde(default, deserialize_with = "naming")]
    description: Naming,
}

fn naming<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Naming, D::Error> {
    Option::deserialize(deserializer).map(Naming::Become)
}

struct App {
    endpoints: EndpointService,
    verifier: Verifier,
    rules: Rules,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        endpoints: EndpointService::connect(&init).await?,
        verifier: Verifier::from_init(&init)?,
        rules: Rules::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    may_write(&caller)?;
    let id = endpoint_id(&request)?;
    let change = request.json_as(|body: Body| body.change(app.rules))?;
    let call = request.call(caller.operator());
    let endpoint = app.endpoints.change(&call, caller.user, id, &change).await?;
    Response::ok(&EndpointAnswer::of(&endpoint, call.now))
}

impl Body {
    /// At least one member.
    fn change(self, rules: Rules) -> Result<Change, Problem> {
        let Self { url, event_types, enabled, description } = self;
        if url.is_none() && event_types.is_none() && enabled.is_none() && description == Naming::Keep {
            let error = |name: &str| FieldError {
                pointer: format!("/{name}"),
                detail: "at least one of url, eventTypes, enabled and description is required".to_owned(),
            };
            let errors = ["url", "eventTypes", "enabled", "description"].map(error);
            return Err(Problem::invalid_all(errors.into()));
        }
        let mut reading = Reading::new(rules);
        let change = Change {
            url: url.and_then(|url| reading.url(&url)),
            event_types: event_types.and_then(|names| reading.event_types(&names)),
            description: match description {
                Naming::Keep => Naming::Keep,
                Naming::Become(text) => Naming::Become(reading.description(text)),
            },
            enabled,
        };
        if reading.errors.is_empty() { Ok(change) } else { Err(Problem::invalid_all(reading.errors)) }
    }
}
