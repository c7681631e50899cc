//! `POST /api/v1/orders/{id}/cancel`, `POST /orders/{id}/cancel` and `POST /api/orders/{id}/cancel`: cancels an order.

use std::sync::Arc;

use kernel::Problem;
use kernel::text::{LINES_RULE, is_lines};
use orders::access::{load_to_change, may_change};
use orders::refusal::TransitionRefusal;
use orders::state::MAX_REASON_LENGTH;
use orders::view::{answer, render};
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
    let caller = app.verifier.authenticate(&request)?;
    let surface = Surface::of(&request);
    let body: Body = request.json_or_default()?;
    let reason = reason(body.reason)?;
    let order = load_to_change(&app.settlement.orders, &request, &caller).await?;
    may_change(&caller, &order, Scope::OrdersWrite)?;
    let call = request.call(caller.acting_on(order.user_id));
    let how = if caller.scopes.contains(Scope::OrdersWrite) {
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

/// The reason as it is stored: trimmed, and none when nothing is left. It may have line breaks.
pub(super) fn reason(given: Option<String>) -> Result<Option<String>, Problem> {
    let reason = given.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_REASON_LENGTH) {
        return Err(Problem::invalid("/reason", format!("must be at most {MAX_REASON_LENGTH} characters")));
    }
    if !reason.as_deref().is_none_or(is_lines) {
        return Err(Problem::invalid("/reason", LINES_RULE));
    }
    Ok(reason)
}
