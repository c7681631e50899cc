//! `GET /api/v1/stocks/{sku}`: returns a SKU's stock by warehouse, and its arrangement.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use super::{current, path_sku};
use crate::store::Stock;

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
    app.verifier.authenticate(&request)?.require(Scope::StockWrite)?;
    current(&app.stock, &path_sku(&request)?).await?.reply()
}
