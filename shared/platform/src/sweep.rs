//! Finding what is due and queueing it.
//!
//! A sweep only finds; a queue's consumers act, side by side and each under the condition that what was found is still so. What is found twice
//! is acted on once, and what is not found this minute is found the next.

use std::time::Duration;

use kernel::Problem;
use serde::Serialize;

use crate::Call;
use crate::dynamo::{Item, Rows};
use crate::queue::Sender;

/// A sweep stops this long before its invocation ends; what is left waits for the next one.
const STOP_BEFORE_END: Duration = Duration::from_secs(2);

/// Queues what `due` finds in each of an index's `shards`, page by page; answers how many messages the queue took. `due` takes the shard and
/// where to go on in it.
pub async fn sweep<M, F, Fut>(call: &Call, queue: &Sender, shards: u64, due: F) -> Result<u64, Problem>
where
    M: Serialize,
    F: Fn(u64, Option<Item>) -> Fut,
    Fut: Future<Output = Result<Rows<M>, Problem>>,
{
    let mut queued = 0;
    for shard in 0..shards {
        let mut start = None;
        loop {
            let found = due(shard, start).await?;
            queued += queue.send(&found.items).await? as u64;
            start = found.next;
            if call.remaining() < STOP_BEFORE_END {
                return Ok(queued);
            }
            if start.is_none() {
                break;
            }
        }
    }
    Ok(queued)
}
