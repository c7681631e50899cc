//! Reading one page of products.

use futures_util::future::try_join_all;
use kernel::{Limit, Problem};

use crate::listing::{self, Filling, Position, Stretch, View};
use crate::search::Search;
use crate::store::{Catalog, Listed};

/// Products that one read of a search for several words looks at: some 40 KB.
const SEARCH_STRETCH: u32 = 250;
/// Reads that one request makes at most. A search that has not filled its page by then, because few names with its longest word
/// have the others too, answers with what it has found, perhaps nothing, and a cursor to go on by.
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
    pub after: Option<Position>,
}

/// A page of products, and where the last product stands that it took into account, when there may be more.
#[derive(Debug)]
pub struct Listing {
    /// In the order of their SKUs: numbers by value, then the others by text. Those of a search stand under the words that they
    /// were found by, in the order of these.
    pub products: Vec<Listed>,
    /// Where the next page begins.
    pub next: Option<Position>,
}

/// Reads one page.
pub async fn list(catalog: &Catalog, question: Question) -> Result<Listing, Problem> {
    let Question { view, search, limit, after } = question;
    let search = search.as_ref();
    // One more than the page holds tells whether another page follows.
    let count = if search.is_none_or(Search::is_one_word) { limit.get() + 1 } else { SEARCH_STRETCH };
    let mut page = Filling::new(limit, after);
    for _ in 0..MAX_READS {
        let stretch = read(catalog, view, search, page.position.as_ref(), count).await?;
        let full = page.take(stretch.products, search);
        if full || !stretch.more {
            return Ok(Listing { products: page.products, next: page.position.filter(|_| full) });
        }
    }
    Ok(Listing { products: page.products, next: page.position })
}

/// The next `count` products of `view`, read from its lists at the same time.
async fn read(
    catalog: &Catalog,
    view: View,
    search: Option<&Search>,
    after: Option<&Position>,
    count: u32,
) -> Result<Stretch, Problem> {
    let reads = view.visibilities().iter().map(|&visibility| async move {
        match search {
            Some(search) => catalog.under(visibility, search.lead(), after, count).await,
            None => catalog.stretch(visibility, after, count).await,
        }
    });
    Ok(listing::merge(try_join_all(reads).await?))
}
