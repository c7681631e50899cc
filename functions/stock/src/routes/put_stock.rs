//! `PUT /api/v1/stocks/{sku}`: sets or adjusts what one warehouse has.

use std::sync::Arc;

use kernel::{FieldError, Problem};
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use super::{current, path_sku};
use crate::keeper::Keeper;
use crate::set::{Change, MAX_UNITS};
use crate::warehouse::Warehouse;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    warehouse: Warehouse,
    /// So many can be sold now.
    available: Option<i64>,
    /// So many more, or fewer.
    delta: Option<i64>,
}

struct App {
    keeper: Keeper,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { keeper: Keeper::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::StockWrite)?;
    let sku = path_sku(&request)?;
    let body: Body = request.json()?;
    let change = body.change()?;
    app.keeper.set(&request.call(caller.operator()), &sku, &body.warehouse, change).await?;
    current(&app.keeper.stock, &sku).await
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
