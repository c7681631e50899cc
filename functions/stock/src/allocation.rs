//! Which rows an order takes its goods from. Pure: it plans, and the transaction's conditions hold it to the plan.

use std::collections::BTreeMap;

use kernel::{Problem, Quantity, Sku};
use serde::{Deserialize, Serialize};

/// The most rows one order may take from. With the order, its payment, journal rows, cart and idempotency record, that fits
/// the 100 actions of one DynamoDB transaction.
pub const MAX_TAKES: usize = 88;

/// Something wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What.
    pub sku: Sku,
    /// How many.
    pub quantity: Quantity,
}

/// A slice of one SKU's stock in one warehouse.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The warehouse.
    pub warehouse: String,
    /// The slice of the SKU's stock there; more slices let more transactions through at once.
    pub lane: u16,
}

/// What a place has of a SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Where.
    pub place: Place,
    /// Units that may be sold.
    pub available: u64,
}

/// Units taken from one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Take {
    /// Of what.
    pub sku: Sku,
    /// From where.
    pub place: Place,
    /// How many.
    pub quantity: Quantity,
}

/// From where each line is taken; for each line exactly what was asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The takes; no place of a SKU stands in it twice.
    pub takes: Vec<Take>,
}

/// A SKU of which there is not enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortage {
    /// What is short.
    pub sku: Sku,
    /// How many were asked for.
    pub wanted: u32,
    /// How many there are.
    pub available: u64,
}

impl Shortage {
    /// The problem a caller is told: 409 `insufficient_stock` with the SKU, the wanted and the available number.
    pub fn problem(&self) -> Problem {
        let detail = format!("Of {} there are {} and {} are wanted.", self.sku, self.available, self.wanted);
        Problem::conflict("insufficient_stock", detail)
            .with("sku", self.sku.as_str())
            .with("wanted", self.wanted)
            .with("available", self.available)
    }
}

/// Adds up lines of the same SKU: a transaction refuses two actions on one item. The lines come back in SKU order.
pub fn merge(lines: &[Line]) -> Result<Vec<Line>, Problem> {
    let mut sums: BTreeMap<&Sku, Quantity> = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        let sum = match sums.get(&line.sku) {
            None => line.quantity,
            Some(sum) => sum.plus(line.quantity).ok_or_else(|| {
                let detail =
                    format!("adds up to more than {} of {}", kernel::quantity::MAX_QUANTITY, line.sku);
                Problem::invalid(&format!("/items/{index}/quantity"), detail)
            })?,
        };
        sums.insert(&line.sku, sum);
    }
    Ok(sums.into_iter().map(|(sku, quantity)| Line { sku: sku.clone(), quantity }).collect())
}

/// Takes `line` from as few places as possible; the smallest place that has enough, or else the largest ones first.
pub fn allocate(line: &Line, holdings: &[Holding]) -> Result<Vec<Take>, Shortage> {
    let wanted = u64::from(line.quantity.get());
    let mut stocked: Vec<&Holding> = holdings.iter().filter(|holding| holding.available > 0).collect();
    // Ties are broken by place, so that the same stock always gives the same plan.
    stocked.sort_by(|a, b| b.available.cmp(&a.available).then_with(|| a.place.cmp(&b.place)));
    if let Some(one) = stocked.iter().rev().find(|holding| holding.available >= wanted) {
        return Ok(vec![Take { sku: line.sku.clone(), place: one.place.clone(), quantity: line.quantity }]);
    }
    let mut missing = line.quantity.get();
    let mut takes = Vec::new();
    for holding in stocked {
        let here = u32::try_from(holding.available).unwrap_or(u32::MAX).min(missing);
        if let Some(quantity) = Quantity::new(here) {
            takes.push(Take { sku: line.sku.clone(), place: holding.place.clone(), quantity });
            missing -= here;
        }
        if missing == 0 {
            return Ok(takes);
        }
    }
    let available = wanted - u64::from(missing);
    Err(Shortage { sku: line.sku.clone(), wanted: line.quantity.get(), available })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holdings(amounts: &[u64]) -> Vec<Holding> {
        let place = |lane| Place { warehouse: "msk-1".to_owned(), lane };
        let lanes = 0_u16..;
        lanes.zip(amounts).map(|(lane, &available)| Holding { place: place(lane), available }).collect()
    }

    fn line(quantity: u32) -> Line {
        Line { sku: "A-1".parse().unwrap(), quantity: Quantity::new(quantity).unwrap() }
    }

    /// The least number of places that together have enough.
    fn fewest(amounts: &[u64], wanted: u64) -> usize {
        let mut sorted = amounts.to_vec();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        let mut sum = 0;
        1 + sorted
            .iter()
            .take_while(|&&amount| {
                sum += amount;
                sum < wanted
            })
            .count()
    }

    proptest! {
        #[test]
        fn all_or_nothing_never_more_than_there_is(
            amounts in proptest::collection::vec(0_u64..50, 0..12),
            wanted in 1_u32..300,
        ) {
            let total: u64 = amounts.iter().sum();
            match allocate(&line(wanted), &holdings(&amounts)) {
                Ok(takes) => {
                    prop_assert!(total >= u64::from(wanted));
                    prop_assert_eq!(takes.iter().map(|take| take.quantity.get()).sum::<u32>(), wanted);
                    prop_assert_eq!(takes.len(), fewest(&amounts, u64::from(wanted)));
                    let mut lanes: Vec<_> = takes.iter().map(|take| take.place.lane).collect();
                    for take in &takes {
                        prop_assert!(u64::from(take.quantity.get()) <= amounts[usize::from(take.place.lane)]);
                    }
                    lanes.sort_unstable();
                    lanes.dedup();
                    prop_assert_eq!(lanes.len(), takes.len(), "no place twice");
                }
                Err(shortage) => {
                    prop_assert!(total < u64::from(wanted));
                    prop_assert_eq!(shortage.available, total);
                }
            }
        }

        #[test]
        fn merging_keeps_every_unit(counts in proptest::collection::vec((0_usize..4, 1_u32..100), 1..40)) {
            let lines: Vec<Line> = counts
                .iter()
                .map(|(sku, count)| Line { sku: format!("S{sku}").parse().unwrap(), quantity: Quantity::new(*count).unwrap() })
                .collect();
            let merged = merge(&lines).unwrap();
            let sum = |lines: &[Line]| lines.iter().map(|line| line.quantity.get()).sum::<u32>();
            prop_assert_eq!(sum(&merged), sum(&lines));
            prop_assert!(merged.windows(2).all(|pair| pair[0].sku < pair[1].sku));
        }
    }

    #[test]
    fn the_smallest_place_that_has_enough_is_taken() {
        let takes = allocate(&line(5), &holdings(&[100, 6, 4])).unwrap();
        assert_eq!(takes.len(), 1);
        assert_eq!(takes[0].place.lane, 1);
    }

    #[test]
    fn a_sum_beyond_the_limit_names_the_line() {
        let problem = merge(&[line(65_535), line(1)]).unwrap_err();
        assert_eq!(problem.errors[0].pointer, "/items/1/quantity");
    }
}
