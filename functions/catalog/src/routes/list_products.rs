//! The products, page by page in the order of their SKUs, or those that a search finds. Anybody may read the active ones.

use std::sync::Arc;

use kernel::{Currency, Cursor, Page, Problem, Sku};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Serialize;

use super::Shelf;
use crate::list::{Question, list};
use crate::listing::View;
use crate::position::Position;
use crate::routes::viewer::Viewer;
use crate::search::Search;
use crate::store::Listed;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    id: Sku,
    name: String,
    stock: u64,
    price: i64,
    currency: Currency,
    /// Returned to operators, who also see products that are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_active: Option<bool>,
}

/// Serves `GET /api/v1/products`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Shelf::connect(&init).await?, handle))
}

async fn handle(app: Arc<Shelf>, request: Request) -> Result<Response, Problem> {
    let viewer = Viewer::of(&request, &app.verifier)?;
    let search = request.query("q").map(Search::parse).transpose();
    let ((active, search), (limit, cursor)) = Problem::both(
        Problem::both(active(&request), search),
        Problem::both(request.limit(), request.cursor()),
    )?;
    let view = viewer.view(active)?;
    let name = list_name(view, search.as_ref());
    let after = cursor.decode(&name)?.map(|cursor| position(&cursor, search.as_ref())).transpose()?;
    let found = list(&app.catalog, Question { view, search, limit, after }).await?;
    let skus: Vec<Sku> = found.products.iter().map(|product| product.sku.clone()).collect();
    let available = app.stock.available(&skus).await?;
    let item = |Listed { sku, name, price, currency, is_active }: Listed| {
        let stock = available.get(&sku).copied().unwrap_or(0);
        Item { id: sku, name, stock, price, currency, is_active: viewer.is_operator().then_some(is_active) }
    };
    let items = found.products.into_iter().map(item).collect();
    let next_cursor = found.next.map(|position| Cursor::after(position.to_string()).encode(&name));
    Ok(Response::ok(&Page { items, next_cursor })?.cached(viewer.caching()).unless_known(&request))
}

fn active(request: &Request) -> Result<Option<bool>, Problem> {
    let Some(text) = request.query("active") else { return Ok(None) };
    let active = text.parse().map_err(|_| Problem::invalid_parameter("active", "must be true or false"))?;
    Ok(Some(active))
}

/// The name that identifies this list in cursors, so that a cursor goes on in the list that it comes from.
fn list_name(view: View, search: Option<&Search>) -> String {
    let words = search.map(Search::normalised).unwrap_or_default();
    format!("catalog/products/{}/{words}", view.name())
}

fn position(cursor: &Cursor, search: Option<&Search>) -> Result<Position, Problem> {
    let foreign = || Problem::invalid_parameter("cursor", "is not a cursor of this list");
    Position::parse(cursor.position(), search).ok_or_else(foreign)
}
