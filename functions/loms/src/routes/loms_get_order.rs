//! `POST /loms/order/info`: the status of an order, its customer, and its lines.

use std::sync::Arc;

use kernel::{Problem, Quantity};
use orders::{Orders, PricedLine};
use platform::http::{Handler, Request, Response};
use platform::{Init, InitError};
use serde::{Deserialize, Serialize};

use super::rpc;
use crate::number::{OrderRef, SkuNumber, User};
use crate::order::{find, status_name};
use crate::routes::auth::LomsAuth;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(rename = "orderID")]
    order: OrderRef,
}

#[derive(Serialize)]
struct Answer {
    status: &'static str,
    user: User,
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    sku: SkuNumber,
    count: Quantity,
}

struct App {
    orders: Orders,
    auth: LomsAuth,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { orders: Orders::connect(&init).await?, auth: LomsAuth::connect(&init).await? };
    Ok(rpc(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    app.auth.authorize(&request).await?;
    let body: Body = request.json()?;
    let (order, user) = find(&app.orders, body.order).await?;
    let items = order.lines.iter().map(item).collect::<Result<_, _>>()?;
    Response::ok(&Answer { status: status_name(order.status()), user, items })
}

fn item(line: &PricedLine) -> Result<Item, Problem> {
    // Customers with a number order on this surface alone, which knows no other products.
    let foreign = || Problem::internal(format!("an order of this surface has the product {}", line.sku));
    Ok(Item { sku: SkuNumber::of(&line.sku).ok_or_else(foreign)?, count: line.quantity })
}
