//! `GET /api/v1/stocks`: what can be sold, of the SKUs that are named or of all of them in pages. Anybody may ask.
//!
//! The stock of a product that is not active is for those who write the catalog or count the stock: to others there is none of it.

use std::sync::Arc;

use futures_util::future::try_join;
use kernel::page::MAX_LIMIT;
use kernel::{Cursor, Limit, Page, Problem, Sku};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use super::Shelf;
use crate::answer::AvailableStock;
use crate::routes::viewer::Viewer;

/// The most SKUs that one request may name.
pub const MAX_NAMED_SKUS: usize = 100;
/// The most reads of the list for a page of which the caller may not see all. After that the page is a short one, and
/// the next page continues.
const MAX_READS: u32 = 20;
/// The name of the list of all SKUs in its cursors.
const LIST: &str = "stocks";

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Shelf::connect(&init).await?, handle))
}

async fn handle(app: Arc<Shelf>, request: Request) -> Result<Response, Problem> {
    let viewer = Viewer::of(&request, &app.verifier)?;
    let after = request.cursor().and_then(|cursor| cursor.decode(LIST));
    let after = after.and_then(|cursor| cursor.as_ref().map(position).transpose());
    let ((limit, after), named) = Problem::both(Problem::both(request.limit(), after), named(&request))?;
    if named.is_empty() {
        return Response::ok(&app.page(&viewer, limit, after).await?);
    }
    let (available, seen) = try_join(app.stock.available(&named), app.seen(&viewer, &named)).await?;
    let item = |sku: Sku| {
        let available = available.get(&sku).copied().filter(|_| seen(&sku)).unwrap_or(0);
        AvailableStock { product_id: sku, available }
    };
    Response::ok(&Page { items: named.into_iter().map(item).collect(), next_cursor: None })
}

impl Shelf {
    /// The SKUs after `after`, without those that `viewer` may not know of.
    async fn page(
        &self,
        viewer: &Viewer,
        limit: Limit,
        mut after: Option<Sku>,
    ) -> Result<Page<AvailableStock>, Problem> {
        let (mut items, full) = (Vec::<AvailableStock>::new(), limit.get() as usize);
        let mut read = limit;
        for _ in 0..MAX_READS {
            let listed = self.stock.list(after.as_ref(), read).await?;
            let skus: Vec<Sku> = listed.items.iter().map(|(sku, _)| sku.clone()).collect();
            let seen = self.seen(viewer, &skus).await?;
            let visible = listed.items.into_iter().filter(|(sku, _)| seen(sku));
            items.extend(visible.map(|(product_id, available)| AvailableStock { product_id, available }));
            after = listed.next;
            if items.len() >= full {
                let more = after.is_some() || items.len() > full;
                items.truncate(full);
                // The next SKU may be hidden from the viewer, and any client can decode the position in a cursor.
                after = items.last().filter(|_| more).map(|last| last.product_id.clone());
                break;
            }
            if after.is_none() {
                break;
            }
            // Many in a row are not for the viewer.
            read = Limit::at_most(MAX_LIMIT as usize);
        }
        Ok(Page { items, next_cursor: after.map(|sku| Cursor::after(sku.as_str()).encode(LIST)) })
    }

    /// Returns whether `viewer` may know how many of a SKU there are. The stock of a SKU that the catalog does not have is public.
    async fn seen<'a>(
        &self,
        viewer: &'a Viewer,
        skus: &[Sku],
    ) -> Result<impl Fn(&Sku) -> bool + use<'a>, Problem> {
        let products = self.catalog.find(skus).await?;
        Ok(move |sku: &Sku| products.get(sku).is_none_or(|product| viewer.sees_stock_of(product)))
    }
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
