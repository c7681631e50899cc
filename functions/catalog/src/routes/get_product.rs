//! One product. Anybody may read it while it is active, and operators also when it is not.

use std::sync::Arc;

use futures_util::future::try_join;
use kernel::Problem;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use super::{Shelf, product_id, reply};
use crate::answer::ProductAnswer;
use crate::refusal::CatalogRefusal;
use crate::routes::viewer::Viewer;

/// Serves `GET /api/v1/products/{id}`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Shelf::connect(&init).await?, handle))
}

async fn handle(app: Arc<Shelf>, request: Request) -> Result<Response, Problem> {
    let viewer = Viewer::of(&request, &app.verifier)?;
    let sku = product_id(&request)?;
    let available = app.stock.available_of(&sku);
    let (product, available) = try_join(app.catalog.get(&sku), available).await?;
    let product = product.filter(|product| viewer.sees(product)).ok_or(CatalogRefusal::ProductNotFound)?;
    let answer = ProductAnswer::new(product, available);
    Ok(reply(&answer)?.cached(viewer.caching()).unless_known(&request))
}
