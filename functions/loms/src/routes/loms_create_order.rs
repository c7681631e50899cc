//! `POST /loms/order/create`: orders the lines of the body and sets their goods aside.

use std::sync::Arc;

use kernel::{Problem, Quantity};
use payments::placing::{Goods, Placing};
use payments::providers::NoProvider;
use platform::http::{Handler, Reply, Request};
use platform::{Init, InitError};
use serde::Deserialize;
use stock::Line;

use crate::gate::Gate;
use crate::number::{SkuNumber, User};
use crate::placed::{answered, wish};
use crate::refusal::rpc;

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
    placing: Placing<NoProvider>,
    gate: Gate,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { placing: Placing::without_provider(&init).await?, gate: Gate::connect(&init).await? };
    Ok(rpc(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.gate.admit(&request).await?;
    let body: Body = request.json()?;
    let line = |item: Item| Ok(Line { sku: item.sku.sku()?, quantity: item.count });
    let lines: Vec<Line> = body.items.into_iter().map(line).collect::<Result<_, Problem>>()?;
    let call = request.call(caller.operator());
    answered(app.placing.run(&call, &request, body.user.id(), wish(Goods::Items(lines))).await)
}
