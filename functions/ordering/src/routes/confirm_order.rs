//! `POST /api/v1/orders/{id}/confirm`: confirms that the merchant will ship a paid order.

use std::sync::Arc;

use kernel::Problem;
use orders::Command;
use orders::routes::access::load_to_change;
use orders::routes::answer;
use payments::providers::NoProvider;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Precondition, Request, Response, Surface, handler};
use platform::{Init, InitError};

use crate::settlement::Settlement;

struct App {
    settlement: Settlement<NoProvider>,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app =
        App { settlement: Settlement::without_provider(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::OrdersWrite)?;
    request.no_body()?;
    let order = load_to_change(&app.settlement.orders, &request, &caller).await?;
    let call = request.call(caller.operator());
    let (expected, surface) = (Precondition::of(&request), Surface::of(&request));
    let step = |order: orders::Order, at| order.confirm(at).map(Some);
    match app.settlement.advance(&call, &expected, order, step).await? {
        Ok(order) => answer(&order, surface),
        Err(order) => Err(order.refusal_of(Command::Confirm).problem(&order, surface)),
    }
}
