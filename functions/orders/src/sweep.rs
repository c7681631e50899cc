//! Finding orders that have expired.

use kernel::{OrderId, Problem};
use platform::InvocationContext;
use platform::dynamo::Rows;
use platform::queue::Sender;
use platform::sweep::tell_backlog;
use serde::{Deserialize, Serialize};

use crate::store::{EXPIRY_SHARDS, Orders};

/// A message of the expiry queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpireOrder {
    /// The order that may be due.
    pub order_id: OrderId,
}

/// Queues every order that is due; returns their number.
pub async fn sweep(orders: &Orders, queue: &Sender, call: &InvocationContext) -> Result<u64, Problem> {
    platform::sweep::sweep(call, queue, EXPIRY_SHARDS, |shard, start| async move {
        let due = orders.due(shard, call.now, start).await?;
        tell_backlog(call.now, due.items.iter().map(|(_, since)| *since));
        let items = due.items.into_iter().map(|(order_id, _)| ExpireOrder { order_id }).collect();
        Ok(Rows { items, next: due.next })
    })
    .await
}
