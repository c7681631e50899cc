//! `GET /api/v1/admin/orders/counts`: returns to operators the number of orders placed in each of the last hours.

use std::sync::Arc;

use kernel::{Problem, Timestamp};
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::counts::{MAX_HOURS, count};
use crate::store::Orders;

/// Hours that are counted when the caller names no number.
const DEFAULT_HOURS: u32 = 12;

struct App {
    orders: Orders,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { orders: Orders::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    app.verifier.authenticate(&request)?.require(Scope::OrdersRead)?;
    let hours = hours(request.query("hours"))?;
    Response::ok(&count(&app.orders, Timestamp::now(), hours).await?)
}

fn hours(text: Option<&str>) -> Result<u32, Problem> {
    let Some(text) = text else { return Ok(DEFAULT_HOURS) };
    let wrong =
        || Problem::invalid_parameter("hours", format!("must be a whole number from 1 to {MAX_HOURS}"));
    text.parse().ok().filter(|hours| (1..=MAX_HOURS).contains(hours)).ok_or_else(wrong)
}
