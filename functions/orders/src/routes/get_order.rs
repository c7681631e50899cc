//! `GET /api/v1/orders/{id}`, `GET /api/orders/{id}` and `GET /orders/{id}`: the whole order, by UUID or number.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Caching, Handler, Request, Response, Surface, handler};
use platform::{Init, InitError};

use crate::routes::access::Caller;
use crate::routes::answer_as;
use crate::store::Orders;
use crate::view::{render, render_for_operator};

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
    let caller = Caller::of(&app.verifier, &request)?;
    let order = caller.order(&app.orders, &request).await?;
    let render = if caller.is_operator() { render_for_operator } else { render };
    let reply = answer_as(&order, Surface::of(&request), render)?;
    Ok(reply.cached(Caching::Private).unless_known(&request))
}
