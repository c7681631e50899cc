//! Emptying an outbox onto the bus.

use std::time::Duration;

use kernel::Problem;
use platform::Call;
use platform::stream::Stuck;

use crate::bus::Bus;
use crate::outbox::{Entry, Outbox, Outcome};

/// The first pause after a refusal is drawn from 0 to this.
const BASE_PAUSE: Duration = Duration::from_millis(50);
/// No pause is drawn from more than this.
const LONGEST_PAUSE: Duration = Duration::from_millis(1_600);

/// Offers everything in `outbox` to the bus until it is taken, given up, or the call's time is over.
pub async fn publish(bus: &Bus, call: &Call, mut outbox: Outbox) -> Result<(), Stuck> {
    let mut rounds_with_failures = 0;
    loop {
        let (numbers, entries): (Vec<usize>, Vec<&Entry>) = outbox.next().into_iter().unzip();
        if entries.is_empty() {
            break;
        }
        let outcomes = offer(bus, call, &entries).await;
        let any_failed = outcomes.iter().any(|outcome| *outcome != Outcome::Accepted);
        for (number, outcome) in numbers.into_iter().zip(outcomes) {
            outbox.settle(number, outcome);
        }
        if !any_failed {
            continue;
        }
        rounds_with_failures += 1;
        let pause = full_jitter(rounds_with_failures);
        if pause >= call.remaining() {
            break;
        }
        tracing::debug!(rounds_with_failures, "the bus did not take everything");
        tokio::time::sleep(pause).await;
    }
    outbox.verdict()
}

/// One call, ended when the invocation's time is over, so that what earlier calls achieved can still be reported.
async fn offer(bus: &Bus, call: &Call, entries: &[&Entry]) -> Vec<Outcome> {
    let answered = tokio::time::timeout(call.remaining(), bus.put(entries)).await;
    answered.unwrap_or_else(|_| {
        vec![Outcome::Failed(Problem::unavailable("the bus did not answer in time")); entries.len()]
    })
}

/// A pause of anything from nothing to an exponentially growing limit, so that those who were throttled together do not
/// return together (full jitter, AWS Architecture Blog, "Exponential Backoff And Jitter").
fn full_jitter(round: u32) -> Duration {
    let limit = BASE_PAUSE.saturating_mul(1 << round.min(10)).min(LONGEST_PAUSE);
    let mut noise = [0u8; 4];
    // Without randomness every pause is the longest: slower, and still correct.
    let drawn = getrandom::fill(&mut noise).map_or(u32::MAX, |()| u32::from_le_bytes(noise));
    let millis = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(millis * u64::from(drawn) / u64::from(u32::MAX))
}

#[cfg(test)]
#[path = "publish_tests.rs"]
mod tests;
