//! The schedule by which a failed delivery is tried again.

use std::time::Duration;

/// The delays before the attempts: the first entry is before the first attempt, the second after the first one failed, and so on (Standard
/// Webhooks 1.0.0, "Deliverability and reliability": 75 hours and 35 minutes from the first to the last).
const DELAYS: [Duration; 10] = [
    Duration::ZERO,
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];
/// Attempts before a delivery is given up.
pub const MAX_ATTEMPTS: u32 = 10;
/// A wait is longer than the schedule says by up to this share of it, in percent, so that what failed together does not come again together.
pub const JITTER_PERCENT: u64 = 10;
/// The longest wait that a receiver can ask for by `Retry-After` where the schedule's is shorter.
pub const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// Returns the delay after `failed` attempts (1 or more); `None` when that was the last. `asked` is the receiver's `Retry-After`, and `drawn`
/// from 0 to 1,000 is the share of the jitter that is added.
pub fn next_wait(failed: u32, asked: Option<Duration>, drawn: u64) -> Option<Duration> {
    if failed >= MAX_ATTEMPTS {
        return None;
    }
    let planned = *DELAYS.get(failed as usize)?;
    let wait = planned.max(asked.unwrap_or_default().min(MAX_RETRY_AFTER));
    let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    let more = millis.saturating_mul(JITTER_PERCENT).saturating_mul(drawn.min(1_000)) / 100_000;
    Some(wait + Duration::from_millis(more))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_schedule_is_the_published_one() {
        let waits: Vec<u64> = (1..MAX_ATTEMPTS)
            .filter_map(|failed| next_wait(failed, None, 0))
            .map(|wait| wait.as_secs())
            .collect();
        assert_eq!(waits, [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
        assert_eq!(waits.iter().sum::<u64>(), 75 * 3_600 + 35 * 60 + 5);
        assert_eq!(DELAYS.len(), MAX_ATTEMPTS as usize);
        assert_eq!(next_wait(MAX_ATTEMPTS, None, 0), None);
        assert_eq!(next_wait(u32::MAX, Some(Duration::from_secs(1)), 1_000), None);
    }

    #[test]
    fn a_receiver_that_asks_for_time_gets_it_within_bounds() {
        let asked = |seconds| next_wait(1, Some(Duration::from_secs(seconds)), 0).unwrap().as_secs();
        assert_eq!((asked(1), asked(60), asked(3_600), asked(1_000_000)), (5, 60, 3_600, 3_600));
        assert_eq!(next_wait(9, Some(Duration::from_mins(1)), 0).unwrap(), Duration::from_hours(24));
    }

    proptest! {
        #[test]
        fn jitter_only_lengthens_and_by_a_tenth_at_most(failed in 1..MAX_ATTEMPTS, drawn: u64) {
            let (plain, wait) = (next_wait(failed, None, 0).unwrap(), next_wait(failed, None, drawn).unwrap());
            prop_assert!(wait >= plain && wait <= plain + plain / 10);
        }
    }
}
