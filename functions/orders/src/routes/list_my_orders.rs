//! `GET /api/v1/orders` and `GET /api/v1/orders/me`: the caller's orders, newest first.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};

use crate::store::Orders;

struct App {
    orders: Orders,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { orders: Orders::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let list = format!("orders/{}", caller.user);
    let limit = request.limit()?;
    let cursor = request.cursor(&list)?;
    Reply::ok(&app.orders.of_user(caller.user, limit, cursor.as_ref(), &list).await?)
}
