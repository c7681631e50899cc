//! `POST /loms/order/pay`: the client says that the order's money was received; what was set aside is bought.

use std::sync::Arc;

use kernel::{Problem, Timestamp};
use orders::{Order, Orders};
use payments::providers::NoProvider;
use payments::settlement::Settlement;
use platform::http::{Handler, Reply, Request};
use platform::{Init, InitError};
use serde::Deserialize;

use super::done;
use crate::gate::Gate;
use crate::number::OrderRef;
use crate::order::find;
use crate::refusal::{refused, rpc};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(rename = "orderID")]
    order: OrderRef,
}

struct App {
    orders: Orders,
    settlement: Settlement<NoProvider>,
    gate: Gate,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let settlement = Settlement::without_provider(&init).await?;
    let app = App { orders: Orders::connect(&init).await?, settlement, gate: Gate::connect(&init).await? };
    Ok(rpc(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.gate.admit(&request).await?;
    let body: Body = request.json()?;
    let (order, _) = find(&app.orders, body.order).await?;
    let call = request.call(caller.operator());
    match app.settlement.settle_outside(&call, order).await? {
        Ok(_) => done(),
        Err(order) => Err(unpayable(&order, call.now)),
    }
}

/// Why the order can't be paid.
fn unpayable(order: &Order, now: Timestamp) -> Problem {
    match order.expires_at() {
        Some(due) if due <= now => refused(order, "order_expired", "the time to pay it is over"),
        Some(_) => refused(order, "payment_in_progress", "its payment has begun elsewhere"),
        None => refused(order, "transition_not_allowed", "can't be paid"),
    }
}
