//! The comparison against a model of a table that is written to while it is read.

use kernel::{OrderId, Quantity, ReservationId, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::allocation::Allocation;
use crate::reservation::Origin;

/// One row and the reservations that hold units of it, after each of a number of changes.
#[derive(Debug, Clone, Copy)]
struct Moment {
    figures: Figures,
    held: u64,
}

/// A change of the row: a reservation, or the end of one, by a sale or a return.
#[derive(Debug, Clone, Copy)]
enum Change {
    Reserve(u64),
    Confirm(u64),
    Release(u64),
}

fn change() -> impl Strategy<Value = Change> {
    let units = 1_u64..5;
    prop_oneof![
        units.clone().prop_map(Change::Reserve),
        units.clone().prop_map(Change::Confirm),
        units.prop_map(Change::Release)
    ]
}

/// The history of a row that starts with a hundred units and is wrong by `drift` from the start.
fn history(changes: &[Change], drift: i64) -> Vec<Moment> {
    let figures = Figures { available: 100, reserved: drift, changes: 0 };
    let mut moments = vec![Moment { figures, held: 0 }];
    for change in changes {
        let Moment { mut figures, mut held } = moments[moments.len() - 1];
        match *change {
            Change::Reserve(units) => {
                held += units;
                figures.available -= units.cast_signed();
                figures.reserved += units.cast_signed();
            }
            Change::Confirm(units) | Change::Release(units) if units > held => continue,
            Change::Confirm(units) => {
                held -= units;
                figures.reserved -= units.cast_signed();
            }
            Change::Release(units) => {
                held -= units;
                figures.available += units.cast_signed();
                figures.reserved -= units.cast_signed();
            }
        }
        figures.changes += 1;
        moments.push(Moment { figures, held });
    }
    moments
}

/// Two samples at `moments`: for each, when the reservations were read and when, no earlier, the row; each a share of the history.
fn looks(moments: &[Moment], mut at: [f64; 4]) -> (Sample, Sample) {
    at.sort_by(f64::total_cmp);
    let moment = |share: f64| {
        // Exact enough to reach every moment of so short a history.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        #[expect(clippy::float_arithmetic, reason = "a share of a history")]
        let index = (share * moments.len() as f64) as usize;
        moments[index.min(moments.len() - 1)]
    };
    let look = |held: f64, row: f64| Sample { figures: moment(row).figures, expected: moment(held).held };
    (look(at[0], at[1]), look(at[2], at[3]))
}

proptest! {
    #[test]
    fn a_row_that_is_right_is_never_called_wrong(
        changes in proptest::collection::vec(change(), 0..12),
        at in proptest::array::uniform4(0.0..1.0),
    ) {
        let (first, second) = looks(&history(&changes, 0), at);
        prop_assert_ne!(judge(&first, &second), Verdict::Differs);
    }

    #[test]
    fn a_row_that_is_wrong_is_called_wrong_or_still_moves(
        changes in proptest::collection::vec(change(), 0..12),
        drift in (1_i64..1_000).prop_flat_map(|units| prop_oneof![Just(units), Just(-units)]),
        at in proptest::array::uniform4(0.0..1.0),
    ) {
        let moments = history(&changes, drift);
        let (first, second) = looks(&moments, at);
        match judge(&first, &second) {
            Verdict::Differs => {
                prop_assert_eq!(second.figures.reserved - second.expected.cast_signed(), drift);
            }
            // Only a change between the samples can hide a difference.
            Verdict::Unsettled | Verdict::Agrees => prop_assert_ne!(first, second),
        }
        let still = moments[moments.len() - 1];
        let look = Sample { figures: still.figures, expected: still.held };
        prop_assert_eq!(judge(&look, &look), Verdict::Differs, "nothing moves any more");
    }
}

/// One reservation: its units, and the changes of the row that made and ended it.
#[derive(Debug, Clone, Copy)]
struct Lifetime {
    units: u64,
    made: usize,
    ended: Option<usize>,
}

impl Lifetime {
    fn is_live(&self, at: usize) -> bool {
        self.made <= at && self.ended.is_none_or(|ended| ended > at)
    }
}

/// The row after each change, and the reservations that changed it. Each member of `steps` makes a reservation of so many units, or ends one that lives.
fn lifetimes(steps: &[Result<u64, (usize, bool)>], drift: i64) -> (Vec<Figures>, Vec<Lifetime>) {
    let mut rows = vec![Figures { available: 100, reserved: drift, changes: 0 }];
    let mut reservations: Vec<Lifetime> = Vec::new();
    for step in steps {
        let (now, mut row) = (rows.len(), rows[rows.len() - 1]);
        match *step {
            Ok(units) => {
                reservations.push(Lifetime { units, made: now, ended: None });
                row.available -= units.cast_signed();
                row.reserved += units.cast_signed();
            }
            Err((which, sold)) => {
                let mut live: Vec<_> = reservations.iter_mut().filter(|one| one.is_live(now)).collect();
                let Some(index) = which.checked_rem(live.len()) else { continue };
                live[index].ended = Some(now);
                row.reserved -= live[index].units.cast_signed();
                row.available += if sold { 0 } else { live[index].units.cast_signed() };
            }
        }
        row.changes += 1;
        rows.push(row);
    }
    (rows, reservations)
}

fn steps() -> impl Strategy<Value = Vec<Result<u64, (usize, bool)>>> {
    let step = prop_oneof![(1_u64..5).prop_map(Ok), (0_usize..8, any::<bool>()).prop_map(Err)];
    proptest::collection::vec(step, 0..16)
}

/// A moment from `from` to `to`, both included.
fn within(from: usize, to: usize, dice: usize) -> usize {
    from + dice % (to - from + 1)
}

/// Reads each reservation at a moment of its own between two readings of the row, as a scan does, and judges the row.
fn scanned(
    rows: &[Figures],
    reservations: &[Lifetime],
    ends: (usize, usize),
    dice: &[usize],
) -> (Sample, Verdict) {
    let last = rows.len() - 1;
    let (a, b) = (ends.0 % (last + 1), ends.1 % (last + 1));
    let (from, to) = (a.min(b), a.max(b));
    let at = |index: usize| within(from, to, dice[index % dice.len()]);
    let held = reservations.iter().enumerate().filter(|(index, one)| one.is_live(at(*index)));
    let now = Sample { figures: rows[to], expected: held.map(|(_, one)| one.units).sum() };
    (now, judge_consistent(&rows[from], &now))
}

proptest! {
    /// Regardless of what the index shows and how long a scan takes: a repair changes no row that is right, and sets a wrong one right.
    #[test]
    fn a_repair_is_decided_by_what_is_true(
        steps in steps(),
        drift in -3_i64..4,
        ends in (0_usize..32, 0_usize..32),
        dice in proptest::collection::vec(0_usize..32, 16),
    ) {
        let (rows, reservations) = lifetimes(&steps, drift);
        let (now, verdict) = scanned(&rows, &reservations, ends, &dice);
        match verdict {
            Verdict::Agrees => prop_assert_eq!(drift, 0),
            Verdict::Differs => {
                prop_assert_ne!(drift, 0);
                prop_assert_eq!(now.repaired().reserved, now.figures.reserved - drift);
            }
            Verdict::Unsettled => {}
        }
    }

    #[test]
    fn a_row_that_nobody_changes_is_decided_at_once(steps in steps(), drift in -3_i64..4, at in 0_usize..32) {
        let (rows, reservations) = lifetimes(&steps, drift);
        let (_, verdict) = scanned(&rows, &reservations, (at, at), &[0]);
        prop_assert_eq!(verdict, if drift == 0 { Verdict::Agrees } else { Verdict::Differs });
    }
}

/// The index lags behind the table for longer than the pause between two samples. Through it a row that is right looks wrong, twice and in the same
/// way; the table itself proves it right.
#[test]
fn a_lagging_index_accuses_a_row_that_the_table_acquits() {
    let seen = look(7, 2, 4, 0);
    assert_eq!(judge(&seen, &seen), Verdict::Differs);
    assert_eq!(judge_consistent(&seen.figures, &look(7, 2, 4, 2)), Verdict::Agrees);
}

#[test]
fn a_row_that_moved_while_the_table_was_read_is_left_alone() {
    for (before, now) in [
        (look(7, 2, 4, 0), look(6, 3, 5, 2)),
        (look(7, 2, 4, 0), look(6, 3, 5, 3)),
        (look(7, 2, 4, 0), look(7, 3, 4, 2)),
    ] {
        assert_eq!(judge_consistent(&before.figures, &now), Verdict::Unsettled, "{now:?}");
    }
}

fn look(available: i64, reserved: i64, changes: u64, expected: u64) -> Sample {
    Sample { figures: Figures { available, reserved, changes }, expected }
}

#[test]
fn negative_numbers_are_differences() {
    for wrong in [look(-1, 0, 4, 0), look(0, -1, 4, 0), look(5, -3, 4, 0), look(i64::MIN, 2, 4, 2)] {
        assert_eq!(judge(&wrong, &wrong), Verdict::Differs, "{wrong:?}");
    }
    assert_eq!(judge(&look(0, 0, 0, 0), &look(0, 0, 0, 0)), Verdict::Agrees);
}

#[test]
fn what_the_index_learns_late_is_no_difference() {
    // The first sample misses a reservation of two units that the row counts already.
    assert_eq!(judge(&look(3, 2, 9, 0), &look(3, 2, 9, 2)), Verdict::Agrees);
    // The second sample still misses one of two.
    assert_eq!(judge(&look(3, 2, 9, 0), &look(3, 2, 9, 1)), Verdict::Unsettled);
}

#[test]
fn a_row_that_moved_is_looked_at_again() {
    assert_eq!(judge(&look(3, 2, 9, 1), &look(2, 3, 10, 2)), Verdict::Unsettled);
    // Changed from outside between the samples: `changes` is the same and the numbers are not.
    assert_eq!(judge(&look(3, 2, 9, 1), &look(3, 3, 9, 1)), Verdict::Unsettled);
    assert_eq!(judge(&look(3, 2, 9, 1), &look(2, 3, 10, 3)), Verdict::Agrees);
}

#[test]
fn only_live_reservations_hold_something() {
    let spot = |sku: &str, lane| StockRowKey {
        sku: sku.parse().unwrap(),
        place: StockLocation { warehouse: "msk-1".parse().unwrap(), lane },
    };
    let reservation = |status, takes: &[(&str, u16, u32)]| Reservation {
        id: ReservationId::generate(),
        order_id: OrderId::generate(),
        origin: Origin::Direct,
        owner_id: None,
        status,
        takes: takes
            .iter()
            .map(|(sku, lane, count)| {
                let StockRowKey { sku, place } = spot(sku, *lane);
                Allocation { sku, place, quantity: Quantity::new(*count).unwrap() }
            })
            .collect(),
        created_at: Timestamp::from_millis(0),
        expires_at: None,
        finished_at: None,
    };
    let mut held = Held::default();
    held.add(&reservation(ReservationStatus::Reserved, &[("A", 0, 2), ("A", 1, 3), ("B", 0, 1)]));
    held.add(&reservation(ReservationStatus::Reserved, &[("A", 0, 5)]));
    for status in [ReservationStatus::Confirmed, ReservationStatus::Released, ReservationStatus::Expired] {
        held.add(&reservation(status, &[("A", 0, 100), ("C", 0, 1)]));
    }
    assert_eq!((held.of(&spot("A", 0)), held.of(&spot("A", 1)), held.of(&spot("B", 0))), (7, 3, 1));
    assert_eq!(held.of(&spot("C", 0)), 0);
    assert_eq!(held.spots().count(), 3);
    assert_eq!(held.reservations(), 2);
}

#[test]
fn a_repair_puts_nothing_on_sale() {
    for (wrong, available, reserved) in [
        (look(3, 9, 4, 2), 3, 2),
        (look(3, 0, 4, 2), 3, 2),
        (look(-5, -1, 4, 0), 0, 0),
        (look(-5, 2, 4, 2), 0, 2),
    ] {
        let repaired = wrong.repaired();
        assert_eq!(repaired, Figures { available, reserved, changes: 5 });
        assert!(!Sample { figures: repaired, ..wrong }.differs());
    }
}

#[test]
fn the_same_difference_is_told_once_whatever_is_sold_meanwhile() {
    let spot = StockRowKey {
        sku: "A".parse().unwrap(),
        place: StockLocation { warehouse: "msk-1".parse().unwrap(), lane: 0 },
    };
    let finding =
        |available, reserved, expected| Finding::new(&spot, &look(available, reserved, 1, expected));
    assert!(finding(9, 7, 2).tells_the_same_as(&finding(5, 8, 3)));
    assert!(!finding(9, 7, 2).tells_the_same_as(&finding(9, 7, 3)));
    assert!(!finding(9, 2, 2).tells_the_same_as(&finding(-1, 2, 2)));
}
