//! `GET /api/v1/webhooks/endpoints`: the endpoints, the oldest first.

use std::sync::Arc;

use kernel::{Cursor, Page, Problem, Timestamp};
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::endpoint::Endpoint;
use crate::routes::access::may_read;
use crate::routes::answer::EndpointAnswer;
use crate::store::Webhooks;

/// The name of this list in its cursors.
const LIST: &str = "webhooks/endpoints";

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
    let (limit, cursor) =
        Problem::both(request.limit(), request.cursor().and_then(|cursor| cursor.decode(LIST)))?;
    let limit = limit.get() as usize;
    // There are few, and all of them are one read.
    let mut endpoints = app.webhooks.endpoints().await?;
    if let Some(cursor) = &cursor {
        endpoints.retain(|endpoint| position(endpoint).as_str() > cursor.position());
    }
    let more = endpoints.len() > limit;
    endpoints.truncate(limit);
    let next_cursor =
        endpoints.last().filter(|_| more).map(|last| Cursor::after(position(last)).encode(LIST));
    let now = Timestamp::now();
    let items = endpoints.iter().map(|endpoint| EndpointAnswer::of(endpoint, now)).collect();
    Response::ok(&Page { items, next_cursor })
}

fn position(endpoint: &Endpoint) -> String {
    format!("{}#{}", endpoint.created_at, endpoint.id)
}
