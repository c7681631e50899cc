//! `GET /api/v1/products/{id}/stock`: how many can be sold, over all warehouses. For whom the product is, the number is.

use std::sync::Arc;

use futures_util::future::try_join;
use kernel::{Problem, Sku};
use platform::auth::Verifier;
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};
use serde::Serialize;
use stock::Stock;

use super::{no_such_product, product_id};
use crate::store::Catalog;
use crate::viewer::Viewer;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    product_id: Sku,
    available: u64,
}

struct App {
    catalog: Catalog,
    stock: Stock,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let catalog = Catalog::connect(&init).await?;
    let app = App { catalog, stock: Stock::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let viewer = Viewer::of(&request, &app.verifier)?;
    let sku = product_id(&request)?;
    let available = app.stock.available_of(&sku);
    let (product, available) = try_join(app.catalog.get(&sku), available).await?;
    product.filter(|product| viewer.sees(product)).ok_or_else(no_such_product)?;
    let answer = Answer { product_id: sku, available };
    Ok(Reply::ok(&answer)?.cached(viewer.caching()).unless_known(&request))
}
