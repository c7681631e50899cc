//! One product. Anybody may read it while it is active, and operators also when it is not.

use std::sync::Arc;

use futures_util::future::try_join;
use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};
use stock::Stock;

use super::{no_such_product, product_id};
use crate::answer::ProductAnswer;
use crate::store::Catalog;
use crate::viewer::Viewer;

struct App {
    catalog: Catalog,
    stock: Stock,
    verifier: Verifier,
}

/// Serves `GET /api/v1/products/{id}`.
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
    let product = product.filter(|product| viewer.sees(product)).ok_or_else(no_such_product)?;
    let answer = ProductAnswer::new(product, available);
    Ok(Reply::ok(&answer)?.cached(viewer.caching()).unless_known(&request))
}
