//! Finds expired reservations and queues them.

use kernel::{Problem, ReservationId};
use platform::InvocationContext;
use platform::dynamo::Rows;
use platform::queue::Sender;
use platform::sweep::tell_backlog;
use serde::{Deserialize, Serialize};

use crate::store::Stock;
use crate::store::reservations::LIVE_SHARDS;

/// A message of the queue of due reservations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpireReservation {
    /// The reservation that may be due.
    pub reservation_id: ReservationId,
}

/// Queues every reservation that is due; returns their number.
pub async fn sweep(stock: &Stock, queue: &Sender, call: &InvocationContext) -> Result<u64, Problem> {
    platform::sweep::sweep(call, queue, LIVE_SHARDS, |shard, start| async move {
        let due = stock.due(shard, call.now, start).await?;
        tell_backlog(call.now, due.items.iter().map(|(_, since)| *since));
        let items =
            due.items.into_iter().map(|(reservation_id, _)| ExpireReservation { reservation_id }).collect();
        Ok(Rows { items, next: due.next })
    })
    .await
}
