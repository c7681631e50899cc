//! Finding payments that the provider has to be asked about.

use kernel::{PaymentId, Problem};
use platform::Call;
use platform::dynamo::Rows;
use platform::queue::Sender;
use serde::{Deserialize, Serialize};

use crate::store::{LOOK_SHARDS, Payments};

/// What a message of the reconciler's queue says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReconcilePayment {
    /// The payment that may have to be looked at.
    pub payment_id: PaymentId,
}

/// Queues every payment that is due for a look; answers how many that were.
pub async fn sweep(payments: &Payments, queue: &Sender, call: &Call) -> Result<u64, Problem> {
    platform::sweep::sweep(call, queue, LOOK_SHARDS, |shard, start| async move {
        let due = payments.due(shard, call.now, start).await?;
        let items = due.items.into_iter().map(|payment_id| ReconcilePayment { payment_id }).collect();
        Ok(Rows { items, next: due.next })
    })
    .await
}
