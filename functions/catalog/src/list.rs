//! Reading one page of products.

use futures_util::future::try_join_all;
use kernel::{Limit, Problem, Sku};

use crate::listing::{self, Filling, View};
use crate::search::Search;
use crate::store::{Catalog, Listed, Stretch};

/// Products that one read of a search looks at: some 100 KB of the index.
const SEARCH_STRETCH: u32 = 250;
/// Reads that one request makes at most. A search that has not filled its page by then answers with what it has found,
/// perhaps nothing, and a cursor to go on by, so that no request reads a whole catalog.
const MAX_READS: usize = 4;

/// What to list.
#[derive(Debug)]
pub struct Question {
    /// Of which products.
    pub view: View,
    /// What they have to be called, if anything.
    pub search: Option<Search>,
    /// How many.
    pub limit: Limit,
    /// After which product.
    pub after: Option<Sku>,
}

/// A page of products, and the last product that it took into account when there may be more.
#[derive(Debug)]
pub struct Listing {
    /// In the order of their SKUs: numbers by value, then the others by text.
    pub products: Vec<Listed>,
    /// Where the next page begins.
    pub next: Option<Sku>,
}

/// Reads one page.
pub async fn list(catalog: &Catalog, question: Question) -> Result<Listing, Problem> {
    let Question { view, search, limit, after } = question;
    // One more than the page holds tells whether another page follows.
    let count = if search.is_some() { SEARCH_STRETCH } else { limit.get() + 1 };
    let mut page = Filling::new(limit, after);
    for _ in 0..MAX_READS {
        let stretch = read(catalog, view, page.position.as_ref(), count).await?;
        let wanted = |product: &Listed| search.as_ref().is_none_or(|search| search.matches(&product.name));
        let full = page.take(stretch.products, wanted);
        if full || !stretch.more {
            return Ok(Listing { products: page.products, next: page.position.filter(|_| full) });
        }
    }
    Ok(Listing { products: page.products, next: page.position })
}

/// The next `count` products of `view`, read from its lists at the same time.
async fn read(catalog: &Catalog, view: View, after: Option<&Sku>, count: u32) -> Result<Stretch, Problem> {
    let reads = view.visibilities().iter().map(|&visibility| catalog.stretch(visibility, after, count));
    Ok(listing::merge(try_join_all(reads).await?))
}
