//! Reads of rows under concurrent writes.

use std::cell::{Cell, RefCell};

use kernel::Kind;
use proptest::prelude::*;

use super::*;

/// A write to a SKU between the reads of two of its rows.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Units go from one lane to another in one transaction.
    Move(usize, usize, u64),
    /// A sale of reserved units: it does not change `available`.
    Confirm(usize),
}

fn rows(available: &[u64]) -> Vec<Row> {
    let row = |(lane, &available): (usize, &u64)| Row {
        partition: "SKU#A-1".to_owned(),
        sort: format!("LOC#msk-1#{lane:03}"),
        available,
        reserved: 0,
        changes: 1,
        version: u64::from(lane == 0),
    };
    available.iter().enumerate().map(row).collect()
}

fn apply(rows: &mut [Row], step: Step) {
    match step {
        Step::Move(from, to, units) => {
            let (from, to) = (from % rows.len(), to % rows.len());
            let units = units.min(rows[from].available);
            rows[from].available -= units;
            rows[to].available += units;
            let mut written = vec![0, from, to];
            written.sort_unstable();
            written.dedup();
            for lane in written {
                rows[lane].changes += 1;
            }
            rows[0].version += 1;
        }
        Step::Confirm(lane) => {
            let lane = lane % rows.len();
            rows[lane].changes += 1;
        }
    }
}

/// Reads the rows one after the other, with the next of `steps` done before each.
struct Torn {
    rows: RefCell<Vec<Row>>,
    steps: RefCell<std::vec::IntoIter<Option<Step>>>,
    reads: Cell<u32>,
}

impl Torn {
    fn new(available: &[u64], steps: Vec<Option<Step>>) -> Self {
        Self {
            rows: RefCell::new(rows(available)),
            steps: RefCell::new(steps.into_iter()),
            reads: Cell::new(0),
        }
    }

    fn read(&self) -> Vec<Row> {
        self.reads.set(self.reads.get() + 1);
        let count = self.rows.borrow().len();
        let seen = |lane: usize| {
            if let Some(Some(step)) = self.steps.borrow_mut().next() {
                apply(&mut self.rows.borrow_mut(), step);
            }
            self.rows.borrow()[lane].clone()
        };
        (0..count).map(seen).collect()
    }

    fn read_for(&self, wanted: u64) -> Result<u64, Problem> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let read = || async { Ok(Kept { head: None, rows: self.read() }) };
        let kept = runtime.block_on(read_until(|kept| kept.available() >= wanted, read));
        kept.map(|kept| kept.available())
    }
}

/// The last unit lies on lane 2. Lane 1 is read before the unit comes to it, and lane 2 after it has left.
#[test]
fn a_unit_that_is_seen_on_neither_lane_is_no_shortage() {
    let torn = || Torn::new(&[0, 0, 1], vec![None, None, Some(Step::Move(2, 1, 1))]);
    let once = torn().read();
    assert!(once.iter().all(|row| row.available == 0), "one read alone makes a shortage of it");
    assert_eq!(torn().read_for(1).unwrap(), 1);
}

#[test]
fn what_there_is_is_read_once() {
    for (available, wanted, reads) in [(&[3, 4][..], 7, 1), (&[0], 1, 1), (&[0, 0], 1, 2), (&[], 1, 2)] {
        let torn = Torn::new(available, Vec::new());
        assert_eq!(torn.read_for(wanted).unwrap(), available.iter().sum::<u64>());
        assert_eq!(torn.reads.get(), reads, "{available:?}");
    }
}

/// Sales of reserved units go on at every read.
#[test]
fn a_shortage_is_told_in_a_busy_hour_too() {
    let torn = Torn::new(&[0, 0], vec![Some(Step::Confirm(1)); 100]);
    assert_eq!(torn.read_for(1).unwrap(), 0);
    assert_eq!(torn.reads.get(), 3);
}

/// One unit moves between lanes and is never on the lane that is being read.
#[test]
fn units_that_move_at_every_read_are_not_said_to_be_gone() {
    let round = [Some(Step::Move(1, 0, 1)), Some(Step::Move(0, 1, 1))];
    let steps = round.into_iter().cycle().skip(1).take(100).collect();
    let torn = Torn::new(&[0, 1], steps);
    match torn.read_for(1) {
        Ok(available) => assert_eq!(available, 1),
        Err(problem) => assert_eq!(problem.kind, Kind::Unavailable),
    }
}

fn step() -> impl Strategy<Value = Option<Step>> {
    prop_oneof![
        4 => Just(None),
        2 => (0_usize..4, 0_usize..4, 1_u64..4).prop_map(|(from, to, units)| Some(Step::Move(from, to, units))),
        1 => (0_usize..4).prop_map(|lane| Some(Step::Confirm(lane))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// For any writes at any moment: there are always as many units as requested, so no shortage is reported.
    #[test]
    fn no_shortage_is_made_by_moving(
        available in proptest::collection::vec(0_u64..4, 2..5),
        steps in proptest::collection::vec(step(), 0..30),
    ) {
        let wanted = available.iter().sum::<u64>();
        match Torn::new(&available, steps).read_for(wanted) {
            Ok(read) => prop_assert!(read >= wanted),
            Err(problem) => prop_assert_eq!(problem.kind, Kind::Unavailable),
        }
    }
}
