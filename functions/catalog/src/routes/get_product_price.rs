//! `GET /api/v1/products/{id}/price`: what one piece costs. For whom the product is, the price is.

use std::sync::Arc;

use kernel::{Currency, Problem, Sku};
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Serialize;

use super::product_id;
use crate::refusal::CatalogRefusal;
use crate::routes::viewer::Viewer;
use crate::store::Catalog;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    product_id: Sku,
    /// In minor units.
    price: i64,
    currency: Currency,
}

struct App {
    catalog: Catalog,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { catalog: Catalog::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let viewer = Viewer::of(&request, &app.verifier)?;
    let product = app.catalog.get(&product_id(&request)?).await?;
    let product = product.filter(|product| viewer.sees(product)).ok_or(CatalogRefusal::ProductNotFound)?;
    let (price, currency) = (product.price.amount(), product.price.currency());
    let answer = Answer { product_id: product.sku, price, currency };
    Ok(Response::ok(&answer)?.cached(viewer.caching()).unless_known(&request))
}
