//! One file for each route.

pub mod confirm_reservation;
pub mod create_reservation;
pub mod get_reservation;
pub mod get_stock;
pub mod put_stock;
pub mod release_reservation;
pub mod update_stock;

use http::header::ETAG;
use kernel::{Problem, Sku};
use platform::function::Function;
use platform::http::{Request, Response};
use platform::idempotency::View;
use serde::{Deserialize, Serialize};

use crate::answer::StockAnswer;
use crate::refusal::UnknownStock;
use crate::store::{SkuHeader, Stock};

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::http("confirm-reservation", |init| Box::pin(confirm_reservation::init(init))),
    Function::http("create-reservation", |init| Box::pin(create_reservation::init(init))),
    Function::http("get-reservation", |init| Box::pin(get_reservation::init(init))),
    Function::http("get-stock", |init| Box::pin(get_stock::init(init))),
    Function::http("put-stock", |init| Box::pin(put_stock::init(init))),
    Function::http("release-reservation", |init| Box::pin(release_reservation::init(init))),
    Function::http("update-stock", |init| Box::pin(update_stock::init(init))),
];

/// The SKU that the path names.
fn path_sku(request: &Request) -> Result<Sku, Problem> {
    let text = request.path_parameter("sku");
    text.parse().map_err(|error: kernel::sku::NotASku| Request::bad_path_parameter("sku", error.to_string()))
}

/// The stock of `sku` as it is now.
async fn current(stock: &Stock, sku: &Sku) -> Result<CurrentStock, Problem> {
    let unknown = || UnknownStock(sku.clone());
    let kept = stock.kept(sku).await?;
    let etag = kept.head.as_ref().map(SkuHeader::etag).ok_or_else(unknown)?;
    Ok(CurrentStock { stock: View::of(&StockAnswer::of(kept).ok_or_else(unknown)?)?, etag })
}

/// The stock of a SKU at one moment.
#[derive(Serialize, Deserialize)]
struct CurrentStock {
    stock: View,
    etag: String,
}

impl CurrentStock {
    fn reply(self) -> Result<Response, Problem> {
        Ok(Response::ok(&self.stock)?.header(ETAG, &self.etag))
    }
}
