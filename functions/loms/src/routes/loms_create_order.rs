//! `POST /loms/order/create`: orders the lines of the body and reserves their stock.

use std::sync::Arc;

use kernel::{Problem, Quantity};
use ordering::place::{Goods, PlaceOrder};
use payments::providers::NoProvider;
use platform::http::{Handler, Request, Response};
use platform::idempotency::IdempotentRequest;
use platform::{Init, InitError};
use serde::Deserialize;
use stock::Line;

use super::rpc;
use crate::number::{SkuNumber, User};
use crate::routes::auth::LomsAuth;
use crate::routes::placed::{command, reply};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    user: User,
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    sku: SkuNumber,
    count: Quantity,
}

struct App {
    placing: PlaceOrder<NoProvider>,
    auth: LomsAuth,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app =
        App { placing: PlaceOrder::without_provider(&init).await?, auth: LomsAuth::connect(&init).await? };
    Ok(rpc(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.auth.authorize(&request).await?;
    let body: Body = request.json()?;
    let line = |item: Item| Ok(Line { sku: item.sku.sku()?, quantity: item.count });
    let lines: Vec<Line> = body.items.into_iter().map(line).collect::<Result<_, Problem>>()?;
    let call = request.call(caller.operator());
    let identity = IdempotentRequest::of(&request)?;
    let placed = app.placing.run(&call, &identity, body.user.id(), command(Goods::Items(lines))).await?;
    reply(&request, placed)
}
