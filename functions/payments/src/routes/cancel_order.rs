//! `POST /api/v1/orders/{id}/cancel`: calls an order off while it waits for its payment.

use std::sync::Arc;

use kernel::Problem;
use orders::access::{load, not_yours};
use orders::state::MAX_REASON_LENGTH;
use orders::view::OrderView;
use orders::{Cancellation, Cause, Order};
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::settlement::Settlement;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    reason: Option<String>,
}

struct App {
    settlement: Settlement,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { settlement: Settlement::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let body: Body = request.json_or_default()?;
    let reason = body.reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_REASON_LENGTH) {
        return Err(Problem::invalid("/reason", format!("must be at most {MAX_REASON_LENGTH} characters")));
    }
    let order = load(&app.settlement.orders, &request).await?;
    if order.user_id != caller.user && !caller.scopes.contains(Scope::OrdersWrite) {
        return Err(not_yours());
    }
    let call = request.call(caller.acting_on(order.user_id));
    let cancellation = Cancellation { cause: Cause::Requested, reason };
    match app.settlement.cancel(&call, order, &cancellation).await? {
        Ok(order) => Reply::ok(&OrderView::of(&order)),
        Err(order) => Err(refusal(&order)?),
    }
}

/// Why the order can't be cancelled any more, with the order as it is.
fn refusal(order: &Order) -> Result<Problem, Problem> {
    let view = serde_json::to_value(OrderView::of(order)).map_err(Problem::internal)?;
    let detail = format!("The order is {} and can't be cancelled any more.", order.status().name());
    Ok(Problem::conflict("order_already_finalized", detail).with("order", view))
}
