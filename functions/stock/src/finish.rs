//! Ending reservations that are no order's own.

use kernel::Problem;
use platform::Call;
use platform::dynamo::Write;

use crate::keeper::Keeper;
use crate::reservation::{Move, Refused, Reservation, ReservationStatus};
use crate::reserve::ended_event;
use crate::store::Outdated;

/// What became of a move: the reservation as it is then, or why it was not made.
pub type Finished = Result<Reservation, (Refused, Reservation)>;

impl Keeper {
    /// Makes the move `wanted`. What was done before is done, and stays as it is.
    pub async fn finish(
        &self,
        call: &Call,
        mut reservation: Reservation,
        wanted: Move,
    ) -> Result<Finished, Problem> {
        // Twice at most: a reservation ends once, and one that has ended needs no transaction.
        loop {
            let ending = match reservation.step(wanted, call.now) {
                Ok(Some(ending)) => ending,
                Ok(None) => return Ok(Ok(reservation)),
                Err(refused) => return Ok(Err((refused, reservation))),
            };
            let mut writes: Vec<Write<Outdated>> = Vec::new();
            let moved = self.stock.finish(call, &reservation, ending)?;
            writes.extend(moved.into_iter().map(|write| write.map(|_| Outdated)));
            let event = ended_event(&reservation, ending)?;
            writes.push(self.journal.append(call, event)?.map(|_| Outdated));
            if self.make(call, writes).await?.is_ok() {
                return Ok(Ok(reservation.ended(ending, call.now)));
            }
            let id = reservation.id;
            let now = self.stock.reservation(id).await?;
            reservation = now.ok_or_else(|| Problem::internal(format!("reservation {id} is gone")))?;
            if reservation.status == ReservationStatus::Reserved {
                // Nobody ended it, so it was a row that refused.
                return Err(Problem::internal(format!(
                    "a row holds less aside than reservation {id} took from it: see CheckStockDrift"
                )));
            }
        }
    }
}
