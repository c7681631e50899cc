//! Products by the words of their names.
//!
//! The items are written in the transaction of the product that they tell of, without conditions of their own: the product's
//! condition holds for them. A search therefore finds a product from the moment of its change, where the lists follow at some
//! distance.

use kernel::{Problem, Sku};
use platform::dynamo::{Expression, Key, Rows, Write};
use platform::partition_merge::Chunk;
use serde::Deserialize;

use super::{Catalog, Found, Listed, ProductChanged, Visibility};
use crate::position::{Position, SEPARATOR, word_sort};
use crate::product::Product;
use crate::search::indexed_words;

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "SK")]
    sort: String,
    #[serde(flatten)]
    listed: Listed,
}

impl From<Row> for Found {
    fn from(row: Row) -> Self {
        let word = row.sort.split(SEPARATOR).next().unwrap_or_default();
        Self { position: Position::under(word, row.listed.sku.clone()), product: row.listed }
    }
}

impl Catalog {
    /// At most `count` products of `visibility` under words that begin with `lead`, from the one after `after` on: in the order
    /// of the words, and under one word in list order.
    pub(crate) async fn under(
        &self,
        visibility: Visibility,
        lead: &str,
        after: Option<&Position>,
        count: u32,
    ) -> Result<Chunk<Found>, Problem> {
        let start = after.map(|position| Key::new(partition(visibility, lead), position.sort()).to_item());
        let rows: Rows<Row> = self
            .table
            .query(partition(visibility, lead))
            .begins_with("SK", lead)
            .start_after(start)
            .limit(count)
            .rows()
            .await?;
        let more = rows.next.is_some();
        Ok(Chunk { items: rows.items.into_iter().map(Found::from).collect(), more })
    }

    /// Puts `product` under the words of its name, and takes it away from where it was `before` and is no more.
    pub(super) fn index(
        &self,
        before: Option<&Product>,
        product: &Product,
    ) -> Result<Vec<Write<ProductChanged>>, Problem> {
        let listed = Listed::of(product);
        let now = keys(product);
        let stale = before.map(keys).unwrap_or_default().into_iter().filter(|key| !now.contains(key));
        let unconditionally = Expression::default;
        let gone: Vec<_> = stale
            .map(|key| self.table.delete(&key, unconditionally(), ProductChanged))
            .collect::<Result<_, _>>()?;
        let put = |key| self.table.put_when(key, &listed, unconditionally(), ProductChanged);
        now.iter().map(put).chain(gone.into_iter().map(Ok)).collect()
    }
}

/// The keys of `product` in the index of words.
fn keys(product: &Product) -> Vec<Key> {
    let visibility = Visibility::of(product);
    indexed_words(&product.name).iter().map(|word| key(visibility, word, &product.sku)).collect()
}

fn key(visibility: Visibility, word: &str, sku: &Sku) -> Key {
    Key::new(partition(visibility, word), word_sort(word, sku))
}

/// Words with the same first letter share a partition, so that one query reads those with any longer beginning.
fn partition(visibility: Visibility, word: &str) -> String {
    let first: String = word.chars().take(1).collect();
    format!("WORD#{}#{first}", visibility.partition())
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Money, Timestamp};
    use platform::dynamo::Item;
    use serde_json::Map;

    use super::*;
    use crate::attributes::Attributes;
    use crate::factors::PricingFactors;
    use crate::product::MAX_NAME_LENGTH;
    use crate::search::MAX_INDEXED_WORDS;

    /// The longest sort key that DynamoDB takes, in bytes (developer guide, service quotas).
    const MAX_SORT_KEY: usize = 1_024;

    fn product(name: &str, is_active: bool) -> Product {
        Product {
            sku: "42".parse().unwrap(),
            name: name.to_owned(),
            description: String::new(),
            price: Money::new(7_500, Currency::from_code("RUB").unwrap()).unwrap(),
            attributes: Attributes::parse(Map::new()).unwrap(),
            factors: PricingFactors::default(),
            is_active,
            version: 1,
            updated_at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn keys_are_what_they_were() {
        let sort = "42".parse::<Sku>().unwrap().listing_sort();
        let expected = [
            Key::new("WORD#ACTIVE#1", format!("100#{sort}")),
            Key::new("WORD#ACTIVE#з", format!("зелёный#{sort}")),
            Key::new("WORD#ACTIVE#ч", format!("чай#{sort}")),
        ];
        assert_eq!(keys(&product("Чай (зелёный), 100 чай", true)), expected);
        assert_eq!(keys(&product("a", false))[0].pk, "WORD#INACTIVE#a");
    }

    #[test]
    fn a_row_says_under_which_word_it_stands() {
        let product = product("Чай зелёный", true);
        let mut item: Item = serde_dynamo::to_item(Listed::of(&product)).unwrap();
        item.extend(key(Visibility::Active, "чай", &product.sku).to_item());
        let found: Found = platform::dynamo::read::<Row>(item).unwrap().into();
        assert_eq!(
            found,
            Found { position: Position::under("чай", product.sku.clone()), product: Listed::of(&product) }
        );
    }

    #[test]
    fn the_longest_word_and_the_most_words_fit() {
        let longest = "\u{20000}".repeat(MAX_NAME_LENGTH);
        let sku: Sku = "x".repeat(64).parse().unwrap();
        assert!(word_sort(&longest, &sku).len() <= MAX_SORT_KEY);
        // A change of every word, with the product and its journal row.
        const { assert!(2 * MAX_INDEXED_WORDS + 2 < platform::dynamo::MAX_ACTIONS) };
    }
}
