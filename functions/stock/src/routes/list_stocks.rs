//! `GET /api/v1/stocks`: what can be sold, of the SKUs that are named or of all of them in pages. Anybody may ask.

use std::sync::Arc;

use kernel::{Cursor, Page, Problem, Sku};
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};
use serde::Serialize;

use crate::store::Stock;

/// The most SKUs that one request may name.
pub const MAX_NAMED_SKUS: usize = 100;
/// What a cursor of the list of all SKUs is of.
const LIST: &str = "stocks";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    product_id: Sku,
    available: u64,
}

struct App {
    stock: Stock,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(App { stock: Stock::connect(&init).await? }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let (limit, after) = (request.limit()?, request.cursor(LIST)?);
    let named = named(&request)?;
    if !named.is_empty() {
        let available = app.stock.available(&named).await?;
        let item = |sku: Sku| Item { available: available.get(&sku).copied().unwrap_or(0), product_id: sku };
        return Reply::ok(&Page { items: named.into_iter().map(item).collect(), next_cursor: None });
    }
    let after = after.map(|cursor| position(&cursor)).transpose()?;
    let listed = app.stock.list(after.as_ref(), limit).await?;
    let next_cursor = listed.next.map(|sku| Cursor::after(sku.as_str()).seal(LIST));
    let items = listed.items.into_iter().map(|(product_id, available)| Item { product_id, available });
    Reply::ok(&Page { items: items.collect(), next_cursor })
}

/// The SKUs that are named, each once.
fn named(request: &Request) -> Result<Vec<Sku>, Problem> {
    let mut named = Vec::new();
    for text in request.query_all("sku") {
        let sku: Sku = text
            .parse()
            .map_err(|error: kernel::sku::NotASku| Problem::invalid_parameter("sku", error.to_string()))?;
        if !named.contains(&sku) {
            named.push(sku);
        }
    }
    if named.len() > MAX_NAMED_SKUS {
        return Err(Problem::invalid_parameter(
            "sku",
            format!("may be given at most {MAX_NAMED_SKUS} times"),
        ));
    }
    Ok(named)
}

fn position(cursor: &Cursor) -> Result<Sku, Problem> {
    let foreign = |_| Problem::invalid_parameter("cursor", "is not a cursor of this list");
    cursor.position().parse().map_err(foreign)
}
