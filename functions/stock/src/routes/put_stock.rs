//! `PUT /api/v1/stocks/{sku}`: sets or adjusts what one warehouse has.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{FieldError, Problem, Sku};
use platform::auth::{Scope, Verifier};
use platform::dynamo::Dynamo;
use platform::http::{Handler, Reply, Request, handler};
use platform::journal::Journal;
use platform::{Init, InitError};
use serde::{Deserialize, Serialize};

use crate::set::{Change, MAX_UNITS, Warehouse, set};
use crate::store::Stock;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    warehouse: Warehouse,
    /// So many can be sold now.
    available: Option<i64>,
    /// So many more, or fewer.
    delta: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    product_id: Sku,
    /// Over all warehouses, without what is reserved.
    available: u64,
    warehouses: Vec<AtWarehouse>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AtWarehouse {
    warehouse: String,
    available: u64,
    reserved: u64,
}

struct App {
    dynamo: Dynamo,
    stock: Stock,
    journal: Journal,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        dynamo: init.dynamo(),
        stock: Stock::connect(&init).await?,
        journal: Journal::connect(&init).await?,
        verifier: Verifier::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::StockWrite)?;
    let sku: Sku = request
        .path_parameter("sku")
        .parse()
        .map_err(|error: kernel::sku::NotASku| Request::bad_path_parameter("sku", error.to_string()))?;
    let body: Body = request.json()?;
    let change = body.change()?;
    let call = request.call(caller.operator());
    set(&app.dynamo, &app.stock, &app.journal, &call, &sku, &body.warehouse, change).await?;
    Reply::ok(&answer(&app.stock, sku).await?)
}

impl Body {
    /// Exactly one of `available` and `delta`, within its limits.
    fn change(&self) -> Result<Change, Problem> {
        match (self.available, self.delta) {
            (Some(units), None) => u64::try_from(units)
                .ok()
                .filter(|units| *units <= MAX_UNITS)
                .map(Change::Set)
                .ok_or_else(|| Problem::invalid("/available", format!("must be from 0 to {MAX_UNITS}"))),
            (None, Some(delta)) if delta != 0 && delta.unsigned_abs() <= MAX_UNITS => {
                Ok(Change::Adjust(delta))
            }
            (None, Some(_)) => {
                Err(Problem::invalid("/delta", format!("must be from -{MAX_UNITS} to {MAX_UNITS} and not 0")))
            }
            (Some(_), Some(_)) | (None, None) => {
                let error = |pointer: &str| FieldError {
                    pointer: pointer.to_owned(),
                    detail: "exactly one of available and delta is required".to_owned(),
                };
                Err(Problem::invalid_all(vec![error("/available"), error("/delta")]))
            }
        }
    }
}

/// The stock of `sku` by warehouse, lanes added up.
async fn answer(stock: &Stock, sku: Sku) -> Result<Answer, Problem> {
    let mut warehouses: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for row in stock.kept(&sku).await?.rows {
        if let Some(place) = row.place() {
            let sums = warehouses.entry(place.warehouse).or_default();
            sums.0 += row.available;
            sums.1 += row.reserved;
        }
    }
    let warehouses: Vec<_> = warehouses
        .into_iter()
        .map(|(warehouse, (available, reserved))| AtWarehouse { warehouse, available, reserved })
        .collect();
    let available = warehouses.iter().map(|at| at.available).sum();
    Ok(Answer { product_id: sku, available, warehouses })
}
