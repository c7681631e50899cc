//! `GET /api/v1/products/{id}/stock`: how many can be sold, over all warehouses. For whom the product is, the number is.

use std::sync::Arc;

use futures_util::future::try_join;
use kernel::Problem;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use super::{Shelf, product_id};
use crate::answer::AvailableStock;
use crate::refusal::CatalogRefusal;
use crate::routes::viewer::Viewer;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Shelf::connect(&init).await?, handle))
}

async fn handle(app: Arc<Shelf>, request: Request) -> Result<Response, Problem> {
    let viewer = Viewer::of(&request, &app.verifier)?;
    let sku = product_id(&request)?;
    let available = app.stock.available_of(&sku);
    let (product, available) = try_join(app.catalog.get(&sku), available).await?;
    product.filter(|product| viewer.sees(product)).ok_or(CatalogRefusal::ProductNotFound)?;
    let answer = AvailableStock { product_id: sku, available };
    Ok(Response::ok(&answer)?.cached(viewer.caching()).unless_known(&request))
}
