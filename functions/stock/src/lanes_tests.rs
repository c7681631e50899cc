use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn apply(available: &[u64], changes: &[i64]) -> Vec<u64> {
    let before = available.iter().copied().chain(std::iter::repeat(0));
    changes.iter().zip(before).map(|(change, before)| before.checked_add_signed(*change).unwrap()).collect()
}

fn lanes(count: u16) -> Lanes {
    Lanes::new(count).unwrap()
}

fn gap(lanes: &[u64]) -> u64 {
    lanes.iter().max().unwrap() - lanes.iter().min().unwrap()
}

/// A row as the table holds it.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    available: u64,
    reserved: u64,
}

/// An event while a warehouse's lanes are changed.
#[derive(Debug, Clone)]
enum Step {
    /// Someone reserves so many of one lane.
    Reserve(usize, u64),
    /// One of the reservations, by its number, is paid for.
    Confirm(usize),
    /// One of the reservations, by its number, is given back.
    Release(usize),
    /// The change of lanes reads the current stock and plans.
    Plan,
    /// The change of lanes makes its next move.
    Move,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_usize..8, 1_u64..9).prop_map(|(lane, units)| Step::Reserve(lane, units)),
        1 => any::<usize>().prop_map(Step::Confirm),
        2 => any::<usize>().prop_map(Step::Release),
        1 => Just(Step::Plan),
        4 => Just(Step::Move),
    ]
}

/// The table's rows of one warehouse with the conditions of its transactions, and all concurrent writes.
#[derive(Debug, Default)]
struct Model {
    rows: Vec<Row>,
    /// The units of each reservation, with the lane they came from.
    reservations: Vec<(usize, u64)>,
    sold: u64,
    planned: std::collections::VecDeque<Move>,
}

impl Model {
    fn available(&self) -> Vec<u64> {
        self.rows.iter().map(|row| row.available).collect()
    }

    /// Available and reserved.
    fn units(&self) -> u64 {
        self.rows.iter().map(|row| row.available + row.reserved).sum()
    }

    fn plan(&mut self, lanes: Lanes) {
        self.planned = moves(&self.available(), lanes).into();
    }

    /// The next move is made under its condition; when that fails, everything is planned again.
    fn make_a_move(&mut self, lanes: Lanes) {
        let Some(next) = self.planned.pop_front() else { return };
        let from = &mut self.rows[usize::from(next.from)];
        if from.available < next.units() {
            return self.plan(lanes);
        }
        from.available -= next.units();
        for (lane, units) in next.to {
            self.rows[usize::from(lane)].available += units;
        }
    }

    fn take(&mut self, step: &Step, lanes: Lanes) {
        match *step {
            Step::Reserve(lane, units) => {
                let lane = lane % self.rows.len();
                let row = &mut self.rows[lane];
                if row.available >= units {
                    row.available -= units;
                    row.reserved += units;
                    self.reservations.push((lane, units));
                }
            }
            Step::Confirm(number) if !self.reservations.is_empty() => {
                let (lane, units) = self.reservations.swap_remove(number % self.reservations.len());
                self.rows[lane].reserved -= units;
                self.sold += units;
            }
            Step::Release(number) if !self.reservations.is_empty() => {
                let (lane, units) = self.reservations.swap_remove(number % self.reservations.len());
                self.rows[lane].reserved -= units;
                self.rows[lane].available += units;
            }
            Step::Confirm(_) | Step::Release(_) => {}
            Step::Plan => self.plan(lanes),
            Step::Move => self.make_a_move(lanes),
        }
    }
}

