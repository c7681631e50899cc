//! SKU headers: the arrangement of a SKU, and its list of rows.

use std::collections::BTreeMap;

use kernel::{Problem, Sku};
use platform::dynamo::{Expression, Item, Key, Rows, Write};
use serde::{Deserialize, Serialize};

use super::{Outdated, Stock, sku_partition};
use crate::allocation::StockLocation;
use crate::drift::StockRowKey;
use crate::lanes::Lanes;
use crate::warehouse::Warehouse;

/// The index that all SKUs are listed by.
const LISTING_INDEX: &str = "Listing";
/// Its one partition. It serves 3,000 read units a second (DynamoDB developer guide, "Best practices for designing partition keys").
const LISTING_PARTITION: &str = "STOCK";

/// The most rows of one SKU: its lanes in all warehouses, also those that were given up. Planning an order reads all of them, some 30 KB.
pub(crate) const MAX_PLACES: u32 = 256;

/// The header of a SKU. It is written with each change by the stock writer and when the SKU becomes low, never by a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SkuHeader {
    /// The SKU.
    pub(crate) sku: Sku,
    /// The number of lanes that each warehouse's units are spread over when they are set.
    pub(crate) lanes: Lanes,
    /// The largest number of lanes that each warehouse ever had. Every row that exists is one of these; a row of these may not exist yet. The
    /// numbers never shrink, since stock returns to lanes that were given up.
    pub(crate) places: BTreeMap<Warehouse, u16>,
    /// The threshold: the SKU is low when this many units or fewer are available.
    #[serde(default)]
    pub(crate) low_stock_threshold: Option<u64>,
    /// True when the last published event said that the SKU is low.
    #[serde(default)]
    pub(crate) is_low: bool,
    /// The number of changes of the header; the sequence of its journal.
    pub(crate) version: u64,
    /// The number of changes of the SKU by the stock writer: of a warehouse's stock, its lanes or the SKU's arrangement.
    #[serde(default)]
    pub(crate) changes: u64,
}

/// The part of a header that the index of all SKUs projects.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ListedSkuHeader {
    /// The SKU.
    pub(crate) sku: Sku,
    /// See [`SkuHeader::places`].
    pub(crate) places: BTreeMap<Warehouse, u16>,
}

/// A header's item, with its index keys.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    #[serde(flatten)]
    head: &'a SkuHeader,
    listing: &'static str,
    listing_sort: String,
}

impl SkuHeader {
    /// The header of a SKU without a stock record.
    pub(crate) fn new(sku: Sku) -> Self {
        Self {
            sku,
            lanes: Lanes::ONE,
            places: BTreeMap::new(),
            low_stock_threshold: None,
            is_low: false,
            version: 0,
            changes: 0,
        }
    }

    /// The entity tag of the SKU's arrangement and stock: each change by the stock writer makes another one. Sales do not change it.
    pub(crate) fn etag(&self) -> String {
        format!("\"{}\"", self.changes)
    }

    /// The SKU's name in the journal; the header's version is the sequence.
    pub(crate) fn aggregate(&self) -> String {
        format!("stock/{}", self.sku)
    }
}

/// Returns true when there are no more than [`MAX_PLACES`] of `places`.
pub(crate) fn fits(places: &BTreeMap<Warehouse, u16>) -> bool {
    places.values().copied().map(u32::from).sum::<u32>() <= MAX_PLACES
}

/// All rows that the SKU may have.
pub(crate) fn spots(sku: &Sku, places: &BTreeMap<Warehouse, u16>) -> impl Iterator<Item = StockRowKey> {
    let each = places.iter().flat_map(|(warehouse, &lanes)| (0..lanes).map(move |lane| (warehouse, lane)));
    each.map(|(warehouse, lane)| StockRowKey {
        sku: sku.clone(),
        place: StockLocation { warehouse: warehouse.clone(), lane },
    })
}

