//! Emptying an outbox onto the bus.

use std::time::Duration;

use kernel::{Problem, Timestamp};
use platform::InvocationContext;
use platform::backoff::full_jitter;
use platform::stream::{Parked, Stuck};

use crate::bus::Bus;
use crate::outbox::{Entry, Outbox, Outcome};

/// The first pause after a refusal is drawn from 0 to this.
const BASE_PAUSE: Duration = Duration::from_millis(50);
/// No pause is drawn from more than this.
const LONGEST_PAUSE: Duration = Duration::from_millis(1_600);

/// The outcome of a batch.
#[derive(Debug)]
pub struct Published {
    /// The age of the oldest event at the bus's response to it, in milliseconds; `None` when no event was offered. An
    /// event that the bus did not accept counts too, so that the lag grows, and does not disappear, while the bus
    /// accepts nothing.
    pub lag: Option<u64>,
    /// Rows before that place that can never be published.
    pub parked: Vec<Parked>,
    /// `Ok` when everything else was published; otherwise the place from which the stream has to go on.
    pub verdict: Result<(), Stuck>,
}

/// Offers everything in `outbox` to the bus until it is taken, given up, or the call's time is over.
pub async fn publish(bus: &Bus, call: &InvocationContext, mut outbox: Outbox) -> Published {
    let mut rounds_with_failures = 0;
    let mut lag = None;
    loop {
        let (numbers, entries): (Vec<usize>, Vec<&Entry>) = outbox.next().into_iter().unzip();
        if entries.is_empty() {
            break;
        }
        let outcomes = offer(bus, call, &entries).await;
        lag = lag.max(oldest(&entries, Timestamp::now()));
        let any_failed = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Failed(_)));
        for (number, outcome) in numbers.into_iter().zip(outcomes) {
            outbox.settle(number, outcome);
        }
        if !any_failed {
            continue;
        }
        rounds_with_failures += 1;
        let pause = full_jitter(BASE_PAUSE, LONGEST_PAUSE, rounds_with_failures);
        if pause >= call.remaining() {
            break;
        }
        tracing::debug!(rounds_with_failures, "the bus did not take everything");
        tokio::time::sleep(pause).await;
    }
    let (parked, verdict) = outbox.verdict();
    Published { lag, parked, verdict }
}

/// The age of the oldest of `entries` at `now`, in milliseconds.
fn oldest(entries: &[&Entry], now: Timestamp) -> Option<u64> {
    let age = |entry: &&Entry| u64::try_from(now.as_millis() - entry.time.as_millis()).unwrap_or(0);
    entries.iter().map(age).max()
}

/// One call, ended when the invocation's time is over, so that what earlier calls achieved can still be reported.
async fn offer(bus: &Bus, call: &InvocationContext, entries: &[&Entry]) -> Vec<Outcome> {
    let answered = tokio::time::timeout(call.remaining(), bus.put(entries)).await;
    answered.unwrap_or_else(|_| {
        vec![Outcome::Failed(Problem::unavailable("the bus did not answer in time")); entries.len()]
    })
}

#[cfg(test)]
#[path = "publish_tests.rs"]
mod tests;
