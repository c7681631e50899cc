//! `PATCH /api/v1/stocks/{sku}`: changes a SKU's number of lanes, and its low-stock threshold.

use std::sync::Arc;

use kernel::{FieldError, Problem};
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Precondition, Request, Response, handler};
use platform::{Init, InitError};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{current, path_sku};
use crate::arrange::{Arrangement, ThresholdChange};
use crate::lanes::Lanes;
use crate::set::MAX_UNITS;
use crate::stock_writer::StockWriter;

#[derive(Deserialize)]
#[serde(rename = "MergePatch", rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    lanes: Option<Lanes>,
    /// `null` removes the threshold.
    #[serde(default, deserialize_with = "threshold")]
    low_stock_threshold: ThresholdChange,
}

fn threshold<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ThresholdChange, D::Error> {
    let Some(units) = Option::<i64>::deserialize(deserializer)? else { return Ok(ThresholdChange::Remove) };
    let units = u64::try_from(units).ok().filter(|units| *units <= MAX_UNITS);
    let refused = || D::Error::custom(format!("must be a whole number from 0 to {MAX_UNITS}, or null"));
    units.map(ThresholdChange::Become).ok_or_else(refused)
}

struct App {
    writer: StockWriter,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { writer: StockWriter::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::StockWrite)?;
    let sku = path_sku(&request)?;
    let wanted = request.json_as(Body::arrangement)?;
    let expected = Precondition::of(&request);
    app.writer.arrange(&request.call(caller.operator()), &sku, wanted, &expected).await?;
    current(&app.writer.stock, &sku).await?.reply()
}

impl Body {
    /// At least one of the two.
    fn arrangement(self) -> Result<Arrangement, Problem> {
        let Self { lanes, low_stock_threshold } = self;
        if lanes.is_none() && low_stock_threshold == ThresholdChange::Keep {
            let error = |pointer: &str| FieldError {
                pointer: pointer.to_owned(),
                detail: "at least one of lanes and lowStockThreshold is required".to_owned(),
            };
            return Err(Problem::invalid_all(vec![error("/lanes"), error("/lowStockThreshold")]));
        }
        Ok(Arrangement { lanes, low_stock_threshold })
    }
}
