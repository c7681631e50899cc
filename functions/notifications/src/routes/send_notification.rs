//! `POST /api/v1/notifications/send`: sends a message by a template.

use std::sync::Arc;

use identity::Locale;
use kernel::Problem;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::idempotency::IdempotentRequest;
use platform::{Init, InitError};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::ask::{MessageRequest, NotificationQueue};
use crate::recipient::Channel;
use crate::template::Template;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    channel: Channel,
    to: String,
    template: Template,
    variables: Map<String, Value>,
    locale: Option<Locale>,
}

struct App {
    queue: NotificationQueue,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { queue: NotificationQueue::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::NotificationsWrite)?;
    let Body { channel, to, template, variables, locale } = request.json()?;
    let requested = MessageRequest { channel, to, template, variables, locale };
    let identity = IdempotentRequest::of(&request)?;
    let made = app.queue.take(&request.call(caller.operator()), &identity, caller.user, requested).await?;
    made.reply(&request, |made| Response::created(&made))
}
