//! The stock table.
//!
//! | item | key | attributes |
//! |---|---|---|
//! | the header of a SKU | `SKU#<sku>` / `HEAD` | see [`heads::SkuHeader`]; `listing` and `listingSort` are its keys in the index `Listing` |
//! | a SKU's stock at a location | `SKU#<sku>` / `LOC#<warehouse>#<lane>` | see [`rows::Row`] |
//! | a reservation | `RESERVATION#<id>` / `RESERVATION` | see [`Reservation`](crate::Reservation); `liveShard` and `liveKey` are its keys in the index `Live` while it is `reserved` |
//! | a row that was found wrong | `SKU#<sku>` / `DRIFT#<warehouse>#<lane>` | see [`findings::Kept`]; in the index `Live` under `DRIFT` while it is open |
//!
//! | module | contents |
//! |---|---|
//! | [`rows`] | the stock levels of a SKU's locations |
//! | [`heads`] | the arrangement of a SKU, and its list of rows |
//! | [`reservations`] | storing reservations |
//! | [`planning`] | reading rows until a shortage can be believed |
//! | [`known`] | planning with rows that were read before, while an order is tried again |
//! | [`live`] | live and due reservations, by the index |
//! | [`whole`] | live reservations, by the table itself |
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

/// The reason for which a write to stock was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StockRefusal {
    /// The location no longer has the units that the plan takes from it; plan again.
    Taken(Sku),
    /// The reservation exists already, or is no longer `reserved`.
    ReservationChanged,
    /// The row does not have the units that the reservation took from it. By itself that is a defect: see [`crate::contradiction`].
    Contradicted(Contradiction),
}

/// Another writer changed a header or a warehouse in the meantime, or units that were to be moved were sold: read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outdated;

/// The stock table.
#[derive(Clone)]
pub struct Stock {
    pub(crate) table: Table,
    pub(crate) metrics: Metrics,
    strategy: Arc<Strategy>,
}

/// The header and the rows of a SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The header; none when no warehouse was ever named.
    pub(crate) head: Option<SkuHeader>,
    /// The stock levels of its locations.
    pub(crate) rows: Vec<Row>,
}

/// A page of SKUs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The SKUs, each with its available units.
    pub items: Vec<(Sku, u64)>,
    /// The last of these when more follow.
    pub next: Option<Sku>,
}

impl Kept {
    /// The available units.
    pub(crate) fn available(&self) -> u64 {
        self.rows.iter().map(|row| row.available).sum()
    }

    /// The stock of `warehouse`.
    pub(crate) fn at(&self, warehouse: &Warehouse) -> AtWarehouse {
        AtWarehouse::of(&self.rows, warehouse)
    }
}

/// An item of a SKU's partition. Each kind is recognised by the attributes that it alone has.
#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Row(Row),
    SkuHeader(SkuHeader),
}

impl Stock {
    /// Works on the table named by `STOCK_TABLE`; stock is allocated by the strategy that `ALLOCATION` names.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let strategy = init.optional("ALLOCATION", Strategy::default())?;
        let table = init.table("STOCK_TABLE").await?;
        Ok(Self { table, metrics: Metrics::from_init(init)?, strategy: Arc::new(strategy) })
    }

    /// The available units of one SKU, over all warehouses, in one read; 0 for a SKU that is not stocked.
    pub async fn available_of(&self, sku: &Sku) -> Result<u64, Problem> {
        Ok(self.kept(sku).await?.available())
    }

    /// As [`Self::available_of`], and `None` when the SKU has no stock record.
    pub async fn known(&self, sku: &Sku) -> Result<Option<u64>, Problem> {
        let kept = self.kept(sku).await?;
        Ok(kept.head.is_some().then(|| kept.available()))
    }

    /// The available units of each SKU, over all warehouses; 0 for a SKU that is not stocked. Two reads, however many SKUs: one of the headers and
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

    /// One page of all SKUs with a stock record, in the order of [`Sku::listing_sort`], with the available units of each.
    pub async fn list(&self, after: Option<&Sku>, limit: Limit) -> Result<Listed, Problem> {
        let count = limit.get();
        // One more than the page shows, to find out whether another page follows.
        let heads = self.listed(after, count + 1).await?.items;
        let more = heads.len() > count as usize;
        let heads = &heads[..heads.len().min(count as usize)];
        let sums = self.sums(heads.iter().map(|head| (&head.sku, &head.places))).await?;
        let items: Vec<(Sku, u64)> =
            heads.iter().map(|head| (head.sku.clone(), sums.get(&head.sku).copied().unwrap_or(0))).collect();
        let next = heads.last().filter(|_| more).map(|head| head.sku.clone());
        Ok(Listed { items, next })
    }

    /// The available units of each SKU whose `places` are given.
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

    /// The locations that each line can be taken from, or every SKU that is short. Lines of one SKU are added up first.
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

    /// The header of `sku` and all its rows. They are not read at one moment.
    pub(crate) async fn kept(&self, sku: &Sku) -> Result<Kept, Problem> {
        let mut kept = Kept { head: None, rows: Vec::new() };
        let mut start = None;
        loop {
            // From the header to the last row: the other items of the SKU sort before or after.
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
