//! The catalog's table.
//!
//! | item | key | attributes |
//! |---|---|---|
//! | a product | `PRODUCT#<sku>` / `PRODUCT` | see [`Product`]; `listing` and `listingSort` place it in the index |
//! | a product under a word of its name | `WORD#<visibility>#<first letter>` / `<word>#<listingSort>` | what a list shows of it |
//!
//! The index `Listing` holds every product under its [`Visibility`], in the order of [`Sku::listing_sort`], with what a list
//! shows and no more. Each visibility is one partition, so that a list is read in order with one query. That partition
//! serves 3,000 read units a second (DynamoDB developer guide, "Best practices for designing partition keys"): some 3,000
//! pages of 20 products, and takes 1,000 changed products a second. Beyond that lists want caching, and after that a
//! partition for each leading character; neither changes what clients see.

mod words;

use std::collections::{BTreeSet, HashMap};

use kernel::{Currency, Money, Problem, Sku, Timestamp};
use platform::dynamo::{Expression, Item, Key, Rows, Table, Write};
use platform::partition_merge::Chunk;
use platform::{Init, InitError};
use serde::{Deserialize, Serialize};

use crate::attributes::Attributes;
use crate::factors::PricingFactors;
use crate::position::Position;
use crate::product::Product;

/// The index that lists are read from.
const LISTING_INDEX: &str = "Listing";
/// Its partition key.
const LISTING_PARTITION: &str = "listing";

/// The product was changed by someone else in the meantime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProductChanged;

/// The callers that can see a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Visibility {
    /// All callers.
    Active,
    /// The callers that may write the catalog.
    Inactive,
}

impl Visibility {
    fn of(product: &Product) -> Self {
        if product.is_active { Self::Active } else { Self::Inactive }
    }

    fn partition(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
        }
    }
}

/// The catalog's table.
#[derive(Clone)]
pub struct Catalog {
    table: Table,
}

/// A product as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Its key.
    pub sku: Sku,
    pub name: String,
    /// The price of one piece, in minor units.
    pub price: i64,
    /// The currency of the price.
    pub currency: Currency,
    /// True when customers see it and can buy it.
    pub is_active: bool,
}

impl Listed {
    fn of(product: &Product) -> Self {
        Self {
            sku: product.sku.clone(),
            name: product.name.clone(),
            price: product.price.amount(),
            currency: product.price.currency(),
            is_active: product.is_active,
        }
    }
}

/// A product, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) position: Position,
    pub(crate) product: Listed,
}

impl Found {
    /// In a list.
    pub(crate) fn listed(product: Listed) -> Self {
        Self { position: Position::of(product.sku.clone()), product }
    }
}

impl Catalog {
    /// The table named by `CATALOG_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { table: init.table("CATALOG_TABLE").await? })
    }

    /// The product with this SKU, active or not.
    pub async fn get(&self, sku: &Sku) -> Result<Option<Product>, Problem> {
        let row: Option<Row> = self.table.get(&key(sku)).await?;
        row.map(Product::try_from).transpose()
    }

    /// Those of the products that exist, active or not, in one read. SKUs may repeat.
    pub async fn find(&self, skus: &[Sku]) -> Result<HashMap<Sku, Product>, Problem> {
        let keys: Vec<Key> = skus.iter().collect::<BTreeSet<_>>().into_iter().map(key).collect();
        let rows: Vec<Row> = self.table.get_many(&keys).await?;
        rows.into_iter()
            .map(|row| Product::try_from(row).map(|product| (product.sku.clone(), product)))
            .collect()
    }

    /// Writes `product` in the place of `before`, provided that this is still what it was, and puts it under the words of its name.
    pub(crate) fn save(
        &self,
        before: Option<&Product>,
        product: &Product,
    ) -> Result<Vec<Write<ProductChanged>>, Problem> {
        let (key, row) = (key(&product.sku), Row::try_from(product)?);
        let put = match before {
            None => self.table.put_new(&key, &row, ProductChanged)?,
            Some(before) => {
                let unchanged =
                    Expression::condition("version = :before").value(":before", before.version)?;
                self.table.put_when(&key, &row, unchanged, ProductChanged)?
            }
        };
        let mut writes = self.index(before, product)?;
        writes.push(put);
        Ok(writes)
    }

    /// At most `count` products of `visibility` in list order, from the one after `after` on. That one need not exist any
    /// more, nor ever have been in this list.
    pub(crate) async fn chunk(
        &self,
        visibility: Visibility,
        after: Option<&Position>,
        count: u32,
    ) -> Result<Chunk<Found>, Problem> {
        let start = after.map(|position| listing_key(visibility, &position.sku)).transpose()?;
        let rows: Rows<Listed> = self
            .table
            .query(visibility.partition())
            .index(LISTING_INDEX, LISTING_PARTITION)
            .start_after(start)
            .limit(count)
            .rows()
            .await?;
        let more = rows.next.is_some();
        Ok(Chunk { items: rows.items.into_iter().map(Found::listed).collect(), more })
    }
}

