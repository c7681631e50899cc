//! Finding deliveries whose next attempt is due.

use kernel::Problem;
use platform::InvocationContext;
use platform::dynamo::Rows;
use platform::queue::Sender as Queue;

use crate::fan_out::DeliverWebhook;
use crate::store::{DUE_SHARDS, Webhooks};

/// Queues every delivery that is due; answers how many that were.
pub async fn sweep(webhooks: &Webhooks, queue: &Queue, call: &InvocationContext) -> Result<u64, Problem> {
    platform::sweep::sweep(call, queue, DUE_SHARDS, |shard, start| async move {
        let due = webhooks.due(shard, call.now, start).await?;
        let items = due.items.into_iter().map(|delivery_id| DeliverWebhook { delivery_id }).collect();
        Ok(Rows { items, next: due.next })
    })
    .await
}
