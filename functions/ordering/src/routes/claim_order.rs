//! `POST /api/v1/orders/{id}/claim`: makes the order of a guest one of the caller's account.

use std::sync::Arc;

use kernel::Problem;
use orders::OrderToken;
use orders::routes::access::load_to_change;
use orders::routes::answer;
use platform::auth::Verifier;
use platform::http::{Handler, Precondition, Request, Response, Surface, handler};
use platform::{Init, InitError};

use crate::claim::ClaimOrder;

struct App {
    claiming: ClaimOrder,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { claiming: ClaimOrder::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    request.no_body()?;
    let order = load_to_change(app.claiming.orders(), &request, &caller).await?;
    let (call, expected) = (request.call(caller.customer()), Precondition::of(&request));
    let token = OrderToken::of(&request);
    let order = app.claiming.run(&call, &expected, caller.user, token.as_ref(), order).await?;
    answer(&order, Surface::Canonical)
}