/// The keys of all rows that the SKU may have.
pub(crate) fn place_keys(sku: &Sku, places: &BTreeMap<Warehouse, u16>) -> Vec<Key> {
    spots(sku, places).map(|spot| super::place_key(&spot.sku, &spot.place)).collect()
}

/// The key of the header of `sku`.
pub(crate) fn head_key(sku: &Sku) -> Key {
    Key::new(sku_partition(sku), "HEAD")
}

impl Stock {
    /// Writes `head`, provided that it is unchanged since it was read as `before`.
    pub(crate) fn save_head(
        &self,
        before: Option<&SkuHeader>,
        head: &SkuHeader,
    ) -> Result<Write<Outdated>, Problem> {
        let key = head_key(&head.sku);
        let written = Written { head, listing: LISTING_PARTITION, listing_sort: head.sku.listing_sort() };
        let Some(before) = before else { return self.table.put_new(&key, &written, Outdated) };
        let unchanged = Expression::condition(format!("version = :before AND {}", unchanged(before)))
            .value(":before", before.version)?
            .value(":changes", before.changes)?;
        self.table.put_when(&key, &written, unchanged, Outdated)
    }

    /// Counts a change of a warehouse's stock in the header of `sku`: of any header, or of `seen` as it was read.
    pub(crate) fn count_change(
        &self,
        sku: &Sku,
        seen: Option<&SkuHeader>,
    ) -> Result<Write<Outdated>, Problem> {
        let count = Expression::update("SET changes = if_not_exists(changes, :zero) + :one")
            .number(":zero", 0)
            .number(":one", 1);
        let count = match seen {
            Some(head) => count
                .when(format!("attribute_exists(PK) AND {}", unchanged(head)))
                .value(":changes", head.changes)?,
            None => count.when("attribute_exists(PK)"),
        };
        self.table.update(&head_key(sku), count, Outdated)
    }

    /// The header of `sku`; none when the SKU has no stock record.
    pub(crate) async fn head(&self, sku: &Sku) -> Result<Option<SkuHeader>, Problem> {
        self.table.get(&head_key(sku)).await
    }

    /// At most `count` headers in the order of their SKUs, from the one after `after` on. That one need not exist.
    pub(crate) async fn listed(
        &self,
        after: Option<&Sku>,
        count: u32,
    ) -> Result<Rows<ListedSkuHeader>, Problem> {
        self.table
            .query(LISTING_PARTITION)
            .index(LISTING_INDEX, "listing")
            .start_after(after.map(listing_key))
            .limit(count)
            .rows()
            .await
    }
}

/// The condition that the stock writer has changed nothing since `head` was read. Headers that were last written before changes were counted have
/// no count.
fn unchanged(head: &SkuHeader) -> &'static str {
    match head.changes {
        0 => "(attribute_not_exists(changes) OR changes = :changes)",
        _ => "changes = :changes",
    }
}

/// The key by which the index is read on after `sku`.
fn listing_key(sku: &Sku) -> Item {
    let mut key = head_key(sku).to_item();
    key.extend(Key::index("listing", LISTING_PARTITION, "listingSort", sku.listing_sort()));
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_they_were() {
        let sku: Sku = "A-1".parse().unwrap();
        assert_eq!(head_key(&sku), Key::new("SKU#A-1", "HEAD"));
        let key = listing_key(&sku);
        let text = |name: &str| key[name].as_s().unwrap().as_str();
        assert_eq!(
            ["PK", "SK", "listing", "listingSort"].map(text),
            ["SKU#A-1", "HEAD", "STOCK", "1#A-1#A-1"]
        );
    }

    #[test]
    fn a_head_names_every_row_that_may_exist() {
        let sku: Sku = "A-1".parse().unwrap();
        let places = BTreeMap::from([("msk-1".parse().unwrap(), 2), ("spb-1".parse().unwrap(), 1)]);
        let sorts: Vec<String> = place_keys(&sku, &places).into_iter().map(|key| key.sk).collect();
        assert_eq!(sorts, ["LOC#msk-1#000", "LOC#msk-1#001", "LOC#spb-1#000"]);
    }
}
