//! Pages of orders, the newest first, from one partition of an index or from several at once.

use futures_util::future::try_join_all;
use kernel::{Cursor, Page, Problem};
use platform::partition_merge::{Direction, PartitionMerge, Positioned};

use crate::filter::Filter;
use crate::store::{Listed, Orders, Partition};

/// The most orders that one query asks for: some 60 KB of an index.
const MAX_CHUNK: u32 = 250;
/// Rounds of reading that one request makes at most. A list that has not filled its page by then answers with what it has found, perhaps
/// nothing, and a cursor to go on by, so that no request reads a whole history.
const MAX_ROUNDS: usize = 8;

/// A page of orders.
#[derive(Debug)]
pub struct Listing {
    /// The newest first.
    pub orders: Vec<Listed>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<Cursor>,
}

impl Listing {
    /// The page in the API's representation; `list` names the list, its owner and its filters.
    pub fn page<T>(self, list: &str, show: impl FnMut(Listed) -> T) -> Page<T> {
        let next_cursor = self.next.map(|next| next.encode(list));
        Page { items: self.orders.into_iter().map(show).collect(), next_cursor }
    }
}

/// The `limit` orders of `partitions` that `filter` wants and that come after `cursor`.
pub async fn list(
    orders: &Orders,
    partitions: Vec<Partition>,
    filter: Filter,
    limit: u32,
    cursor: Option<&Cursor>,
) -> Result<Listing, Problem> {
    let mut page = merge(partitions, limit, cursor.map(|cursor| cursor.position().to_owned()));
    for _ in 0..MAX_ROUNDS {
        let reads = page.needs_read().map(|reading| {
            let span = filter.span(reading.read_to.as_deref());
            async move { orders.chunk(&reading.partition, &span, reading.chunk_size).await }
        });
        let chunks = try_join_all(reads).await?;
        page.push(chunks);
        if page.fill(|order| filter.wants(order.summary.status)) {
            break;
        }
    }
    let (orders, next) = page.finish();
    Ok(Listing { orders, next: next.map(Cursor::after) })
}

fn merge(
    partitions: Vec<Partition>,
    limit: u32,
    position: Option<String>,
) -> PartitionMerge<Partition, Listed> {
    let count = u32::try_from(partitions.len()).unwrap_or(u32::MAX).max(1);
    let chunk = limit / count + 1;
    PartitionMerge::new(Direction::Descending, partitions, limit, position, chunk, MAX_CHUNK)
}

impl Positioned for Listed {
    type Position = String;

    fn position(&self) -> String {
        self.created_key()
    }

    fn sort_key(&self) -> String {
        self.created_key()
    }
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
