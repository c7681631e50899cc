//! Finding what is due and queueing it.
//!
//! A sweep only finds; a queue's consumers act, side by side and each under the condition that what was found is still so. What is found twice
//! is acted on once, and what is not found this minute is found the next.

use std::time::Duration;

use futures_util::future::join_all;
use kernel::{Problem, Timestamp};
use serde::Serialize;

use crate::dynamo::{Item, Rows};
use crate::queue::Sender;
use crate::{InvocationContext, metrics};

/// A sweep stops this long before its invocation ends; what is left waits for the next one.
const STOP_BEFORE_END: Duration = Duration::from_secs(2);

/// The shortest time for which a sweep leaves alone what could not be done.
pub const SHORTEST_POSTPONEMENT: Duration = Duration::from_mins(1);
/// The longest.
pub const LONGEST_POSTPONEMENT: Duration = Duration::from_hours(1);

/// The delay after which an item that is still due belongs to the backlog: several sweeps have found it before.
const BACKLOG_AFTER: Duration = Duration::from_mins(5);

/// Adds to the metric `ExpiryBacklog` how many of `due` have been due for so long at `now` that something must keep them. To be called for every
/// page, the empty ones too: an alarm evaluates the number, and its absence.
pub fn tell_backlog(now: Timestamp, due: impl Iterator<Item = Timestamp>) {
    metrics::add("ExpiryBacklog", overdue(now, due));
}

/// The time at which a sweep finds again, after an attempt at `now` that failed, what was due at `due`: after as long as it is overdue, so that each
/// distance is twice the one before. Its queue repeats the message that failed meanwhile, and shows it to operators in the end.
pub fn postponed(due: Timestamp, now: Timestamp) -> Timestamp {
    let overdue = u64::try_from(now.as_millis() - due.as_millis()).unwrap_or(0);
    now.plus(Duration::from_millis(overdue).clamp(SHORTEST_POSTPONEMENT, LONGEST_POSTPONEMENT))
}

fn overdue(now: Timestamp, due: impl Iterator<Item = Timestamp>) -> u64 {
    due.filter(|since| *since <= now.minus(BACKLOG_AFTER)).count() as u64
}

/// Queues what `due` finds in each of an index's `shards`, page by page and all shards side by side; answers how many messages the queue took.
/// `due` takes the shard and where to go on in it. A shard that can't be read keeps none of the others waiting.
pub async fn sweep<M, F, Fut>(
    call: &InvocationContext,
    queue: &Sender,
    shards: u64,
    due: F,
) -> Result<u64, Problem>
where
    M: Serialize,
    F: Fn(u64, Option<Item>) -> Fut,
    Fut: Future<Output = Result<Rows<M>, Problem>>,
{
    let outcomes = join_all((0..shards).map(|shard| sweep_shard(call, queue, shard, &due))).await;
    outcomes.into_iter().sum()
}

async fn sweep_shard<M, F, Fut>(
    call: &InvocationContext,
    queue: &Sender,
    shard: u64,
    due: &F,
) -> Result<u64, Problem>
where
    M: Serialize,
    F: Fn(u64, Option<Item>) -> Fut,
    Fut: Future<Output = Result<Rows<M>, Problem>>,
{
    let (mut queued, mut start) = (0, None);
    loop {
        let found = due(shard, start).await?;
        queued += queue.send(&found.items).await? as u64;
        start = found.next;
        if start.is_none() || call.remaining() < STOP_BEFORE_END {
            return Ok(queued);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_done_is_found_ever_less_often() {
        let due = Timestamp::from_millis(1_700_000_000_000);
        let (mut now, mut minutes) = (due, Vec::new());
        for _ in 0..9 {
            let next = postponed(due, now);
            minutes.push((next.as_millis() - now.as_millis()) / 60_000);
            now = next;
        }
        assert_eq!(minutes, [1, 1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn what_became_due_just_now_is_no_backlog() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let due = [0, 299, 300, 301].map(|seconds| now.minus(Duration::from_secs(seconds)));
        assert_eq!(overdue(now, due.into_iter()), 2);
        assert_eq!(overdue(now, std::iter::empty()), 0);
    }
}
