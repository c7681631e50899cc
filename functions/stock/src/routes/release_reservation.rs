//! `POST /api/v1/reservations/{id}/release`: releases the reserved stock.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::reservation::Move;
use crate::stock_writer::StockWriter;

use crate::view::{ReservationView, load};

struct App {
    writer: StockWriter,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { writer: StockWriter::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::StockWrite)?;
    request.no_body()?;
    let reservation = load(&app.writer.stock, request.path_parameter("id")).await?;
    let call = request.call(caller.operator());
    let reservation = app.writer.finish(&call, reservation, Move::Release).await??;
    Response::ok(&ReservationView::of(&reservation))
}
