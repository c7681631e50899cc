use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::Strategy as Generator;

use super::*;
use crate::strategy::{MAX_EXACT_WAREHOUSES, Strategy};

/// The stock of each SKU: by warehouse, the units of each lane.
type Amounts = Vec<Vec<Vec<u64>>>;

fn warehouse(number: usize) -> Warehouse {
    // Names in the order of their numbers.
    format!("w{number:02}").parse().unwrap()
}

fn sku(number: usize) -> Sku {
    format!("S{number}").parse().unwrap()
}

fn place(warehouse_number: usize, lane: u16) -> StockLocation {
    StockLocation { warehouse: warehouse(warehouse_number), lane }
}

fn line(number: usize, quantity: u32) -> Line {
    Line { sku: sku(number), quantity: Quantity::new(quantity).unwrap() }
}

fn holdings(amounts: &Amounts) -> BTreeMap<Sku, Vec<StockLevel>> {
    let of = |lanes: &Vec<Vec<u64>>| {
        let rows = lanes.iter().enumerate().flat_map(|(number, lanes)| {
            let lanes = (0_u16..).zip(lanes);
            lanes.map(move |(lane, &available)| StockLevel { place: place(number, lane), available })
        });
        rows.collect()
    };
    amounts.iter().enumerate().map(|(number, lanes)| (sku(number), of(lanes))).collect()
}

fn lines(wanted: &[u32]) -> Vec<Line> {
    wanted.iter().enumerate().map(|(number, &quantity)| line(number, quantity)).collect()
}

/// A random number generator that returns `throws`, over and over.
fn dice(throws: &[usize]) -> impl FnMut(usize) -> usize + '_ {
    let mut throws = throws.iter().copied().cycle();
    move |count| throws.next().unwrap_or(0) % count
}

/// The units that a warehouse has of a SKU.
fn sum(amounts: &Amounts, number: usize, warehouse: usize) -> u64 {
    amounts[number][warehouse].iter().sum()
}

/// The least number of `amounts` that together are at least `wanted`.
fn fewest_rows(mut amounts: Vec<u64>, wanted: u64) -> usize {
    amounts.sort_unstable_by(|a, b| b.cmp(a));
    (0..=amounts.len()).find(|&count| amounts[..count].iter().sum::<u64>() >= wanted).unwrap()
}

/// The least number of warehouses that together have everything, found by trying all sets.
fn fewest_warehouses(amounts: &Amounts, wanted: &[u32], warehouses: usize) -> Option<u32> {
    let serves = |set: &u32| {
        wanted.iter().enumerate().all(|(number, &wanted)| {
            let inside = (0..warehouses).filter(|index| set & (1 << index) != 0);
            inside.map(|index| sum(amounts, number, index)).sum::<u64>() >= u64::from(wanted)
        })
    };
    (0_u32..1 << warehouses).filter(serves).map(u32::count_ones).min()
}

/// Orders of up to four SKUs over some warehouses with a few lanes each.
fn orders(warehouses: std::ops::Range<usize>) -> impl Generator<Value = (Amounts, Vec<u32>, Vec<usize>)> {
    warehouses.prop_flat_map(|count| {
        let lanes = prop_oneof![3 => vec(0_u64..30, 0..5), 1 => vec(0_u64..3, 0..9)];
        let order = vec((vec(lanes, count), 1_u32..70), 1..5);
        (order, vec(any::<usize>(), 1..8)).prop_map(|(order, throws)| {
            let (amounts, wanted) = order.into_iter().unzip();
            (amounts, wanted, throws)
        })
    })
}

fn strategies(warehouses: usize) -> [Strategy; 3] {
    let order = (0..warehouses).rev().step_by(2).map(warehouse).collect();
    [Strategy::FewestWarehouses, Strategy::InOrder(order), Strategy::InOrder(vec![warehouse(99)])]
}

/// The units that a plan takes, by SKU and location.
fn taken(plan: &Plan) -> BTreeMap<(Sku, StockLocation), u64> {
    let mut taken = BTreeMap::new();
    for take in &plan.takes {
        let before = taken.insert((take.sku.clone(), take.place.clone()), u64::from(take.quantity.get()));
        assert_eq!(before, None, "a place stands in the plan twice");
    }
    taken
}

