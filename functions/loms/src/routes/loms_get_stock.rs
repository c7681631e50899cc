//! `POST /loms/stocks` and `POST /stocks`: the available quantity of a product, over all warehouses and without reserved stock.

use std::sync::Arc;

use kernel::Problem;
use platform::http::{Handler, Request, Response};
use platform::{Init, InitError};
use serde::{Deserialize, Serialize};
use stock::Stock;
use stock::refusal::UnknownStock;

use super::rpc;
use crate::number::SkuNumber;
use crate::routes::auth::LomsAuth;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    sku: SkuNumber,
}

#[derive(Serialize)]
struct Answer {
    count: u64,
}

struct App {
    stock: Stock,
    auth: LomsAuth,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { stock: Stock::connect(&init).await?, auth: LomsAuth::connect(&init).await? };
    Ok(rpc(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    app.auth.authorize(&request).await?;
    let body: Body = request.json()?;
    let sku = body.sku.sku()?;
    let unknown = || UnknownStock(sku.clone());
    Response::ok(&Answer { count: app.stock.known(&sku).await?.ok_or_else(unknown)? })
}
