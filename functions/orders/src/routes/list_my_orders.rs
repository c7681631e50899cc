//! `GET /api/v1/orders` and `GET /api/v1/orders/me`: the caller's orders, newest first.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use super::list_query::ListQuery;
use crate::listing::list;
use crate::store::{Orders, Partition};

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
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let ListQuery { filter, limit, cursor } = ListQuery::of(&request)?;
    let name = format!("orders/{}?{}", caller.user, filter.name());
    let cursor = cursor.decode(&name)?;
    let mine = vec![Partition::User(caller.user)];
    let listing = list(&app.orders, mine, filter, limit, cursor.as_ref()).await?;
    Response::ok(&listing.page(&name, |order| order.summary))
}
