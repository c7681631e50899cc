//! `POST /api/v1/products/import`: many products at once, with their opening stock, as NDJSON, a JSON array or CSV.
//!
//! Each line is what a PUT of its product would be, so a repeated import changes nothing and needs no idempotency key.

use std::borrow::Cow;
use std::sync::Arc;

use kernel::Problem;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::import::body::{Format, Lines, MAX_IMPORT_BODY};
use crate::import::charset::to_utf8;
use crate::import::importer::Importer;
use crate::import::line;

struct App {
    importer: Importer,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { importer: Importer::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::CatalogWrite)?;
    let (format, body) = request.body_of(Format::of, Format::TYPES, MAX_IMPORT_BODY)?;
    let body =
        if request.is_text() { Cow::Borrowed(body) } else { to_utf8(request.header("content-type"), body)? };
    let lines = Lines::open(format, &body)?;
    if !caller.scopes.contains(Scope::StockWrite) && has_stock(&lines)? {
        caller.require(Scope::StockWrite)?;
    }
    let call = request.call(caller.operator());
    Response::ok(&app.importer.import(&call, &lines).await?)
}

/// True when a line brings opening stock.
fn has_stock(lines: &Lines<'_>) -> Result<bool, Problem> {
    let stocked = |raw| line::parse(raw).content.is_ok_and(|wanted| wanted.opening.is_some());
    Ok(lines.read()?.any(stocked))
}
