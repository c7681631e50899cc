//! `POST /api/v1/reservations/{id}/release`: gives back what is set aside.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};

use crate::reservation::Move;
use crate::reserve::Reservations;
use crate::view::{answer, load};

struct App {
    reservations: Reservations,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app =
        App { reservations: Reservations::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::StockWrite)?;
    let reservation = load(&app.reservations.stock, &request).await?;
    let call = request.call(caller.operator());
    Reply::ok(&answer(app.reservations.finish(&call, reservation, Move::Release).await?)?)
}
