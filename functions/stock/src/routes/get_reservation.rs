//! `GET /api/v1/reservations/{id}`: returns a reservation to the customer whose order it is for, or to an operator.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::store::Stock;
use crate::view::{ReservationView, load, may_see};

struct App {
    stock: Stock,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { stock: Stock::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let reservation = load(&app.stock, request.path_parameter("id")).await?;
    may_see(&caller, &reservation)?;
    Response::ok(&ReservationView::of(&reservation))
}
