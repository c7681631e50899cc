//! The index `Live`: live reservations, those of them that are due, and open findings.

use futures_util::future::join_all;
use kernel::{Problem, ReservationId, Timestamp};
use platform::dynamo::{Item, Key, Query, Rows};
use serde::Deserialize;

use super::Stock;
use super::findings::{FOUND_PARTITION, found_spot};
use super::reservations::{LIVE_SHARDS, live_shard, reservation_key};
use crate::drift::{Held, StockRowKey};
use crate::reservation::Reservation;

/// The index.
const LIVE_INDEX: &str = "Live";
/// Entries read at a time.
const LIVE_PAGE: u32 = 500;

/// An entry of the index: it holds keys alone.
#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(rename = "PK")]
    partition: String,
    #[serde(rename = "SK")]
    sort: String,
}

/// An entry of a reservation that is due: its expiry time is in its key.
#[derive(Debug, Deserialize)]
struct Due {
    #[serde(rename = "PK")]
    partition: String,
    #[serde(rename = "liveKey")]
    key: String,
}

impl Due {
    fn read(&self) -> Option<(ReservationId, Timestamp)> {
        Some((reservation_id(&self.partition)?, self.key.split_once('#')?.0.parse().ok()?))
    }
}

impl Stock {
    fn live(&self, partition: impl Into<String>, start: Option<Item>) -> Query {
        let query = self.table.query(partition).index(LIVE_INDEX, "liveShard");
        query.limit(LIVE_PAGE).start_after(start)
    }

    /// Ids of reservations in `shard` that had expired at `now`, each with its expiry time, and the key to continue from.
    pub(crate) async fn due(
        &self,
        shard: u64,
        now: Timestamp,
        start: Option<Item>,
    ) -> Result<Rows<(ReservationId, Timestamp)>, Problem> {
        // Keys begin with the time; the character after the separator closes the range behind all ids of the last millisecond.
        let (from, to) = (Timestamp::from_millis(0).to_string(), format!("{now}$"));
        let due: Rows<Due> = self.live(live_shard(shard), start).between("liveKey", from, to).rows().await?;
        Ok(Rows { items: due.items.iter().filter_map(Due::read).collect(), next: due.next })
    }

    /// The units that live reservations hold of each row, by the index: a reservation that it does not show yet is missing, so this may make a
    /// row suspect and never proves anything. Every reservation that the index shows is read from the table itself, consistently.
    pub(crate) async fn held(&self) -> Result<Held, Problem> {
        let shards = join_all((0..LIVE_SHARDS).map(|shard| self.held_in(shard))).await;
        shards.into_iter().try_fold(Held::default(), |all, shard| Ok(all.and(shard?)))
    }

    async fn held_in(&self, shard: u64) -> Result<Held, Problem> {
        let mut held = Held::default();
        let mut start = None;
        loop {
            let page: Rows<Entry> = self.live(live_shard(shard), start).rows().await?;
            let keys: Vec<Key> = ids(&page.items).into_iter().map(reservation_key).collect();
            let reservations: Vec<Reservation> = self.table.get_many(&keys).await?;
            for reservation in &reservations {
                held.add(reservation);
            }
            start = page.next;
            if start.is_none() {
                return Ok(held);
            }
        }
    }

    /// The rows that a check found wrong and that were not found right or repaired since.
    pub(crate) async fn found_wrong(&self) -> Result<Vec<StockRowKey>, Problem> {
        let mut spots = Vec::new();
        let mut start = None;
        loop {
            let page: Rows<Entry> = self.live(FOUND_PARTITION, start).rows().await?;
            spots.extend(page.items.iter().filter_map(|entry| found_spot(&entry.partition, &entry.sort)));
            start = page.next;
            if start.is_none() {
                return Ok(spots);
            }
        }
    }
}

fn ids(entries: &[Entry]) -> Vec<ReservationId> {
    entries.iter().filter_map(|entry| reservation_id(&entry.partition)).collect()
}

fn reservation_id(partition: &str) -> Option<ReservationId> {
    partition.strip_prefix("RESERVATION#")?.parse().ok()
}
