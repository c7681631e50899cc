//! The stock table.
//!
//! | item | key | attributes |
//! |---|---|---|
//! | the head of a SKU | `SKU#<sku>` / `HEAD` | see [`heads::SkuHeader`]; `listing` and `listingSort` place it in the index `Listing` |
//! | what a place has of it | `SKU#<sku>` / `LOC#<warehouse>#<lane>` | see [`rows::Row`] |
//! | a reservation | `RESERVATION#<id>` / `RESERVATION` | see [`Reservation`](crate::Reservation); `liveShard` and `liveKey` place it in the index `Live` while it is `reserved` |
//! | a row that was found wrong | `SKU#<sku>` / `DRIFT#<warehouse>#<lane>` | see [`findings::Kept`]; in the index `Live` under `DRIFT` while it is open |
//!
//! | room | what is in it |
//! |---|---|
//! | [`rows`] | what places have |
//! | [`heads`] | what is true of a SKU as a whole |
//! | [`reservations`] | goods set aside |
//! | [`planning`] | reading rows until a shortage can be believed |
//! | [`known`] | planning with what was read before, while an order is tried again |
//! | [`live`] | which reservations are live, and which are due, by the index |
//! | [`whole`] | which reservations are live, by the table itself |
//! | [`findings`] | rows that were found wrong |

pub(crate) mod findings;
pub(crate) mod heads;
mod known;
pub(crate) mod live;
mod planning;
pub(crate) mod reservations;
pub(crate) mod rows;
mod whole;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use kernel::{Limit, Problem, Sku};
use platform::dynamo::{Key, Rows, Table};
use platform::metrics::Metrics;
use platform::{Init, InitError};
use serde::Deserialize;

pub(crate) use heads::{MAX_PLACES, SkuHeader, fits};
pub use known::KnownStock;
pub(crate) use rows::{AtWarehouse, Row, Units, place_key};

use crate::allocation::{Line, Plan, Shortage};
use crate::contradiction::Contradiction;
use crate::strategy::Strategy;
use crate::warehouse::Warehouse;

/// Why a write to stock was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StockRefusal {
    /// The place no longer has what the plan takes from it; plan again.
    Taken(Sku),
    /// The reservation exists already, or is no longer `reserved`.
    ReservationChanged,
    /// The row does not have what the reservation took from it. By itself that is a defect: see [`crate::contradiction`].
    Contradicted(Contradiction),
}

/// Someone else changed a head or a warehouse in the meantime, or goods that were to be moved were sold: look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outdated;

/// The stock table.
#[derive(Clone)]
pub struct Stock {
    pub(crate) table: Table,
    pub(crate) metrics: Metrics,
    strategy: Arc<Strategy>,
}

/// Everything that is kept of a SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Its head; none when no warehouse was ever named.
    pub(crate) head: Option<SkuHeader>,
    /// What its places have.
    pub(crate) rows: Vec<Row>,
}

/// A page of SKUs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Each with what can be sold of it.
    pub items: Vec<(Sku, u64)>,
    /// The last of these when more follow.
    pub next: Option<Sku>,
}

impl Kept {
    /// What can be sold.
    pub(crate) fn available(&self) -> u64 {
        self.rows.iter().map(|row| row.available).sum()
    }

    /// What `warehouse` has.
    pub(crate) fn at(&self, warehouse: &Warehouse) -> AtWarehouse {
        AtWarehouse::of(&self.rows, warehouse)
    }
}

/// An item of a SKU's partition. The attributes that only one kind has tell them apart.
#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Row(Row),
    SkuHeader(SkuHeader),
}

