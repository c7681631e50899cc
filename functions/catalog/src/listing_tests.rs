use std::collections::BTreeMap;

use kernel::{Currency, Cursor, EncodedCursor, Sku};
use platform::partition_merge::{Chunk, Direction, PartitionMerge, Reading};
use proptest::prelude::*;

use super::*;
use crate::search::indexed_words;
use crate::store::Listed;

/// Both lists of a catalog, or what both have under the words of a search, by their sort keys.
type Shelves = BTreeMap<bool, BTreeMap<String, Found>>;

fn listed(number: u32, name: &str, is_active: bool) -> Listed {
    let sku = number.to_string().parse().unwrap();
    let currency = Currency::from_code("RUB").unwrap();
    Listed { sku, name: name.to_owned(), price: i64::from(number), currency, is_active }
}

fn shelves(products: &[Listed], search: Option<&Search>) -> Shelves {
    let mut shelves = Shelves::new();
    for product in products {
        let positions: Vec<Position> = match search {
            None => vec![Position::of(product.sku.clone())],
            Some(search) => indexed_words(&product.name)
                .iter()
                .filter(|word| word.starts_with(search.lead()))
                .map(|word| Position::under(word, product.sku.clone()))
                .collect(),
        };
        for position in positions {
            let sort = position.sort();
            let found = Found { position, product: product.clone() };
            shelves.entry(product.is_active).or_default().insert(sort, found);
        }
    }
    shelves
}

/// Returns the chunk of a query for `count` items: DynamoDB says that there is more whenever it stopped at the count.
fn chunk(shelves: &Shelves, is_active: bool, after: Option<&Position>, count: usize) -> Chunk<Found> {
    let after = after.map(Position::sort);
    let follows = |sort: &String| after.as_ref().is_none_or(|after| sort > after);
    let items: Vec<Found> = shelves
        .get(&is_active)
        .into_iter()
        .flatten()
        .filter(|(sort, _)| follows(sort))
        .take(count)
        .map(|(_, found)| found.clone())
        .collect();
    Chunk { more: items.len() == count, items }
}

/// Every page of what `search` finds, or of the list, through cursors as clients carry them.
fn leaf_through(shelves: &Shelves, search: Option<&Search>, limit: usize, count: usize) -> Vec<Vec<Listed>> {
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let (limit, size) = (u32::try_from(limit).unwrap(), u32::try_from(count).unwrap());
        let mut page = PartitionMerge::new(Direction::Ascending, [true, false], limit, after, size, size);
        loop {
            let read = |reading: &Reading<bool, Found>| {
                chunk(shelves, reading.partition, reading.read_to.as_ref(), count)
            };
            let chunks = page.needs_read().map(read).collect();
            page.push(chunks);
            if page.fill(|found| found.is_wanted(search)) {
                break;
            }
        }
        let (found, next) = page.finish();
        pages.push(found.into_iter().map(|found| found.product).collect());
        let Some(next) = next else { return pages };
        after = Some(Position::parse(&next.to_string(), search).unwrap());
    }
}

#[test]
fn the_longest_position_is_taken_back() {
    let name = "\u{10400}".repeat(crate::product::MAX_NAME_LENGTH);
    let search = Search::parse("\u{10400}").unwrap();
    let word = indexed_words(&name).pop_first().unwrap();
    let sku: Sku = "x".repeat(kernel::sku::MAX_SKU_LENGTH).parse().unwrap();
    let position = Position::under(&word, sku);
    let sealed = Cursor::after(position.to_string()).encode("a search");
    assert!(sealed.len() > 1_024, "{} characters", sealed.len());
    let opened = EncodedCursor::read(Some(&sealed)).unwrap().decode("a search").unwrap().unwrap();
    assert_eq!(Position::parse(opened.position(), Some(&search)), Some(position));
}

#[test]
fn a_position_of_another_list_is_none() {
    let search = Search::parse("te").unwrap();
    for text in ["", "7", "#7", "coffee#7", "tea#", "tea#a b", "tea"] {
        assert_eq!(Position::parse(text, Some(&search)), None, "{text}");
    }
    for text in ["", "tea#7", "a b"] {
        assert_eq!(Position::parse(text, None), None, "{text}");
    }
    assert_eq!(Position::parse("tea#7", Some(&search)), Some(Position::under("tea", "7".parse().unwrap())));
}

proptest! {
    #[test]
    fn leafing_through_shows_every_product_once_and_in_order(
        numbers in proptest::collection::btree_map(0_u32..200, any::<bool>(), 0..60),
        limit in 1_usize..8,
        count in 1_usize..8,
    ) {
        let all: Vec<Listed> = numbers.iter().map(|(&number, &active)| listed(number, "Tea", active)).collect();
        let pages = leaf_through(&shelves(&all, None), None, limit, count);
        prop_assert!(pages.iter().rev().skip(1).all(|page| page.len() == limit));
        prop_assert_eq!(pages.concat(), all);
    }

    #[test]
    fn a_search_shows_every_product_that_matches_once_and_no_other(
        names in proptest::collection::btree_map(0_u32..200, ("([ab]{1,3} ){1,4}", any::<bool>()), 0..40),
        wanted in proptest::collection::vec("[ab]{1,2}", 1..3),
        limit in 1_usize..8,
        count in 1_usize..8,
    ) {
        let all: Vec<Listed> = names.iter().map(|(&number, (name, active))| listed(number, name, *active)).collect();
        let search = Search::parse(&wanted.join(" ")).unwrap();
        let pages = leaf_through(&shelves(&all, Some(&search)), Some(&search), limit, count);
        prop_assert!(pages.iter().all(|page| page.len() <= limit));
        let mut found: Vec<i64> = pages.concat().iter().map(|product| product.price).collect();
        found.sort_unstable();
        let matches = |product: &&Listed| {
            let words = indexed_words(&product.name);
            wanted.iter().all(|wanted| words.iter().any(|word| word.starts_with(wanted)))
        };
        let expected: Vec<i64> = all.iter().filter(matches).map(|product| product.price).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn words_come_before_skus_in_the_order_of_a_search(
        left in ("[aб1]{1,3}", 0_u32..50), right in ("[aб1]{1,3}", 0_u32..50),
    ) {
        let position = |(word, number): &(String, u32)| Position::under(word, number.to_string().parse().unwrap());
        prop_assert_eq!(position(&left).sort().cmp(&position(&right).sort()), left.cmp(&right));
    }
}
