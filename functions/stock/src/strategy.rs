//! Choosing the warehouses that serve an order. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use crate::allocation::Demand;
use crate::warehouse::Warehouse;

/// Up to so many warehouses, the smallest set that serves a whole order is found by trying every set, which is 4,095 of them. Beyond it
/// the set is grown by whichever warehouse has the most of what is missing, and may be larger than it need be.
pub const MAX_EXACT_WAREHOUSES: usize = 12;

/// The strategy by which the warehouses of an order are chosen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Strategy {
    /// As few for the whole order as can serve it.
    #[default]
    FewestWarehouses,
    /// These first, in this order; then the others by name.
    InOrder(Vec<Warehouse>),
}

impl FromStr for Strategy {
    type Err = String;

    /// Reads `fewest-warehouses`, or `in-order:` and names with commas between them.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "fewest-warehouses" {
            return Ok(Self::FewestWarehouses);
        }
        let Some(names) = text.strip_prefix("in-order:") else {
            return Err(format!("{text:?} is neither fewest-warehouses nor in-order:<names>"));
        };
        let mut order = Vec::new();
        for name in names.split(',') {
            let warehouse = name.trim().parse().map_err(|rule| format!("{name:?} {rule}"))?;
            if order.contains(&warehouse) {
                return Err(format!("{name:?} stands in the order twice"));
            }
            order.push(warehouse);
        }
        Ok(Self::InOrder(order))
    }
}

/// The smallest set of warehouses that has all of `wants`; of several such sets the one that needs the fewest rows, and of those the first
/// by name. The warehouses together must have enough.
pub(crate) fn fewest(wants: &[Demand<'_>]) -> BTreeSet<Warehouse> {
    let table = Table::new(wants);
    let chosen =
        if table.warehouses.len() <= MAX_EXACT_WAREHOUSES { table.exact(wants) } else { table.greedy() };
    chosen.into_iter().map(|index| table.warehouses[index].clone()).collect()
}

/// The units that each warehouse has for each demand, at most the quantity requested.
struct Table<'a> {
    warehouses: Vec<&'a Warehouse>,
    /// By warehouse, then by demand.
    has: Vec<Vec<u64>>,
    wanted: Vec<u64>,
}

impl<'a> Table<'a> {
    fn new(wants: &'a [Demand<'a>]) -> Self {
        let names: BTreeSet<&Warehouse> =
            wants.iter().flat_map(|want| &want.stocked).map(|holding| &holding.place.warehouse).collect();
        let warehouses: Vec<&Warehouse> = names.into_iter().collect();
        let sums: Vec<BTreeMap<&Warehouse, u64>> = wants.iter().map(Demand::by_warehouse).collect();
        let has = warehouses
            .iter()
            .map(|warehouse| sums.iter().map(|sums| sums.get(warehouse).copied().unwrap_or(0)).collect())
            .collect();
        Self { warehouses, has, wanted: wants.iter().map(Demand::wanted).collect() }
    }

    /// Returns true when the warehouses `chosen` have everything.
    fn serves(&self, chosen: &[usize]) -> bool {
        let sum = |want: usize| chosen.iter().map(|&warehouse| self.has[warehouse][want]).sum::<u64>();
        self.wanted.iter().enumerate().all(|(want, &wanted)| sum(want) >= wanted)
    }

    fn exact(&self, wants: &[Demand<'_>]) -> Vec<usize> {
        let count = self.warehouses.len();
        let members = |bits: u32| (0..count).filter(|index| bits & (1 << index) != 0).collect::<Vec<usize>>();
        let rows = |set: &Vec<usize>| {
            let names: BTreeSet<&Warehouse> = set.iter().map(|&index| self.warehouses[index]).collect();
            wants.iter().map(|want| want.rows_within(&names)).sum::<usize>()
        };
        for size in 0..=u32::try_from(count).unwrap_or(u32::MAX) {
            let sets = (0_u32..1 << count).filter(|bits| bits.count_ones() == size).map(members);
            let mut fitting: Vec<Vec<usize>> = sets.filter(|set| self.serves(set)).collect();
            match fitting.len() {
                0 => {}
                1 => return fitting.swap_remove(0),
                _ => {
                    fitting.sort();
                    return fitting.into_iter().min_by_key(rows).unwrap_or_default();
                }
            }
        }
        Vec::new()
    }

    fn greedy(&self) -> Vec<usize> {
        let mut chosen: Vec<usize> = Vec::new();
        let mut missing = self.wanted.clone();
        while missing.iter().any(|&units| units > 0) {
            let helps = |index: &usize| {
                self.has[*index].iter().zip(&missing).map(|(&has, &units)| has.min(units)).sum::<u64>()
            };
            let others = (0..self.warehouses.len()).filter(|index| !chosen.contains(index));
            // The first of the best, so that the same stock gives the same set.
            let Some(best) = others.rev().max_by_key(helps) else { break };
            for (units, has) in missing.iter_mut().zip(&self.has[best]) {
                *units = units.saturating_sub(*has);
            }
            chosen.push(best);
        }
        // A warehouse that was chosen early may have become superfluous.
        for index in chosen.clone() {
            let rest: Vec<usize> = chosen.iter().copied().filter(|other| *other != index).collect();
            if self.serves(&rest) {
                chosen = rest;
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategy_is_read_or_refused_with_a_reason() {
        assert_eq!("fewest-warehouses".parse(), Ok(Strategy::FewestWarehouses));
        let order = ["msk-1", "spb-1"].map(|name| name.parse().unwrap());
        assert_eq!("in-order:msk-1, spb-1".parse(), Ok(Strategy::InOrder(order.to_vec())));
        for text in ["", "fewest", "in-order", "in-order:", "in-order:MSK", "in-order:a,,b", "in-order:a,a"] {
            assert!(text.parse::<Strategy>().is_err(), "{text}");
        }
    }
}
