//! Reserving stock for clients of the reservation routes.

use std::time::Duration;

use kernel::{EventData, NewEvent, OrderId, Problem, ReservationId, Timestamp};
use platform::InvocationContext;
use platform::dynamo::{Commit, ConflictBackoff, Write};
use platform::idempotency::KeyTaken;

use crate::allocation::{Line, Plan, Shortage, merge};
use crate::events::{
    ReservationChanged, ReservationConfirmed, ReservationExpired, ReservationMade, ReservationReleased,
};
use crate::refusal::ReservationRefusal;
use crate::reservation::{Ending, Origin, Reservation, ReservationStatus};
use crate::stock_writer::StockWriter;
use crate::store::{KnownStock, StockRefusal};

/// The largest number of different products in one reservation.
pub const MAX_RESERVATION_LINES: usize = 40;
/// The longest time until a reservation expires.
pub const MAX_HOLD: Duration = Duration::from_hours(30 * 24);

/// A request to reserve stock.
#[derive(Debug, Clone)]
pub struct ReservationRequest {
    /// The id of the reservation to be created.
    pub id: ReservationId,
    /// The order that the reservation is for. It may be kept here or elsewhere; it is not read.
    pub order_id: OrderId,
    /// The quantity of each SKU; lines of one SKU are added up.
    pub lines: Vec<Line>,
    /// The time at which the reservation expires; without it, it never does.
    pub expires_at: Option<Timestamp>,
}

/// The outcome of a [`ReservationRequest`].
#[derive(Debug)]
pub enum Outcome {
    /// The stock is reserved.
    Made(Reservation),
    /// Nothing was reserved, because stock is insufficient for at least one SKU.
    Short(Vec<Shortage>),
    /// The request with the same `Idempotency-Key` was faster.
    KeyTaken,
}

/// The reason for which the transaction was refused.
enum Refusal {
    Stock,
    Key,
    Defect,
}

impl StockWriter {
    /// Reserves everything in `requested`, or nothing. The items that `record` gives for the reservation are written
    /// with it.
    pub async fn reserve(
        &self,
        call: &InvocationContext,
        requested: &ReservationRequest,
        record: impl Fn(&Reservation) -> Result<Option<Write<KeyTaken>>, Problem>,
    ) -> Result<Outcome, Problem> {
        let lines = merge(&requested.lines)?;
        check(call, &lines, requested.expires_at)?;
        let (mut known, mut backoff) = (KnownStock::new(&self.stock), ConflictBackoff::new(call));
        loop {
            let plan = match known.plan(&lines).await? {
                Ok(plan) => plan,
                Err(shortages) => return Ok(Outcome::Short(shortages)),
            };
            let reservation = reservation(call, requested, plan);
            let mut writes: Vec<Write<Refusal>> =
                self.stock.set_aside(&reservation)?.into_iter().map(|write| write.map(refusal)).collect();
            let made = event(ReservationMade, MADE, &reservation)?;
            writes.push(self.journal.append(call, made)?.map(|_| Refusal::Defect));
            writes.extend(record(&reservation)?.map(|write| write.map(|KeyTaken| Refusal::Key)));
            let refused = match self.dynamo.try_commit(&mut backoff, writes).await? {
                Some(Commit::Committed) => return Ok(Outcome::Made(reservation)),
                Some(Commit::Refused(refused)) => refused,
                None => {
                    backoff.pause().await?;
                    continue;
                }
            };
            if refused.iter().any(|one| matches!(one.reason, Refusal::Key)) {
                return Ok(Outcome::KeyTaken);
            }
            if refused.iter().any(|one| matches!(one.reason, Refusal::Defect)) {
                return Err(Problem::internal(format!(
                    "the new reservation {} exists already",
                    requested.id
                )));
            }
            known.forget();
            backoff.after_refusal().await?;
        }
    }
}

/// The limits of a reservation.
fn check(call: &InvocationContext, lines: &[Line], expires_at: Option<Timestamp>) -> Result<(), Problem> {
    if lines.len() > MAX_RESERVATION_LINES {
        return Err(ReservationRefusal::TooManyLines.into());
    }
    let empty = lines.is_empty().then(|| Problem::invalid("/items", "must hold at least one line"));
    let is_out_of_range = expires_at.is_some_and(|at| at <= call.now || at > call.now.plus(MAX_HOLD));
    let out_of_range = is_out_of_range.then(|| {
        let days = MAX_HOLD.as_secs() / (24 * 60 * 60);
        Problem::invalid("/expiresAt", format!("must be in the future and at most {days} days ahead"))
    });
    Problem::joined([empty, out_of_range]).map_or(Ok(()), Err)
}

fn reservation(call: &InvocationContext, requested: &ReservationRequest, plan: Plan) -> Reservation {
    Reservation {
        id: requested.id,
        order_id: requested.order_id,
        origin: Origin::Direct,
        owner_id: None,
        status: ReservationStatus::Reserved,
        takes: plan.takes,
        created_at: call.now,
        expires_at: requested.expires_at,
        finished_at: None,
    }
}

fn refusal(refusal: StockRefusal) -> Refusal {
    match refusal {
        StockRefusal::Taken(_) => Refusal::Stock,
        StockRefusal::ReservationChanged | StockRefusal::Contradicted(_) => Refusal::Defect,
    }
}

/// A reservation is made once and ends once: these are all the sequence numbers of its journal.
const MADE: u64 = 1;
const ENDED: u64 = 2;

/// The journal's payload for the end of `reservation`.
pub(crate) fn ended_event(reservation: &Reservation, ending: Ending) -> Result<NewEvent, Problem> {
    match ending {
        Ending::Confirmed => event(ReservationConfirmed, ENDED, reservation),
        Ending::Released => event(ReservationReleased, ENDED, reservation),
        Ending::Expired => event(ReservationExpired, ENDED, reservation),
    }
}

fn event<E: EventData>(
    event: fn(ReservationChanged) -> E,
    sequence: u64,
    reservation: &Reservation,
) -> Result<NewEvent, Problem> {
    NewEvent::new(format!("reservation/{}", reservation.id), sequence, &event(reservation.into()))
}

#[cfg(test)]
mod tests {
    use kernel::{Actor, Quantity};

    use super::*;

    fn lines(count: usize) -> Vec<Line> {
        let line = |number: usize| Line {
            sku: format!("S{number}").parse().unwrap(),
            quantity: Quantity::new(1).unwrap(),
        };
        (0..count).map(line).collect()
    }

    #[test]
    fn a_reservation_has_its_limits() {
        let call = InvocationContext::new(0, "test".to_owned(), Actor::system("test"));
        let refused = |count, expires_at| check(&call, &lines(count), expires_at).unwrap_err();
        assert_eq!(refused(0, None).errors[0].pointer, "/items");
        assert_eq!(refused(41, None).code, "too_many_lines");
        let last = call.now.plus(MAX_HOLD);
        for expires_at in [call.now, call.now.minus(MAX_HOLD), last.plus(Duration::from_millis(1))] {
            assert_eq!(refused(1, Some(expires_at)).errors[0].pointer, "/expiresAt");
        }
        for expires_at in [None, Some(call.now.plus(Duration::from_millis(1))), Some(last)] {
            assert!(check(&call, &lines(40), expires_at).is_ok());
        }
    }
}
