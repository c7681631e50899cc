//! `GET /api/v1/webhooks/endpoints/{id}/deliveries`: what was sent to an endpoint and how it went, the newest first.

use std::sync::Arc;

use kernel::{Page, Problem, Timestamp};
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::routes::access::{load, may_read};
use crate::routes::answer::DeliveryAnswer;
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
    let (limit, cursor) = Problem::both(request.limit(), request.cursor())?;
    let endpoint = load(&app.webhooks, &request).await?;
    let list = format!("webhooks/endpoints/{}/deliveries", endpoint.id);
    let cursor = cursor.decode(&list)?;
    let (deliveries, next) =
        app.webhooks.log(endpoint.id, limit.get(), cursor.as_ref(), Timestamp::now()).await?;
    let items = deliveries.into_iter().map(DeliveryAnswer::from).collect();
    Response::ok(&Page { items, next_cursor: next.map(|next| next.encode(&list)) })
}
