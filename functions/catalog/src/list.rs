//! Reading one page of products.

use futures_util::future::try_join_all;
use kernel::{Limit, Problem};
use platform::partition_merge::{Direction, PartitionMerge};

use crate::listing::View;
use crate::position::Position;
use crate::search::Search;
use crate::store::{Catalog, Listed};

/// The most products that one read asks for, and as many as a search for several words begins with: some 40 KB.
const MAX_CHUNK: u32 = 250;
/// Reads that one request makes at most. A search that has not filled its page by then, because few names with its longest word
/// have the others too, answers with what it has found, perhaps nothing, and a cursor to go on by.
const MAX_READS: usize = 4;

/// A query for one page of products.
#[derive(Debug)]
pub struct Question {
    /// The products that are listed.
    pub view: View,
    /// The words that the products' names must have, if any.
    pub search: Option<Search>,
    /// The most products on the page.
    pub limit: Limit,
    /// The product after which the page begins.
    pub after: Option<Position>,
}

/// A page of products, and where the last product stands that it took into account, when there may be more.
#[derive(Debug)]
pub struct Listing {
    /// In the order of their SKUs: numbers by value, then the others by text. Those of a search stand under the words that they
    /// were found by, in the order of these.
    pub products: Vec<Listed>,
    /// The position after which the next page begins.
    pub next: Option<Position>,
}

/// Reads one page.
pub async fn list(catalog: &Catalog, question: Question) -> Result<Listing, Problem> {
    let Question { view, search, limit, after } = question;
    let search = search.as_ref();
    // One item more than the page holds shows whether another page follows.
    let count = if search.is_none_or(Search::is_one_word) { limit.get() + 1 } else { MAX_CHUNK };
    let mut page =
        PartitionMerge::new(Direction::Ascending, view.visibilities(), limit.get(), after, count, MAX_CHUNK);
    for _ in 0..MAX_READS {
        let reads = page.needs_read().map(|reading| async move {
            let (visibility, after) = (*reading.partition, reading.read_to.as_ref());
            match search {
                Some(search) => catalog.under(visibility, search.lead(), after, reading.chunk_size).await,
                None => catalog.chunk(visibility, after, reading.chunk_size).await,
            }
        });
        let chunks = try_join_all(reads).await?;
        page.push(chunks);
        if page.fill(|found| found.is_wanted(search)) {
            break;
        }
    }
    let (found, next) = page.finish();
    Ok(Listing { products: found.into_iter().map(|found| found.product).collect(), next })
}
