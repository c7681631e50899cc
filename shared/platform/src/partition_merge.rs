//! One page of a list that is kept in several sorted partitions: a k-way merge that reads as little as it can. Pure; its owner reads.

use std::collections::VecDeque;

/// An item of a sorted partition.
pub trait Positioned {
    /// The position of an item in its list, as a cursor holds it.
    type Position: Clone;

    fn position(&self) -> Self::Position;

    /// The key that the partition is sorted by.
    fn sort_key(&self) -> String;
}

/// The direction in which partitions are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The lowest sort key first.
    Ascending,
    /// The highest sort key first.
    Descending,
}

/// Consecutive items of one partition, in the direction of the list.
#[derive(Debug)]
pub struct Chunk<T> {
    /// The items.
    pub items: Vec<T>,
    /// True when more may follow the last of them.
    pub more: bool,
}

/// A page while it is filled. What is read again follows from which partitions have run dry.
#[derive(Debug)]
pub struct PartitionMerge<P, T: Positioned> {
    partitions: Vec<Reading<P, T>>,
    direction: Direction,
    limit: usize,
    max_chunk_size: u32,
    /// The items on the page so far.
    items: Vec<T>,
    /// The position of the last item that was considered.
    position: Option<T::Position>,
    full: bool,
}

/// One partition while it is read.
#[derive(Debug)]
pub struct Reading<P, T: Positioned> {
    pub partition: P,
    /// The position after which the next read begins.
    pub read_to: Option<T::Position>,
    /// The number of items that the next read requests. It doubles with each read.
    pub chunk_size: u32,
    /// The items that were read and are not on the page yet.
    waiting: VecDeque<T>,
    /// True when there may be more items than were read.
    more: bool,
}

impl<P, T: Positioned> Reading<P, T> {
    fn needs_read(&self) -> bool {
        self.more && self.waiting.is_empty()
    }
}

impl<P, T: Positioned> PartitionMerge<P, T> {
    /// A page of at most `limit` items of `partitions` that come after `position`. A read asks for `chunk_size` items at first, and for `max_chunk_size` at most.
    pub fn new(
        direction: Direction,
        partitions: impl IntoIterator<Item = P>,
        limit: u32,
        position: Option<T::Position>,
        chunk_size: u32,
        max_chunk_size: u32,
    ) -> Self {
        let reading = |partition| Reading {
            partition,
            read_to: position.clone(),
            chunk_size: chunk_size.min(max_chunk_size),
            waiting: VecDeque::new(),
            more: true,
        };
        let partitions = partitions.into_iter().map(reading).collect();
        let (limit, items) = (limit as usize, Vec::new());
        Self { partitions, direction, limit, max_chunk_size, items, position, full: false }
    }

    /// The partitions that have to be read before the page can go on.
    pub fn needs_read(&self) -> impl Iterator<Item = &Reading<P, T>> {
        self.partitions.iter().filter(|reading| reading.needs_read())
    }

    /// Takes what was read of each partition that [needs it](Self::needs_read), in their order.
    pub fn push(&mut self, chunks: Vec<Chunk<T>>) {
        let dry = self.partitions.iter_mut().filter(|reading| reading.needs_read());
        for (reading, chunk) in dry.zip(chunks) {
            if let Some(last) = chunk.items.last() {
                reading.read_to = Some(last.position());
            }
            reading.more = chunk.more && !chunk.items.is_empty();
            reading.waiting.extend(chunk.items);
            reading.chunk_size = reading.chunk_size.saturating_mul(2).min(self.max_chunk_size);
        }
    }

    /// Moves items that are `wanted` onto the page until it is full or a partition runs dry. Returns whether there is nothing more to do.
    pub fn fill(&mut self, wanted: impl Fn(&T) -> bool) -> bool {
        while self.needs_read().next().is_none() {
            let Some(item) = self.first().and_then(|reading| reading.waiting.pop_front()) else {
                return true;
            };
            let is_wanted = wanted(&item);
            // One item more than the page holds shows whether another page follows.
            if is_wanted && self.items.len() == self.limit {
                self.full = true;
                return true;
            }
            self.position = Some(item.position());
            if is_wanted {
                self.items.push(item);
            }
        }
        false
    }

    /// The partition whose next item is the list's.
    fn first(&mut self) -> Option<&mut Reading<P, T>> {
        let key = |reading: &Reading<P, T>| reading.waiting.front().map(T::sort_key);
        let waiting = self.partitions.iter_mut().filter(|reading| !reading.waiting.is_empty());
        match self.direction {
            Direction::Ascending => waiting.min_by_key(|reading| key(reading)),
            Direction::Descending => waiting.max_by_key(|reading| key(reading)),
        }
    }

    /// The page, and where the next one begins: `None` where nothing follows.
    pub fn finish(self) -> (Vec<T>, Option<T::Position>) {
        let ended = self.partitions.iter().all(|reading| !reading.more && reading.waiting.is_empty());
        let next = if ended && !self.full { None } else { self.position };
        (self.items, next)
    }
}
