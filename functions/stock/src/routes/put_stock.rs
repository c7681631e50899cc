//! `PUT /api/v1/stocks/{sku}`: sets or adjusts the stock of one warehouse.
//!
//! An adjustment that is sent twice would be made twice, and HTTP libraries repeat a PUT by themselves: it takes an `Idempotency-Key` or an
//! `If-Match`.

use std::sync::Arc;

use kernel::{FieldError, Problem, Sku};
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Precondition, Request, Response, handler};
use platform::idempotency::{self, Attempt, Done, Idempotency, IdempotentRequest, KeyTaken};
use platform::{Init, InitError, InvocationContext};
use serde::Deserialize;

use super::{CurrentStock, current, path_sku};
use crate::set::{Change, MAX_UNITS, Setting};
use crate::stock_writer::StockWriter;
use crate::warehouse::Warehouse;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    warehouse: Warehouse,
    /// The available units to set.
    available: Option<i64>,
    /// The change of the available units.
    delta: Option<i64>,
}

struct App {
    writer: StockWriter,
    idempotency: Idempotency,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        writer: StockWriter::connect(&init).await?,
        idempotency: Idempotency::connect(&init).await?,
        verifier: Verifier::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::StockWrite)?;
    let sku = path_sku(&request)?;
    let (change, warehouse) = request.json_as(|body: Body| Ok((body.change()?, body.warehouse)))?;
    let expected = Precondition::of(&request);
    if matches!(change, Change::Adjust(_)) && expected.is_absent() {
        idempotency::require_key(&request)?;
    }
    let call = request.call(caller.operator());
    let identity = IdempotentRequest::of(&request)?;
    let begun = app.idempotency.begin(&call, &caller.user.to_string(), &identity).await?;
    let setting = Setting { expected, ..Setting::new(sku, warehouse, change) };
    let set = async |attempt: Attempt| {
        let record = || app.idempotency.mark_in_progress(&call, &attempt, setting.sku.as_str());
        match app.writer.set(&call, &setting, record).await? {
            Ok(()) => Ok(app.answer(&call, &attempt, &setting.sku).await.into()),
            Err(KeyTaken) => Ok(Done::KeyTaken),
        }
    };
    let resume = async |attempt: Attempt, _| app.answer(&call, &attempt, &setting.sku).await;
    app.idempotency.run(&call, begun, set, resume).await?.reply(&request, CurrentStock::reply)
}

impl App {
    /// Returns the stock after the change, and keeps that for repeats.
    async fn answer(
        &self,
        call: &InvocationContext,
        attempt: &Attempt,
        sku: &Sku,
    ) -> Result<CurrentStock, Problem> {
        let stock = current(&self.writer.stock, sku).await?;
        let Some(write) = self.idempotency.finished(call, attempt, &stock)? else { return Ok(stock) };
        // A retry that carried on may have stored its outcome already, which is as good.
        self.writer.dynamo.commit(call, vec![write]).await.map(|_| stock)
    }
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
