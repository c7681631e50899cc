//! The numbers of products, in their order.

use catalog::Catalog;
use catalog::list::{Question, list};
use catalog::listing::View;
use catalog::position::Position;
use kernel::{Limit, Problem, Sku};

use crate::number::{Count, SkuNumber};

/// The most numbers in one response. A client that needs more continues after the last of them.
pub const MAX_LISTED_SKUS: usize = 1_000;

/// At most `count` numbers of products that can be bought, and at most [`MAX_LISTED_SKUS`], after `start` or from the first.
pub async fn skus(
    catalog: &Catalog,
    start: Option<SkuNumber>,
    count: Count,
) -> Result<Vec<SkuNumber>, Problem> {
    let wanted = usize::try_from(count.get()).unwrap_or(MAX_LISTED_SKUS).min(MAX_LISTED_SKUS);
    let mut found = Vec::new();
    let mut after = match start {
        Some(start) => Position::parse(start.sku()?.as_str(), None),
        None => None,
    };
    while found.len() < wanted {
        let limit = Limit::at_most(wanted - found.len());
        let question = Question { view: View::Active, search: None, limit, after };
        let page = list(catalog, question).await?;
        let ended = take(&mut found, page.products.iter().map(|product| &product.sku));
        after = page.next;
        if ended || after.is_none() {
            break;
        }
    }
    Ok(found)
}

/// Adds the numbers among `skus`, which are in the order of the catalog's lists: numbers by their value, then all else. True once no number can
/// follow. A number with leading zeros is another product than the one without, and not visible on this surface.
fn take<'a>(found: &mut Vec<SkuNumber>, skus: impl Iterator<Item = &'a Sku>) -> bool {
    for sku in skus {
        if let Some(number) = SkuNumber::of(sku) {
            found.push(number);
        } else if sku.as_str().parse::<u32>().is_err() {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(skus: &[&str]) -> (bool, String) {
        let skus: Vec<Sku> = skus.iter().map(|sku| sku.parse().unwrap()).collect();
        let mut found = Vec::new();
        let ended = take(&mut found, skus.iter());
        (ended, serde_json::to_string(&found).unwrap())
    }

    #[test]
    fn numbers_end_where_words_or_larger_ones_begin() {
        assert_eq!(taken(&["0", "007", "7", "4294967295"]), (false, "[0,7,4294967295]".to_owned()));
        assert_eq!(taken(&["7", "4294967296", "4294967297"]), (true, "[7]".to_owned()));
        assert_eq!(taken(&["7", "MUG-1"]), (true, "[7]".to_owned()));
        assert_eq!(taken(&[]), (false, "[]".to_owned()));
    }
}
