//! Pages of orders, the newest first, from one partition of an index or from several at once.

use std::collections::VecDeque;

use futures_util::future::try_join_all;
use kernel::{Cursor, Page, Problem};

use crate::filter::Filter;
use crate::store::{Listed, Orders, Partition, Stretch};

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
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
}

impl Listing {
    /// The page as a client gets it; `list` names the list, its owner and its filters.
    pub fn page<T>(self, list: &str, show: impl FnMut(Listed) -> T) -> Page<T> {
        let next_cursor = self.next.map(|next| next.seal(list));
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
    let mut page = Merging::new(partitions, filter, limit, cursor.map(|cursor| cursor.position().to_owned()));
    for _ in 0..MAX_ROUNDS {
        let reads = page.hungry().map(|stream| {
            let span = filter.span(stream.read_to.as_deref());
            async move { orders.stretch(&stream.partition, &span, stream.chunk).await }
        });
        let stretches = try_join_all(reads).await?;
        page.feed(stretches);
        if page.drain() {
            break;
        }
    }
    let next = page.next().map(Cursor::after);
    Ok(Listing { orders: page.found, next })
}

/// One partition while it is read.
#[derive(Debug)]
struct Stream {
    partition: Partition,
    /// What was read and is not on the page yet.
    waiting: VecDeque<Listed>,
    /// The created key after which the next reading begins.
    read_to: Option<String>,
    /// Whether there may be more than was read.
    more: bool,
    /// How many orders the next reading asks for.
    chunk: u32,
}

/// Several lists being merged into one page. Which of them are read again follows from which have run dry, so that a page costs little
/// more than what is on it.
#[derive(Debug)]
struct Merging {
    streams: Vec<Stream>,
    filter: Filter,
    limit: usize,
    found: Vec<Listed>,
    /// The created key of the last order that was looked at.
    position: Option<String>,
    full: bool,
}

impl Merging {
    fn new(partitions: Vec<Partition>, filter: Filter, limit: u32, position: Option<String>) -> Self {
        let count = u32::try_from(partitions.len()).unwrap_or(u32::MAX).max(1);
        // One more than the page holds tells whether another page follows.
        let chunk = (limit / count + 1).min(MAX_CHUNK);
        let stream = |partition| Stream {
            partition,
            waiting: VecDeque::new(),
            read_to: position.clone(),
            more: true,
            chunk,
        };
        let streams = partitions.into_iter().map(stream).collect();
        Self { streams, filter, limit: limit as usize, found: Vec::new(), position, full: false }
    }

    /// The streams that have to be read before the page can go on.
    fn hungry(&self) -> impl Iterator<Item = &Stream> {
        self.streams.iter().filter(|stream| stream.is_hungry())
    }

    /// Takes what was read for each hungry stream, in their order.
    fn feed(&mut self, stretches: Vec<Stretch>) {
        let hungry = self.streams.iter_mut().filter(|stream| stream.is_hungry());
        for (stream, stretch) in hungry.zip(stretches) {
            if let Some(last) = stretch.orders.last() {
                stream.read_to = Some(last.created_key());
            }
            stream.more = stretch.more && !stretch.orders.is_empty();
            stream.waiting.extend(stretch.orders);
            stream.chunk = (stream.chunk * 2).min(MAX_CHUNK);
        }
    }

    /// Moves orders onto the page until it is full or a stream runs dry. True when there is nothing more to do.
    fn drain(&mut self) -> bool {
        while !self.streams.iter().any(Stream::is_hungry) {
            let newest =
                self.streams.iter_mut().filter(|stream| !stream.waiting.is_empty()).max_by(|a, b| {
                    let key = |stream: &Stream| stream.waiting.front().map(Listed::created_key);
                    key(a).cmp(&key(b))
                });
            let Some(next) = newest.and_then(|stream| stream.waiting.pop_front()) else { return true };
            let wanted = self.filter.status.is_none_or(|status| status == next.summary.status);
            if wanted && self.found.len() == self.limit {
                self.full = true;
                return true;
            }
            self.position = Some(next.created_key());
            if wanted {
                self.found.push(next);
            }
        }
        false
    }

    /// Where the next page begins.
    fn next(&self) -> Option<&str> {
        let ended = self.streams.iter().all(|stream| !stream.more && stream.waiting.is_empty());
        if ended && !self.full { None } else { self.position.as_deref() }
    }
}

impl Stream {
    fn is_hungry(&self) -> bool {
        self.more && self.waiting.is_empty()
    }
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