/// A product as it is kept.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    sku: Sku,
    name: String,
    description: String,
    price: i64,
    currency: Currency,
    attributes: String,
    #[serde(flatten)]
    factors: PricingFactors,
    is_active: bool,
    version: u64,
    updated_at: Timestamp,
    #[serde(flatten, skip_deserializing)]
    place: Option<Place>,
}

/// The position of a product in the index.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    listing: Visibility,
    listing_sort: String,
}

impl Place {
    fn new(visibility: Visibility, sku: &Sku) -> Self {
        Self { listing: visibility, listing_sort: sku.listing_sort() }
    }
}

impl TryFrom<&Product> for Row {
    type Error = Problem;

    fn try_from(product: &Product) -> Result<Self, Problem> {
        Ok(Self {
            sku: product.sku.clone(),
            name: product.name.clone(),
            description: product.description.clone(),
            price: product.price.amount(),
            currency: product.price.currency(),
            attributes: product.attributes.to_json()?,
            factors: product.factors.clone(),
            is_active: product.is_active,
            version: product.version,
            updated_at: product.updated_at,
            place: Some(Place::new(Visibility::of(product), &product.sku)),
        })
    }
}

impl TryFrom<Row> for Product {
    type Error = Problem;

    fn try_from(row: Row) -> Result<Self, Problem> {
        let price = Money::new(row.price, row.currency)
            .ok_or_else(|| Problem::internal(format!("the price of {} is out of range", row.sku)))?;
        Ok(Self {
            sku: row.sku,
            name: row.name,
            description: row.description,
            price,
            attributes: Attributes::from_json(&row.attributes)?,
            factors: row.factors,
            is_active: row.is_active,
            version: row.version,
            updated_at: row.updated_at,
        })
    }
}

fn key(sku: &Sku) -> Key {
    Key::new(format!("PRODUCT#{sku}"), "PRODUCT")
}

/// The key by which the index is read on after `sku`. It is made of the SKU alone, so that a cursor need not hold more.
fn listing_key(visibility: Visibility, sku: &Sku) -> Result<Item, Problem> {
    let mut start: Item = serde_dynamo::to_item(Place::new(visibility, sku)).map_err(Problem::internal)?;
    start.extend(key(sku).to_item());
    Ok(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sku(text: &str) -> Sku {
        text.parse().unwrap()
    }

    fn product(is_active: bool) -> Product {
        let price = Money::new(7_500, Currency::from_code("RUB").unwrap()).unwrap();
        let attributes = Attributes::from_json(r#"{"colour":"red","sizes":[1,2.5,100000000000000000000]}"#);
        Product {
            sku: sku("A-1"),
            name: "Tea".to_owned(),
            description: String::new(),
            price,
            attributes: attributes.unwrap(),
            factors: PricingFactors {
                category: Some("Чай".parse().unwrap()),
                tax_category: "food".parse().unwrap(),
                requires_shipping: Some(false),
                ..PricingFactors::default()
            },
            is_active,
            version: 3,
            updated_at: Timestamp::from_millis(1_700_000_000_007),
        }
    }

    #[test]
    fn keys_are_what_they_were() {
        assert_eq!(key(&sku("A-1")), Key::new("PRODUCT#A-1", "PRODUCT"));
        assert_eq!(sku("A-1").listing_sort(), "1#A-1#A-1");
        let padded = format!("0#{}#42", "0".repeat(62) + "42");
        assert_eq!(sku("42").listing_sort(), padded);
        let start = listing_key(Visibility::Active, &sku("42")).unwrap();
        let text = |name: &str| start[name].as_s().unwrap().as_str();
        assert_eq!(start.len(), 4);
        assert_eq!(
            ["PK", "SK", "listing", "listingSort"].map(text),
            ["PRODUCT#42", "PRODUCT", "ACTIVE", &padded]
        );
    }

    #[test]
    fn an_item_names_its_place_in_the_list() {
        for (is_active, partition) in [(true, "ACTIVE"), (false, "INACTIVE")] {
            let product = product(is_active);
            let item: Item = serde_dynamo::to_item(Row::try_from(&product).unwrap()).unwrap();
            assert_eq!(item["listing"].as_s().unwrap(), partition);
            assert_eq!(Visibility::of(&product).partition(), partition);
            assert_eq!(item["listingSort"].as_s().unwrap(), "1#A-1#A-1");
            assert_eq!(item["price"].as_n().unwrap(), "7500");
            let back = Product::try_from(platform::dynamo::read::<Row>(item).unwrap()).unwrap();
            assert_eq!(back, product);
        }
    }

    #[test]
    fn an_item_of_before_has_the_default_factors() {
        let product = product(true);
        let mut item: Item = serde_dynamo::to_item(Row::try_from(&product).unwrap()).unwrap();
        for attribute in ["category", "weightGrams", "taxCategory", "requiresShipping"] {
            assert!(item.remove(attribute).is_some(), "{attribute}");
        }
        item.extend(key(&product.sku).to_item());
        let back = Product::try_from(platform::dynamo::read::<Row>(item).unwrap()).unwrap();
        assert_eq!(back, Product { factors: PricingFactors::default(), ..product });
    }
}
