//! The sweep that finds payments that are due for a poll of the provider.

use kernel::{PaymentId, Problem};
use platform::InvocationContext;
use platform::dynamo::Rows;
use platform::queue::Sender;
use serde::{Deserialize, Serialize};

use crate::store::{LOOK_SHARDS, Payments};

/// A message of the reconciler's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReconcilePayment {
    /// The payment that may be due for a poll.
    pub payment_id: PaymentId,
}

/// Queues every payment that is due for a poll; returns their number.
pub async fn sweep(payments: &Payments, queue: &Sender, call: &InvocationContext) -> Result<u64, Problem> {
    platform::sweep::sweep(call, queue, LOOK_SHARDS, |shard, start| async move {
        let due = payments.due(shard, call.now, start).await?;
        let items = due.items.into_iter().map(|payment_id| ReconcilePayment { payment_id }).collect();
        Ok(Rows { items, next: due.next })
    })
    .await
}