impl Stock {
    /// The table named by `STOCK_TABLE`; goods are taken by the strategy that `ALLOCATION` names.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let strategy = init.optional("ALLOCATION", Strategy::default())?;
        let table = init.table("STOCK_TABLE").await?;
        Ok(Self { table, metrics: Metrics::from_init(init)?, strategy: Arc::new(strategy) })
    }

    /// What can be sold of one SKU, over all warehouses, in one read; 0 for what is not stocked.
    pub async fn available_of(&self, sku: &Sku) -> Result<u64, Problem> {
        Ok(self.kept(sku).await?.available())
    }

    /// As [`Self::available_of`], and `None` when nothing was ever said of the SKU's stock.
    pub async fn known(&self, sku: &Sku) -> Result<Option<u64>, Problem> {
        let kept = self.kept(sku).await?;
        Ok(kept.head.is_some().then(|| kept.available()))
    }

    /// What can be sold of each SKU, over all warehouses; 0 for what is not stocked. Two reads, however many SKUs: one of the heads and
    /// one of the rows that they name, each of up to 100 items a time.
    pub async fn available(&self, skus: &[Sku]) -> Result<HashMap<Sku, u64>, Problem> {
        let distinct: BTreeSet<&Sku> = skus.iter().collect();
        let heads: Vec<Key> = distinct.iter().map(|sku| heads::head_key(sku)).collect();
        let heads: Vec<SkuHeader> = self.table.get_many(&heads).await?;
        let mut available = self.sums(heads.iter().map(|head| (&head.sku, &head.places))).await?;
        for sku in distinct {
            available.entry(sku.clone()).or_insert(0);
        }
        Ok(available)
    }

    /// One page of all SKUs that anything was ever said of, in the order of [`Sku::listing_sort`], with what can be sold of each.
    pub async fn list(&self, after: Option<&Sku>, limit: Limit) -> Result<Listed, Problem> {
        let count = limit.get();
        // One more than is shown says whether there are more.
        let heads = self.listed(after, count + 1).await?.items;
        let more = heads.len() > count as usize;
        let heads = &heads[..heads.len().min(count as usize)];
        let sums = self.sums(heads.iter().map(|head| (&head.sku, &head.places))).await?;
        let items: Vec<(Sku, u64)> =
            heads.iter().map(|head| (head.sku.clone(), sums.get(&head.sku).copied().unwrap_or(0))).collect();
        let next = heads.last().filter(|_| more).map(|head| head.sku.clone());
        Ok(Listed { items, next })
    }

    /// What can be sold of each SKU whose `places` are given.
    pub(crate) async fn sums<'a>(
        &self,
        skus: impl Iterator<Item = (&'a Sku, &'a BTreeMap<Warehouse, u16>)>,
    ) -> Result<HashMap<Sku, u64>, Problem> {
        let mut owners: HashMap<Key, &Sku> = HashMap::new();
        for (sku, places) in skus {
            owners.extend(heads::place_keys(sku, places).into_iter().map(|key| (key, sku)));
        }
        let keys: Vec<Key> = owners.keys().cloned().collect();
        let rows: Vec<Row> = self.table.get_many(&keys).await?;
        let mut sums = HashMap::new();
        for row in rows {
            if let Some(&sku) = owners.get(&row.key()) {
                *sums.entry(sku.clone()).or_insert(0) += row.available;
            }
        }
        Ok(sums)
    }

    /// Where each line can be taken from, or everything that is short. Lines of one SKU are added up first.
    pub async fn plan(&self, lines: &[Line]) -> Result<Result<Plan, Vec<Shortage>>, Problem> {
        KnownStock::new(self).plan(lines).await
    }

    /// As [`Self::kept`], read again until it `suffices` or can be believed: see [`planning`].
    pub(crate) async fn kept_until(
        &self,
        sku: &Sku,
        suffices: impl Fn(&Kept) -> bool,
    ) -> Result<Kept, Problem> {
        planning::read_until(suffices, || self.kept(sku)).await
    }

    /// The head of `sku` and all its rows. They are not read at one moment.
    pub(crate) async fn kept(&self, sku: &Sku) -> Result<Kept, Problem> {
        let mut kept = Kept { head: None, rows: Vec::new() };
        let mut start = None;
        loop {
            // From the head to the last row: what else is kept under the SKU sorts before or after.
            let query = self.table.query(sku_partition(sku)).between("SK", "HEAD", "LOC$");
            let parts: Rows<Part> = query.start_after(start).rows().await?;
            for part in parts.items {
                match part {
                    Part::Row(row) => kept.rows.push(row),
                    Part::SkuHeader(head) => kept.head = Some(head),
                }
            }
            start = parts.next;
            if start.is_none() {
                return Ok(kept);
            }
        }
    }
}

/// The SKU in whose partition `key` is, if it is in one.
pub(crate) fn sku_of(key: &Key) -> Option<Sku> {
    key.pk.strip_prefix("SKU#")?.parse().ok()
}

fn sku_partition(sku: &Sku) -> String {
    format!("SKU#{sku}")
}

#[cfg(test)]
mod tests {
    use platform::dynamo::{Item, read};

    use super::*;
    use crate::allocation::StockLocation;

    fn sku() -> Sku {
        "A-1".parse().unwrap()
    }

    #[test]
    fn the_parts_of_a_sku_are_told_apart() {
        let mut head = SkuHeader::new(sku());
        head.places = BTreeMap::from([("msk-1".parse().unwrap(), 3)]);
        let item: Item = serde_dynamo::to_item(&head).unwrap();
        assert!(matches!(read(item).unwrap(), Part::SkuHeader(read) if read == head));
        let key = place_key(&sku(), &StockLocation { warehouse: "msk-1".parse().unwrap(), lane: 0 });
        let row = Row { partition: key.pk, sort: key.sk, available: 7, reserved: 2, changes: 9, version: 4 };
        let item: Item = serde_dynamo::to_item(&row).unwrap();
        assert!(matches!(read(item).unwrap(), Part::Row(read) if read == row));
    }

    #[test]
    fn a_key_tells_its_sku() {
        assert_eq!(sku_of(&heads::head_key(&sku())), Some(sku()));
        for pk in ["SKU#", "RESERVATION#A-1", "A-1", "SKU#a b"] {
            assert_eq!(sku_of(&Key::new(pk, "HEAD")), None, "{pk}");
        }
    }
}