/// All or nothing; never more than is available; never more or less than was requested.
fn check_sums(
    amounts: &Amounts,
    wanted: &[u32],
    outcome: &Result<Plan, Vec<Shortage>>,
) -> Result<(), TestCaseError> {
    let there = |number: usize| amounts[number].iter().flatten().sum::<u64>();
    let short: Vec<usize> =
        (0..wanted.len()).filter(|&number| there(number) < u64::from(wanted[number])).collect();
    match outcome {
        Err(shortages) => {
            let said: Vec<Shortage> = short
                .iter()
                .map(|&number| Shortage {
                    sku: sku(number),
                    wanted: wanted[number],
                    available: there(number),
                })
                .collect();
            prop_assert!(!short.is_empty());
            prop_assert_eq!(shortages, &said);
        }
        Ok(plan) => {
            prop_assert!(short.is_empty());
            let taken = taken(plan);
            for (number, &wanted) in wanted.iter().enumerate() {
                let of = |taken: &(&(Sku, StockLocation), &u64)| taken.0.0 == sku(number);
                prop_assert_eq!(
                    taken.iter().filter(of).map(|(_, units)| units).sum::<u64>(),
                    u64::from(wanted)
                );
                for (index, lanes) in amounts[number].iter().enumerate() {
                    for (lane, &available) in (0..).zip(lanes) {
                        let units = taken.get(&(sku(number), place(index, lane))).copied().unwrap_or(0);
                        prop_assert!(units <= available);
                    }
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn all_or_nothing_never_more_than_there_is((amounts, wanted, throws) in orders(1..15)) {
        let warehouses = amounts[0].len();
        for strategy in strategies(warehouses) {
            let plan = allocate(&lines(&wanted), &holdings(&amounts), &strategy, dice(&throws));
            check_sums(&amounts, &wanted, &plan)?;
        }
    }

    #[test]
    fn the_fewest_warehouses_serve_the_whole_order((amounts, wanted, throws) in orders(1..7)) {
        let warehouses = amounts[0].len();
        let plan = allocate(&lines(&wanted), &holdings(&amounts), &Strategy::FewestWarehouses, dice(&throws));
        let Ok(plan) = plan else { return Ok(()) };
        let used: BTreeSet<&Warehouse> = plan.takes.iter().map(|take| &take.place.warehouse).collect();
        let fewest = fewest_warehouses(&amounts, &wanted, warehouses).unwrap();
        prop_assert_eq!(u32::try_from(used.len()).unwrap(), fewest);
    }

    #[test]
    fn of_one_warehouse_as_few_rows_are_touched_as_possible(lanes in vec(0_u64..50, 0..12), wanted in 1_u32..300, throws in vec(any::<usize>(), 1..8)) {
        let amounts = vec![vec![lanes.clone()]];
        for strategy in strategies(1) {
            if let Ok(plan) = allocate(&[line(0, wanted)], &holdings(&amounts), &strategy, dice(&throws)) {
                prop_assert_eq!(plan.takes.len(), fewest_rows(lanes.clone(), u64::from(wanted)));
            }
        }
    }

    #[test]
    fn of_the_chosen_warehouses_as_few_rows_are_touched_as_possible((amounts, wanted, throws) in orders(1..7)) {
        let plan = allocate(&lines(&wanted), &holdings(&amounts), &Strategy::FewestWarehouses, dice(&throws));
        let Ok(plan) = plan else { return Ok(()) };
        let used: BTreeSet<&Warehouse> = plan.takes.iter().map(|take| &take.place.warehouse).collect();
        for (number, &wanted) in wanted.iter().enumerate() {
            let within = amounts[number].iter().enumerate().filter(|(index, _)| used.contains(&warehouse(*index)));
            let within: Vec<u64> = within.flat_map(|(_, lanes)| lanes.clone()).collect();
            let rows = plan.takes.iter().filter(|take| take.sku == sku(number)).count();
            prop_assert_eq!(rows, fewest_rows(within, u64::from(wanted)));
        }
    }

    #[test]
    fn a_warehouse_gives_only_what_those_before_it_did_not_have((amounts, wanted, throws) in orders(1..7), order in Just((0..7_usize).collect::<Vec<_>>()).prop_shuffle(), named in 0..7_usize) {
        let warehouses = amounts[0].len();
        let named: Vec<usize> = order.into_iter().take(named).collect();
        let strategy = Strategy::InOrder(named.iter().copied().map(warehouse).collect());
        let plan = allocate(&lines(&wanted), &holdings(&amounts), &strategy, dice(&throws));
        let Ok(plan) = plan else { return Ok(()) };
        let mut ranked: Vec<usize> = named.iter().copied().filter(|index| *index < warehouses).collect();
        ranked.extend((0..warehouses).filter(|index| !named.contains(index)));
        for (number, &wanted) in wanted.iter().enumerate() {
            let mut missing = u64::from(wanted);
            for &index in &ranked {
                let here = sum(&amounts, number, index).min(missing);
                let given = plan.takes.iter().filter(|take| take.sku == sku(number) && take.place.warehouse == warehouse(index));
                let given: Vec<u64> = given.map(|take| u64::from(take.quantity.get())).collect();
                prop_assert_eq!(given.iter().sum::<u64>(), here);
                prop_assert_eq!(given.len(), fewest_rows(amounts[number][index].clone(), here));
                missing -= here;
            }
        }
    }

    #[test]
    fn beyond_the_exact_search_no_warehouse_is_superfluous((amounts, wanted, throws) in orders(MAX_EXACT_WAREHOUSES + 1..MAX_EXACT_WAREHOUSES + 4)) {
        let plan = allocate(&lines(&wanted), &holdings(&amounts), &Strategy::FewestWarehouses, dice(&throws));
        let Ok(plan) = plan else { return Ok(()) };
        let used: BTreeSet<Warehouse> = plan.takes.iter().map(|take| take.place.warehouse.clone()).collect();
        for spare in &used {
            let enough = wanted.iter().enumerate().all(|(number, &wanted)| {
                let rest = (0..amounts[number].len()).filter(|&index| used.contains(&warehouse(index)) && warehouse(index) != *spare);
                rest.map(|index| sum(&amounts, number, index)).sum::<u64>() >= u64::from(wanted)
            });
            prop_assert!(!enough, "{spare} could be left out");
        }
    }

    #[test]
    fn merging_keeps_every_unit(counts in vec((0_usize..4, 1_u32..100), 1..40)) {
        let lines: Vec<Line> = counts.iter().map(|&(number, count)| line(number, count)).collect();
        let merged = merge(&lines).unwrap();
        let of = |lines: &[Line], number: usize| {
            let lines = lines.iter().filter(|line| line.sku == sku(number));
            lines.map(|line| line.quantity.get()).sum::<u32>()
        };
        for number in 0..4 {
            prop_assert_eq!(of(&merged, number), of(&lines, number));
        }
        prop_assert!(merged.windows(2).all(|pair| pair[0].sku < pair[1].sku));
    }

    #[test]
    fn lines_of_one_sku_are_one(parts in vec(1_u32..10, 1..6), lanes in vec(0_u64..12, 0..8), throws in vec(any::<usize>(), 1..4)) {
        let amounts = vec![vec![lanes]];
        let apart: Vec<Line> = parts.iter().map(|&units| line(0, units)).collect();
        let merged = merge(&apart).unwrap();
        let plan = allocate(&merged, &holdings(&amounts), &Strategy::default(), dice(&throws));
        check_sums(&amounts, &[parts.iter().sum()], &plan)?;
    }
}

#[test]
fn buyers_spread_over_the_lanes_that_have_enough() {
    let amounts = vec![vec![vec![9, 2, 5, 7]]];
    let lane = |throw: usize| {
        let plan =
            allocate(&[line(0, 5)], &holdings(&amounts), &Strategy::default(), dice(&[throw])).unwrap();
        assert_eq!(plan.takes.len(), 1);
        plan.takes[0].place.lane
    };
    let lanes: BTreeSet<u16> = (0..3).map(lane).collect();
    assert_eq!(lanes, BTreeSet::from([0, 2, 3]));
}

#[test]
fn one_warehouse_for_everything_is_better_than_the_best_for_each() {
    // The second has more of each SKU, but only the third has both.
    let amounts = vec![vec![vec![9], vec![0], vec![5]], vec![vec![0], vec![9], vec![5]]];
    let plan = allocate(&lines(&[5, 5]), &holdings(&amounts), &Strategy::default(), |_| 0).unwrap();
    assert!(plan.takes.iter().all(|take| take.place.warehouse == warehouse(2)), "{plan:?}");
}

#[test]
fn a_sum_beyond_the_limit_names_the_line() {
    let second = line(0, 1);
    let refused = merge(&[line(0, 65_535), second.clone()]).unwrap_err();
    assert_eq!(refused, SumTooLarge { index: 1, sku: second.sku });
}
