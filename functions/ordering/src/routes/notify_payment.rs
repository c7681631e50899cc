//! `POST /api/v1/payments/{id}/notify`: the sandbox provider's signed report of a decision.

use std::sync::Arc;

use kernel::{Actor, Problem};
use payments::callback::{CallbackBody, CallbackSecret};
use payments::routes::access::payment_id;
use payments::view::PaymentView;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::settlement::Settlement;

struct App {
    settlement: Settlement,
    secret: CallbackSecret,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        settlement: Settlement::connect(&init).await?,
        secret: CallbackSecret::from_init(&init).await?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    // A caller without a valid signature learns nothing, not even that an id is malformed.
    app.secret.verify(request.body(), request.headers())?;
    let id = payment_id(&request)?;
    app.secret.verify_about(request.body(), request.headers(), id)?;
    let body: CallbackBody = request.json()?;
    let call = request.call(Actor::Provider);
    let payment = app.settlement.apply_callback(&call, id, body).await?;
    Response::ok(&PaymentView::of(&payment))
}
