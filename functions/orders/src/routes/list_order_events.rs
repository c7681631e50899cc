//! `GET /api/v1/orders/{id}/events`: an order's history, oldest first.

use std::sync::Arc;

use kernel::{Cursor, Page, Problem};
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::journal::Journal;
use platform::{Init, InitError};

use crate::history::entries;
use crate::order::aggregate_id;
use crate::routes::access::Caller;
use crate::store::Orders;

struct App {
    orders: Orders,
    journal: Journal,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        orders: Orders::connect(&init).await?,
        journal: Journal::connect(&init).await?,
        verifier: Verifier::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = Caller::of(&app.verifier, &request)?;
    let (limit, cursor) = Problem::both(request.limit(), request.cursor())?;
    let limit = limit.get();
    let order = caller.order(&app.orders, &request).await?;
    let aggregate = aggregate_id(order.id);
    let after = cursor.decode(&aggregate)?.map(|cursor| sequence(&cursor)).transpose()?.unwrap_or_default();
    // One more than the page holds, to find out whether another page follows.
    let mut events = app.journal.history(&aggregate, after, limit + 1).await?;
    let more = events.len() > limit as usize;
    events.truncate(limit as usize);
    let last = events.last().filter(|_| more).map(|event| event.sequence);
    let next_cursor = last.map(|sequence| Cursor::after(sequence.to_string()).encode(&aggregate));
    Response::ok(&Page { items: entries(&order, events, caller.is_operator()), next_cursor })
}

fn sequence(cursor: &Cursor) -> Result<u64, Problem> {
    let refused = |_| Problem::invalid_parameter("cursor", "is not a cursor of this list");
    cursor.position().parse().map_err(refused)
}
