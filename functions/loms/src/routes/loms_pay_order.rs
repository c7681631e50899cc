//! `POST /loms/order/pay`: the client reports that the order's money was received; the reserved stock is sold.

use std::sync::Arc;

use kernel::Problem;
use ordering::refusal::Unpayable;
use ordering::settlement::Settlement;
use orders::Orders;
use payments::providers::NoProvider;
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
    settlement: Settlement<NoProvider>,
    auth: LomsAuth,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let settlement = Settlement::without_provider(&init).await?;
    let app =
        App { orders: Orders::connect(&init).await?, settlement, auth: LomsAuth::connect(&init).await? };
    Ok(rpc(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.auth.authorize(&request).await?;
    let body: Body = request.json()?;
    let (order, _) = find(&app.orders, body.order).await?;
    let call = request.call(caller.operator());
    match app.settlement.settle_outside(&call, &Precondition::Any, order, None).await? {
        Ok(_) => done(),
        Err(Unpayable { order, why }) => Err(LomsRefusal::Order(Box::new(order), why).into()),
    }
}
