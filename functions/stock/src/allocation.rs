//! Which rows an order takes its goods from. Pure: it plans, and the transaction's conditions hold it to the plan.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Problem, Quantity, Sku};
use serde::{Deserialize, Serialize};

use crate::strategy::{self, Strategy};
use crate::warehouse::Warehouse;

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
    pub warehouse: Warehouse,
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

/// A line, and what there is of it.
pub(crate) struct Want<'a> {
    line: &'a Line,
    /// The places that have any.
    pub(crate) stocked: Vec<&'a Holding>,
}

impl<'a> Want<'a> {
    fn new(line: &'a Line, holdings: &'a BTreeMap<Sku, Vec<Holding>>) -> Self {
        let all = holdings.get(&line.sku).into_iter().flatten();
        Self { line, stocked: all.filter(|holding| holding.available > 0).collect() }
    }

    /// Units wanted.
    pub(crate) fn wanted(&self) -> u64 {
        u64::from(self.line.quantity.get())
    }

    fn shortage(&self) -> Option<Shortage> {
        let available = self.stocked.iter().map(|holding| holding.available).sum();
        (available < self.wanted()).then(|| Shortage {
            sku: self.line.sku.clone(),
            wanted: self.line.quantity.get(),
            available,
        })
    }

    /// What each warehouse has.
    pub(crate) fn by_warehouse(&self) -> BTreeMap<&'a Warehouse, u64> {
        let mut sums = BTreeMap::new();
        for holding in &self.stocked {
            *sums.entry(&holding.place.warehouse).or_insert(0) += holding.available;
        }
        sums
    }

    /// How many rows of these warehouses the line takes from.
    pub(crate) fn rows_within(&self, warehouses: &BTreeSet<&Warehouse>) -> usize {
        let within = |holding: &&&Holding| warehouses.contains(&holding.place.warehouse);
        let mut amounts: Vec<u64> =
            self.stocked.iter().filter(within).map(|holding| holding.available).collect();
        amounts.sort_unstable_by(|a, b| b.cmp(a));
        let mut sum = 0;
        let short = |amount: &u64| {
            let before = sum;
            sum += amount;
            before < self.wanted()
        };
        amounts.into_iter().take_while(short).count()
    }

    /// The parts that the warehouses of `order`, and then the others by name, have to give.
    fn parts_in_order(&self, order: &[Warehouse]) -> Vec<(u32, Vec<&'a Holding>)> {
        let rank = |warehouse: &Warehouse| order.iter().position(|named| named == warehouse);
        let mut sums: Vec<(&Warehouse, u64)> = self.by_warehouse().into_iter().collect();
        sums.sort_by_key(|(warehouse, _)| (rank(warehouse).unwrap_or(usize::MAX), *warehouse));
        let mut missing = self.line.quantity.get();
        let mut parts = Vec::new();
        for (warehouse, sum) in sums {
            let part = missing.min(u32::try_from(sum).unwrap_or(u32::MAX));
            let here = self.stocked.iter().filter(|holding| holding.place.warehouse == *warehouse);
            parts.push((part, here.copied().collect()));
            missing -= part;
        }
        parts
    }
}

/// Where every line can be taken from, or all that are short: of each SKU exactly what is asked, of no place more than it has, and of
/// nothing a part when something is short. No SKU may stand in `lines` twice; see [`merge`].
///
/// Warehouses are chosen by `strategy`. Of theirs as few rows are touched as possible, and where several would do, `dice` chooses: it is
/// given a number and answers one below it. So buyers of what everyone wants spread over its lanes.
pub fn allocate(
    lines: &[Line],
    holdings: &BTreeMap<Sku, Vec<Holding>>,
    strategy: &Strategy,
    mut dice: impl FnMut(usize) -> usize,
) -> Result<Plan, Vec<Shortage>> {
    let wants: Vec<Want<'_>> = lines.iter().map(|line| Want::new(line, holdings)).collect();
    let shortages: Vec<Shortage> = wants.iter().filter_map(Want::shortage).collect();
    if !shortages.is_empty() {
        return Err(shortages);
    }
    let chosen = match strategy {
        Strategy::FewestWarehouses => strategy::fewest(&wants),
        Strategy::InOrder(_) => BTreeSet::new(),
    };
    let mut plan = Plan::default();
    for want in &wants {
        let parts = match strategy {
            Strategy::FewestWarehouses => {
                let within = want.stocked.iter().filter(|holding| chosen.contains(&holding.place.warehouse));
                vec![(want.line.quantity.get(), within.copied().collect())]
            }
            Strategy::InOrder(order) => want.parts_in_order(order),
        };
        for (units, holdings) in parts {
            plan.takes.extend(pick(&want.line.sku, units, holdings, &mut dice));
        }
    }
    Ok(plan)
}

/// Takes `units` from as few of `holdings` as possible: the largest ones whole, until any one of some others has the rest; of those,
/// one by `dice`. Together they have to have enough.
fn pick(
    sku: &Sku,
    units: u32,
    mut holdings: Vec<&Holding>,
    dice: &mut impl FnMut(usize) -> usize,
) -> Vec<Take> {
    // The smallest first. Ties are broken by place, so that a plan depends on the stock and the dice alone.
    holdings.sort_by(|a, b| (a.available, &a.place).cmp(&(b.available, &b.place)));
    let mut missing = units;
    let mut takes = Vec::new();
    while missing > 0 {
        let enough = holdings.partition_point(|holding| holding.available < u64::from(missing));
        let with_enough = &holdings[enough..];
        let one = match with_enough.len() {
            0 => holdings.pop(),
            count => with_enough.get(dice(count)).or(with_enough.first()).copied(),
        };
        let Some(holding) = one else { break };
        let here = u32::try_from(holding.available).unwrap_or(u32::MAX).min(missing);
        let Some(quantity) = Quantity::new(here) else { break };
        takes.push(Take { sku: sku.clone(), place: holding.place.clone(), quantity });
        missing -= here;
    }
    takes
}

#[cfg(test)]
#[path = "allocation_tests.rs"]
mod tests;
