//! `POST /api/v1/orders/{id}/cancel`, `POST /orders/{id}/cancel` and `POST /api/orders/{id}/cancel`: cancels an order.

use std::sync::Arc;

use kernel::Problem;
use orders::details::free_text;
use orders::refusal::TransitionRefusal;
use orders::routes::access::Caller;
use orders::routes::answer;
use orders::state::MAX_REASON_LENGTH;
use orders::view::render;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Precondition, Request, Response, Surface, handler};
use platform::{Init, InitError};
use serde::Deserialize;
use serde_json::json;

use crate::settlement::{Cancelling, Settlement};

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

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = Caller::of(&app.verifier, &request)?;
    let surface = Surface::of(&request);
    let body: Body = request.json_or_default()?;
    let reason = reason(body.reason)?;
    let order = caller.order_to_change(&app.settlement.orders, &request, Scope::OrdersWrite).await?;
    let call = request.call(caller.acting_on(&order));
    let how = if caller.has(Scope::OrdersWrite) {
        Cancelling::ByOperator(reason)
    } else {
        Cancelling::ByOwner(reason)
    };
    match app.settlement.cancel(&call, &Precondition::of(&request), order, &how).await? {
        Ok(order) if surface == Surface::Orders => {
            Response::ok(&json!({"status": "canceled", "order": render(&order, surface)?}))
        }
        Ok(order) => answer(&order, surface),
        Err(order) => Err(TransitionRefusal::Finalized.problem(&order, surface)),
    }
}

/// The reason as it is stored.
pub(super) fn reason(given: Option<String>) -> Result<Option<String>, Problem> {
    free_text(given, MAX_REASON_LENGTH).map_err(|detail| Problem::invalid("/reason", detail))
}
