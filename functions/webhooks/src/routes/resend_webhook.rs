//! `POST /api/v1/webhooks/endpoints/{id}/deliveries/{deliveryId}/resend`: sends a delivery again, by its own id and with its own schedule.

use std::sync::Arc;

use http::StatusCode;
use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::refusal::WebhookRefusal;
use crate::resend::Resending;
use crate::routes::access::{endpoint_id, may_write};
use crate::routes::answer::DeliveryAnswer;

struct App {
    resending: Resending,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { resending: Resending::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    may_write(&caller)?;
    request.no_body()?;
    let endpoint = endpoint_id(&request)?;
    let delivery =
        request.path_parameter("deliveryId").parse().map_err(|_| WebhookRefusal::DeliveryNotFound)?;
    let delivery =
        app.resending.resend(&request.call(caller.operator()), caller.user, endpoint, delivery).await?;
    Response::json(StatusCode::ACCEPTED, &DeliveryAnswer::from(delivery))
}
