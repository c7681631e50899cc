//! Choosing the rows from which an order is allocated. Pure: it plans, and the transaction's conditions hold it to the plan.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Quantity, Sku};
use serde::{Deserialize, Serialize};

use crate::refusal::SumTooLarge;
use crate::strategy::{self, Strategy};
use crate::warehouse::Warehouse;

/// The most rows one order may take from: two for each of 40 lines. With the order, its payment, journal rows, cart, idempotency record and the counters
/// of its promotions, that fits the 100 actions of one DynamoDB transaction.
pub const MAX_TAKES: usize = 80;

/// A SKU and the quantity requested of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub sku: Sku,
    pub quantity: Quantity,
}

/// A lane: a shard of one SKU's stock in one warehouse.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StockLocation {
    pub warehouse: Warehouse,
    /// The number of the shard. More lanes let more transactions on the SKU succeed at once.
    pub lane: u16,
}

/// The units of a SKU that are available at one location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockLevel {
    pub place: StockLocation,
    /// Units that may be sold.
    pub available: u64,
}

/// Units of a SKU allocated from one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    pub sku: Sku,
    pub place: StockLocation,
    pub quantity: Quantity,
}

/// The allocations of a set of lines: for each line exactly the quantity requested.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// No location of a SKU appears twice.
    pub takes: Vec<Allocation>,
}

/// A SKU with less available than was requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    pub sku: Sku,
    /// Units requested.
    pub wanted: u32,
    /// Units available.
    pub available: u64,
}

/// Adds up lines of the same SKU: a transaction refuses two actions on one item. The lines come back in SKU order.
pub fn merge(lines: &[Line]) -> Result<Vec<Line>, SumTooLarge> {
    let mut sums: BTreeMap<&Sku, Quantity> = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        let sum = match sums.get(&line.sku) {
            None => line.quantity,
            Some(sum) => {
                sum.plus(line.quantity).ok_or_else(|| SumTooLarge { index, sku: line.sku.clone() })?
            }
        };
        sums.insert(&line.sku, sum);
    }
    Ok(sums.into_iter().map(|(sku, quantity)| Line { sku: sku.clone(), quantity }).collect())
}

/// A line, and the locations that can fill it.
pub(crate) struct Demand<'a> {
    line: &'a Line,
    /// Locations with at least one unit available.
    pub(crate) stocked: Vec<&'a StockLevel>,
}

impl<'a> Demand<'a> {
    fn new(line: &'a Line, holdings: &'a BTreeMap<Sku, Vec<StockLevel>>) -> Self {
        let all = holdings.get(&line.sku).into_iter().flatten();
        Self { line, stocked: all.filter(|holding| holding.available > 0).collect() }
    }

    /// Units requested.
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

    /// The units that each warehouse has.
    pub(crate) fn by_warehouse(&self) -> BTreeMap<&'a Warehouse, u64> {
        let mut sums = BTreeMap::new();
        for holding in &self.stocked {
            *sums.entry(&holding.place.warehouse).or_insert(0) += holding.available;
        }
        sums
    }

    /// The number of rows of these warehouses that the line takes from.
    pub(crate) fn rows_within(&self, warehouses: &BTreeSet<&Warehouse>) -> usize {
        let within = |holding: &&&StockLevel| warehouses.contains(&holding.place.warehouse);
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

    /// The allocations from the warehouses of `order`, and then from the others by name.
    fn parts_in_order(&self, order: &[Warehouse]) -> Vec<(u32, Vec<&'a StockLevel>)> {
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

/// The allocations of every line, or all SKUs that are short: of each SKU exactly the quantity requested, from no location more than it
/// has, and no partial allocation when a SKU is short. No SKU may appear in `lines` twice; see [`merge`].
///
/// Warehouses are chosen by `strategy`. Of theirs as few rows are touched as possible, and where several would do, `rng` chooses: it
/// receives a number and returns one below it. So concurrent orders for a popular SKU spread over its lanes.
pub fn allocate(
    lines: &[Line],
    holdings: &BTreeMap<Sku, Vec<StockLevel>>,
    strategy: &Strategy,
    mut rng: impl FnMut(usize) -> usize,
) -> Result<Plan, Vec<Shortage>> {
    let wants: Vec<Demand<'_>> = lines.iter().map(|line| Demand::new(line, holdings)).collect();
    let shortages: Vec<Shortage> = wants.iter().filter_map(Demand::shortage).collect();
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
            plan.takes.extend(pick(&want.line.sku, units, holdings, &mut rng));
        }
    }
    Ok(plan)
}

/// Takes `units` from as few of `holdings` as possible: the largest ones whole, until any one of some others has the rest; of those,
/// one by `rng`. Together they must have enough.
fn pick(
    sku: &Sku,
    units: u32,
    mut holdings: Vec<&StockLevel>,
    rng: &mut impl FnMut(usize) -> usize,
) -> Vec<Allocation> {
    // The smallest first. Ties are broken by location, so that a plan depends on the stock and the rng alone.
    holdings.sort_by(|a, b| (a.available, &a.place).cmp(&(b.available, &b.place)));
    let mut missing = units;
    let mut takes = Vec::new();
    while missing > 0 {
        let enough = holdings.partition_point(|holding| holding.available < u64::from(missing));
        let with_enough = &holdings[enough..];
        let one = match with_enough.len() {
            0 => holdings.pop(),
            count => with_enough.get(rng(count)).or(with_enough.first()).copied(),
        };
        let Some(holding) = one else { break };
        let here = u32::try_from(holding.available).unwrap_or(u32::MAX).min(missing);
        let Some(quantity) = Quantity::new(here) else { break };
        takes.push(Allocation { sku: sku.clone(), place: holding.place.clone(), quantity });
        missing -= here;
    }
    takes
}

#[cfg(test)]
#[path = "allocation_tests.rs"]
mod tests;