proptest! {
    #[test]
    fn relaning_neither_loses_nor_invents_a_unit_whatever_is_sold_meanwhile(
        amounts in vec(0_u64..40, 1..8),
        changes in vec(((1_u16..9).prop_map(lanes), vec(step(), 0..40)), 1..5),
    ) {
        let rows = amounts.iter().map(|&available| Row { available, reserved: 0 }).collect();
        let mut model = Model { rows, ..Model::default() };
        model.rows.resize(8, Row::default());
        let all = model.units();
        let mut last = Lanes::ONE;
        for (lanes, steps) in changes {
            // Moves that an earlier change had planned may still be made after this one began.
            for step in steps {
                model.take(&step, lanes);
                prop_assert_eq!(model.units() + model.sold, all);
                let reserved: u64 = model.reservations.iter().map(|(_, units)| units).sum();
                prop_assert_eq!(model.rows.iter().map(|row| row.reserved).sum::<u64>(), reserved);
            }
            last = lanes;
        }
        // Without concurrent writes, the last change of lanes completes.
        model.plan(last);
        while !model.planned.is_empty() {
            model.make_a_move(last);
        }
        let (used, given_up) = model.rows.split_at(usize::from(last.get()));
        let used: Vec<u64> = used.iter().map(|row| row.available).collect();
        prop_assert!(gap(&used) <= 1, "{used:?}");
        prop_assert!(given_up.iter().all(|row| row.available == 0));
        prop_assert!(moves(&model.available(), last).is_empty());
        prop_assert_eq!(model.units() + model.sold, all);
    }

    #[test]
    fn a_move_takes_what_its_lane_has_and_gives_to_others(available in vec(0_u64..100, 0..10), lanes in (1..=MAX_LANES).prop_map(lanes)) {
        let mut givers = Vec::new();
        let mut takers = Vec::new();
        for Move { from, to } in moves(&available, lanes) {
            let units: u64 = to.iter().map(|(_, units)| units).sum();
            prop_assert!(units <= available[usize::from(from)]);
            prop_assert!(to.iter().all(|(lane, units)| *lane < lanes.get() && *units > 0));
            givers.push(from);
            takers.extend(to.into_iter().map(|(lane, _)| lane));
        }
        prop_assert!(givers.iter().all(|lane| !takers.contains(lane)), "no lane both gives and takes");
        prop_assert!(givers.windows(2).all(|pair| pair[0] < pair[1]), "each lane gives once");
    }

    #[test]
    fn spreading_keeps_the_sum_and_is_even(units in 0_u64..1_000_000_001, lanes in (1..=MAX_LANES).prop_map(lanes)) {
        let lanes_of = spread(units, lanes);
        prop_assert_eq!(lanes_of.len(), usize::from(lanes.get()));
        prop_assert_eq!(lanes_of.iter().sum::<u64>(), units);
        prop_assert!(gap(&lanes_of) <= 1);
    }

    #[test]
    fn an_adjustment_changes_the_sum_by_just_that(available in vec(0_u64..60, 0..10), lanes in (1_u16..12).prop_map(lanes), delta in -400_i64..400) {
        let sum: u64 = available.iter().sum();
        match adjust(&available, lanes, delta) {
            None => prop_assert!(sum.checked_add_signed(delta).is_none()),
            Some(changes) => {
                let after = apply(&available, &changes);
                prop_assert_eq!(Some(after.iter().sum::<u64>()), sum.checked_add_signed(delta));
                prop_assert!(after.iter().skip(usize::from(lanes.get())).all(|&units| units == 0), "given-up lanes are emptied");
                let used = changes.iter().take(usize::from(lanes.get()));
                if delta >= 0 {
                    prop_assert!(used.clone().all(|&change| change >= 0), "nobody loses what others gain");
                }
            }
        }
    }

    #[test]
    fn taking_away_touches_as_few_lanes_as_possible(available in vec(0_u64..60, 1..10), fewer in 1_i64..400) {
        let lanes = lanes(u16::try_from(available.len()).unwrap());
        let Some(changes) = adjust(&available, lanes, -fewer) else { return Ok(()) };
        let mut sorted = available.clone();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        let least = (0..=sorted.len()).find(|&count| sorted[..count].iter().sum::<u64>() >= fewer.unsigned_abs()).unwrap();
        prop_assert_eq!(changes.iter().filter(|change| **change != 0).count(), least);
    }

    #[test]
    fn what_is_added_goes_where_least_is(available in vec(0_u64..60, 1..10), more in 1_i64..400) {
        let lanes = lanes(u16::try_from(available.len()).unwrap());
        let changes = adjust(&available, lanes, more).unwrap();
        let after = apply(&available, &changes);
        let raised: Vec<u64> = after.iter().zip(&changes).filter(|(_, change)| **change > 0).map(|(units, _)| *units).collect();
        let lowest = *after.iter().min().unwrap();
        prop_assert!(raised.iter().all(|&units| units <= lowest + 1), "{after:?}");
    }
}

#[test]
fn one_lane_becomes_four_and_one_again() {
    assert_eq!(moves(&[10], lanes(4)), [Move { from: 0, to: vec![(1, 3), (2, 2), (3, 2)] }]);
    let back = moves(&[3, 3, 2, 2], Lanes::ONE);
    assert_eq!(
        back,
        [1, 2, 3].map(|lane| Move { from: lane, to: vec![(0, [0, 3, 2, 2][usize::from(lane)])] })
    );
    assert!(moves(&[2, 3, 2, 3], lanes(4)).is_empty());
}
