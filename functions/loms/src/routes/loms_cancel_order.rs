//! `POST /loms/order/cancel`: cancels an order that is not paid; its reserved stock can be sold again.

use std::sync::Arc;

use kernel::Problem;
use ordering::settlement::{Cancelling, Settlement};
use orders::refusal::TransitionRefusal;
use orders::{Orders, Status};
use platform::http::{Handler, Precondition, Request, Response};
use platform::{Init, InitError};
use serde::Deserialize;

use super::{done, rpc};
use crate::number::OrderRef;
use crate::order::find;
use crate::refusal::LomsRefusal;
use crate::routes::auth::LomsAuth;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(rename = "orderID")]
    order: OrderRef,
}

struct App {
    orders: Orders,
    settlement: Settlement,
    auth: LomsAuth,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let settlement = Settlement::connect(&init).await?;
    let app =
        App { orders: Orders::connect(&init).await?, settlement, auth: LomsAuth::connect(&init).await? };
    Ok(rpc(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.auth.authorize(&request).await?;
    let body: Body = request.json()?;
    let (order, _) = find(&app.orders, body.order).await?;
    let call = request.call(caller.operator());
    // With the owner's right: a paid order is not cancelled here, where no money is refunded.
    let how = Cancelling::ByOwner(None);
    match app.settlement.cancel(&call, &Precondition::Any, order, &how).await? {
        Ok(_) => done(),
        // Its reservation is released already: a repeat, or the time to pay was over.
        Err(order) if order.status() == Status::Cancelled => done(),
        Err(order) => Err(LomsRefusal::Order(Box::new(order), TransitionRefusal::Finalized).into()),
    }
}
