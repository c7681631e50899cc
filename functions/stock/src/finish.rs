//! Ending reservations that belong to no order of this system.

use kernel::{Problem, ReservationId, Timestamp};
use platform::dynamo::Commit;
use platform::sweep::postponed;
use platform::{InvocationContext, StaleRetry};

use crate::contradiction::explanation;
use crate::refusal::NotEnded;
use crate::reservation::{Move, Reservation};
use crate::reserve::ended_event;
use crate::stock_writer::StockWriter;
use crate::store::StockRefusal;

impl StockWriter {
    /// Hides a reservation that was `due` and could not be ended from the sweep for a while.
    pub async fn postpone(
        &self,
        call: &InvocationContext,
        id: ReservationId,
        due: Timestamp,
    ) -> Result<(), Problem> {
        let later = self.stock.postpone_expiry(id, postponed(due, call.now))?;
        // Refused: it has ended, and is not in the index.
        self.dynamo.commit(call, vec![later]).await.map(|_| ())
    }

    /// Makes the transition `wanted`. A transition that was made before stays as it is.
    pub async fn finish(
        &self,
        call: &InvocationContext,
        mut reservation: Reservation,
        wanted: Move,
    ) -> Result<Result<Reservation, NotEnded>, Problem> {
        // A reservation ends once, and one that has ended needs no transaction. More than two attempts need another transaction under way each time.
        let mut retry = StaleRetry::of("the reservation", call);
        loop {
            retry.begin().await?;
            let ending = match reservation.step(wanted, call.now) {
                Ok(Some(ending)) => ending,
                Ok(None) => return Ok(Ok(reservation)),
                Err(why) => return Ok(Err(NotEnded { why, reservation })),
            };
            let mut writes = self.stock.finish(call, &reservation, ending)?;
            let event = ended_event(&reservation, ending)?;
            writes.push(self.journal.append(call, event)?.map(|_| StockRefusal::ReservationChanged));
            let Commit::Refused(refused) = self.dynamo.commit(call, writes).await? else {
                return Ok(Ok(reservation.ended(ending, call.now)));
            };
            if let Some(contradiction) = explanation(&refused) {
                self.stock.report(contradiction).await?;
            }
            let (id, before) = (reservation.id, reservation.status);
            let now = self.stock.reservation(id).await?;
            reservation = now.ok_or_else(|| Problem::internal(format!("reservation {id} is gone")))?;
            if reservation.status == before && !refused.iter().any(|one| one.contended) {
                return Err(Problem::internal(format!(
                    "the end of reservation {id} is in the journal already"
                )));
            }
        }
    }
}
