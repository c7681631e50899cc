//! The consumer of the queue of due reservations: releases the stock of a reservation that is still `reserved` and has
//! expired.

use std::sync::Arc;

use kernel::Problem;
use platform::queue::{Handler, Message, handler};
use platform::{Init, InitError, InvocationContext};

use crate::reservation::Move;
use crate::stock_writer::StockWriter;
use crate::sweep::ExpireReservation;

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(StockWriter::connect(&init).await?, handle))
}

async fn handle(writer: Arc<StockWriter>, call: InvocationContext, message: Message) -> Result<(), Problem> {
    let ExpireReservation { reservation_id } = message.json()?;
    let Some(reservation) = writer.stock.reservation(reservation_id).await? else {
        // The sweep never queues an id that no reservation has: the dead-letter queue shows such a message.
        return Err(Problem::internal(format!("there is no reservation {reservation_id}")));
    };
    let due = reservation.expires_at;
    // A reservation that was confirmed or released in the meantime needs nothing.
    match writer.finish(&call, reservation, Move::Expire).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(refused)) => {
            Err(Problem::internal(format!("reservation {reservation_id}: {:?}", refused.why)))
        }
        Err(problem) => {
            if let Some(due) = due
                && let Err(problem) = writer.postpone(&call, reservation_id, due).await
            {
                tracing::warn!(%reservation_id, %problem, "the expiry of a reservation could not be postponed");
            }
            Err(problem)
        }
    }
}
