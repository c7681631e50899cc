//! The order of the lists and their pages, apart from where they are read.

use kernel::{Limit, Sku};

use crate::store::{Listed, Stretch, Visibility};

/// Which products a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// What customers see.
    Active,
    /// What customers don't see.
    Inactive,
    /// Both.
    All,
}

impl View {
    /// The lists that are read for it.
    pub(crate) fn visibilities(self) -> &'static [Visibility] {
        match self {
            Self::Active => &[Visibility::Active],
            Self::Inactive => &[Visibility::Inactive],
            Self::All => &[Visibility::Active, Visibility::Inactive],
        }
    }

    /// As it tells one list from another.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::All => "all",
        }
    }
}

/// Joins stretches of several lists that were read from the same position into one stretch of the list of them all.
///
/// Where one of them ends early, what the others have beyond its end is left for the next reading: something of the one
/// that ended may come before it.
pub(crate) fn merge(stretches: Vec<Stretch>) -> Stretch {
    let end_of = |stretch: &Stretch| stretch.products.last().map(|last| last.sku.listing_sort());
    let horizon = stretches.iter().filter(|stretch| stretch.more).filter_map(end_of).min();
    let mut more = stretches.iter().any(|stretch| stretch.more);
    let mut products: Vec<Listed> = stretches.into_iter().flat_map(|stretch| stretch.products).collect();
    products.sort_by_cached_key(|product| product.sku.listing_sort());
    if let Some(horizon) = horizon {
        let known = products.len();
        products.retain(|product| product.sku.listing_sort() <= horizon);
        more |= products.len() < known;
    }
    Stretch { products, more }
}

/// A page while it is being filled.
#[derive(Debug)]
pub(crate) struct Filling {
    limit: usize,
    /// What is on the page so far.
    pub(crate) products: Vec<Listed>,
    /// The last product that was looked at and needs not be looked at again.
    pub(crate) position: Option<Sku>,
}

impl Filling {
    /// A page of at most `limit` products that come after `position`.
    pub(crate) fn new(limit: Limit, position: Option<Sku>) -> Self {
        Self { limit: limit.get() as usize, products: Vec::new(), position }
    }

    /// Puts on the page what is wanted of `products`. True once the page is full and one more would belong on it.
    pub(crate) fn take(&mut self, products: Vec<Listed>, wanted: impl Fn(&Listed) -> bool) -> bool {
        for product in products {
            let is_wanted = wanted(&product);
            if is_wanted && self.products.len() == self.limit {
                return true;
            }
            self.position = Some(product.sku.clone());
            if is_wanted {
                self.products.push(product);
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kernel::Currency;
    use proptest::prelude::*;

    use super::*;

    /// Both lists of a catalog, as the index has them.
    type Shelves = BTreeMap<bool, BTreeMap<String, Listed>>;

    fn listed(number: u32, is_active: bool) -> Listed {
        let sku = number.to_string().parse().unwrap();
        let currency = Currency::from_code("RUB").unwrap();
        Listed { sku, name: format!("No {number}"), price: i64::from(number), currency, is_active }
    }

    fn shelves(products: &[Listed]) -> Shelves {
        let mut shelves = Shelves::new();
        for product in products {
            shelves.entry(product.is_active).or_default().insert(product.sku.listing_sort(), product.clone());
        }
        shelves
    }

    /// What a query for `count` items answers: DynamoDB says that there is more whenever it stopped at the count.
    fn stretch(shelves: &Shelves, is_active: bool, after: Option<&Sku>, count: usize) -> Stretch {
        let after = after.map(Sku::listing_sort);
        let follows = |sort: &String| after.as_ref().is_none_or(|after| sort > after);
        let products: Vec<Listed> = shelves
            .get(&is_active)
            .into_iter()
            .flatten()
            .filter(|(sort, _)| follows(sort))
            .take(count)
            .map(|(_, product)| product.clone())
            .collect();
        Stretch { more: products.len() == count, products }
    }

    fn page(shelves: &Shelves, after: Option<Sku>, limit: &str, count: usize) -> (Vec<Listed>, Option<Sku>) {
        let mut page = Filling::new(Limit::parse(Some(limit)).unwrap(), after);
        loop {
            let read = |is_active| stretch(shelves, is_active, page.position.as_ref(), count);
            let Stretch { products, more } = merge(vec![read(true), read(false)]);
            let full = page.take(products, |product| product.price % 3 != 0);
            if full || !more {
                return (page.products, full.then_some(page.position).flatten());
            }
        }
    }

    proptest! {
        #[test]
        fn leafing_through_shows_every_product_once_and_in_order(
            numbers in proptest::collection::btree_map(0_u32..200, any::<bool>(), 0..60),
            limit in 1_usize..8,
            count in 1_usize..8,
        ) {
            let all: Vec<Listed> = numbers.iter().map(|(&number, &active)| listed(number, active)).collect();
            let shelves = shelves(&all);
            let mut seen = Vec::new();
            let mut after = None;
            loop {
                let (products, next) = page(&shelves, after, &limit.to_string(), count);
                prop_assert!(products.len() <= limit);
                prop_assert!(next.is_none() || products.len() == limit);
                seen.extend(products);
                after = next;
                if after.is_none() {
                    break;
                }
            }
            let wanted: Vec<Listed> = all.into_iter().filter(|product| product.price % 3 != 0).collect();
            prop_assert_eq!(seen, wanted);
        }
    }
}
