//! `POST /product/get_product`: the name and the price of a product.

use std::sync::Arc;

use catalog::Catalog;
use kernel::Problem;
use platform::http::{Handler, Request, Response};
use platform::{Init, InitError};
use serde::{Deserialize, Serialize};

use super::rpc;
use crate::cart_answer::price;
use crate::number::SkuNumber;
use crate::refusal::LomsRefusal;
use crate::routes::auth::LomsAuth;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    token: Option<String>,
    sku: SkuNumber,
}

#[derive(Serialize)]
struct Answer {
    name: String,
    price: u32,
}

struct App {
    catalog: Catalog,
    auth: LomsAuth,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { catalog: Catalog::connect(&init).await?, auth: LomsAuth::connect(&init).await? };
    Ok(rpc(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let body: Body = app.auth.authorize_body(&request, |body: &Body| body.token.as_deref()).await?;
    let product = app.catalog.get(&body.sku.sku()?).await?.filter(|product| product.is_active);
    let product = product.ok_or(LomsRefusal::UnknownProduct)?;
    Response::ok(&Answer { price: price(body.sku, product.price)?, name: product.name })
}
