//! Finding orders whose time to be paid is over.
//!
//! The sweep only finds; a queue's consumers cancel, side by side and each under the condition that the order still waits. An order
//! that is found twice is cancelled once, and one that is not found this minute is found the next.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use kernel::{OrderId, Problem};
use platform::{Call, Init, InitError, aws};
use serde::{Deserialize, Serialize};

use crate::store::{EXPIRY_SHARDS, Orders};

/// The most messages in one batch (SQS developer guide, quotas).
const SQS_BATCH: usize = 10;
/// The sweep stops this long before its invocation ends; what is left waits for the next one.
const STOP_BEFORE_END: Duration = Duration::from_secs(2);

/// What a message of the expiry queue says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpireOrder {
    /// The order that may be due.
    pub order_id: OrderId,
}

/// The queue of orders that may be due.
pub struct ExpiryQueue {
    client: Client,
    url: String,
}

impl ExpiryQueue {
    /// The queue named by `EXPIRY_QUEUE_URL`.
    pub fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { client: Client::new(init.aws()), url: init.required("EXPIRY_QUEUE_URL")? })
    }

    /// Sends up to [`SQS_BATCH`] ids. Entries that SQS refuses are found again by the next sweep.
    async fn send(&self, ids: &[OrderId]) -> Result<(), Problem> {
        let mut batch = self.client.send_message_batch().queue_url(&self.url);
        for (index, id) in ids.iter().enumerate() {
            let body = serde_json::to_string(&ExpireOrder { order_id: *id }).map_err(Problem::internal)?;
            let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body);
            batch = batch.entries(entry.build().map_err(Problem::internal)?);
        }
        let answer = batch.send().await.map_err(|error| aws::problem(&error))?;
        if !answer.failed().is_empty() {
            tracing::warn!(
                failed = answer.failed().len(),
                "some orders were not queued and wait for the next sweep"
            );
        }
        Ok(())
    }
}

/// Queues every order that is due; answers how many that were.
pub async fn sweep(orders: &Orders, queue: &ExpiryQueue, call: &Call) -> Result<u64, Problem> {
    let mut found = 0;
    for shard in 0..EXPIRY_SHARDS {
        let mut start = None;
        loop {
            let due = orders.due(shard, call.now, start).await?;
            for ids in due.items.chunks(SQS_BATCH) {
                queue.send(ids).await?;
                found += ids.len() as u64;
            }
            start = due.next;
            if call.remaining() < STOP_BEFORE_END {
                return Ok(found);
            }
            if start.is_none() {
                break;
            }
        }
    }
    Ok(found)
}
