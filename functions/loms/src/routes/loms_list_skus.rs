//! `POST /product/list_skus`: the numbers of products, in their order.

use std::sync::Arc;

use catalog::Catalog;
use kernel::Problem;
use platform::http::{Handler, Request, Response};
use platform::{Init, InitError};
use serde::{Deserialize, Serialize};

use super::rpc;
use crate::number::{Count, SkuNumber};
use crate::routes::auth::LomsAuth;
use crate::skus::skus;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    token: Option<String>,
    start_after_sku: Option<SkuNumber>,
    count: Count,
}

#[derive(Serialize)]
struct Answer {
    skus: Vec<SkuNumber>,
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
    Response::ok(&Answer { skus: skus(&app.catalog, body.start_after_sku, body.count).await? })
}
