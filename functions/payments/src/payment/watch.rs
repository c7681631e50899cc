//! The reconciliation schedule: the times at which the provider is polled about what is undecided.
//!
//! Providers report their decisions, but a message or a response can be lost. So everything open is polled, at growing delays, until it is decided.
//! It is given up with an alarm when a provider no longer promises that a repeat does nothing twice.

use std::time::Duration;

use kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// The delay after a change before the first poll. By then the provider's own message has arrived, as a rule.
pub const FIRST_LOOK: Duration = Duration::from_mins(2);
/// The longest delay between two polls.
pub const LONGEST_DISTANCE: Duration = Duration::from_hours(1);
/// The time for which an idempotence key can be relied on (`YooKassa`: 24 hours), with a margin of the longest delay.
pub const KEY_LIFETIME: Duration = Duration::from_hours(23);
/// The time for which something is polled that the provider may never decide.
pub const GIVE_UP_AFTER: Duration = KEY_LIFETIME;
/// The lead time of the last poll before the order's deadline: long enough for the schedule, which runs every minute, and for the poll.
pub const LAST_POLL_BEFORE_DEADLINE: Duration = Duration::from_secs(90);
/// The delay between polls of a refund that the provider has named and not decided in [`GIVE_UP_AFTER`].
pub const DAILY: Duration = Duration::from_hours(24);

/// The polls of something that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Watch {
    /// The time since which it has been open.
    pub since: Timestamp,
    /// The number of polls so far.
    pub looks: u32,
    /// The time at which the next poll is due.
    pub next: Timestamp,
    /// The order's payment deadline: the provider is polled shortly before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
}

impl Watch {
    /// The polls of something open since `at`.
    pub fn begin(at: Timestamp) -> Self {
        Self { since: at, looks: 0, next: at.plus(FIRST_LOOK), deadline: None }
    }

    /// The same polls, with one of them [`LAST_POLL_BEFORE_DEADLINE`].
    #[must_use]
    pub fn with_deadline(self, deadline: Option<Timestamp>) -> Self {
        Self { deadline, ..self }.before_deadline(self.since)
    }

    /// Brings the next poll forward when it would be later than the last one before the deadline, and that one is still to come.
    fn before_deadline(mut self, now: Timestamp) -> Self {
        let last = self.deadline.map(|deadline| deadline.minus(LAST_POLL_BEFORE_DEADLINE));
        if let Some(last) = last.filter(|last| now < *last) {
            self.next = self.next.min(last);
        }
        self
    }

    /// True when a poll is due at `now`.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.next <= now
    }

    /// The polls after one at `now` that decided nothing, once a day without end.
    #[must_use]
    pub fn daily(self, now: Timestamp) -> Self {
        Self { looks: self.looks.saturating_add(1), next: now.plus(DAILY), ..self }
    }

    /// The polls after one at `now` that decided nothing: `None` when it was the last. Each delay is twice the one before.
    #[must_use]
    pub fn after_look(self, now: Timestamp) -> Option<Self> {
        if self.since.plus(GIVE_UP_AFTER) <= now {
            return None;
        }
        let looks = self.looks.saturating_add(1);
        let distance = FIRST_LOOK.saturating_mul(2_u32.saturating_pow(looks)).min(LONGEST_DISTANCE);
        Some(Self { looks, next: now.plus(distance), ..self }.before_deadline(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_poll_is_shortly_before_the_deadline() {
        let second = |second: i64| Timestamp::from_millis(second * 1_000);
        for (deadline, expected) in [(600, vec![120, 360, 510, 1_470]), (100, vec![10, 250]), (60, vec![120])]
        {
            let mut watch = Watch::begin(second(0)).with_deadline(Some(second(deadline)));
            let mut polls = Vec::new();
            while polls.len() < expected.len() {
                polls.push(watch.next.as_seconds());
                watch = watch.after_look(watch.next).unwrap();
            }
            assert_eq!(polls, expected, "{deadline}");
        }
    }

    #[test]
    fn looks_grow_further_apart_and_come_to_an_end() {
        let mut now = Timestamp::from_millis(0);
        let mut watch = Watch::begin(now);
        let mut minutes = Vec::new();
        loop {
            minutes.push((watch.next.as_millis() - now.as_millis()) / 60_000);
            now = watch.next;
            assert!(watch.is_due(now) && !watch.is_due(now.minus(Duration::from_millis(1))));
            match watch.after_look(now) {
                Some(next) => watch = next,
                None => break,
            }
        }
        assert_eq!(minutes[..6], [2, 4, 8, 16, 32, 60]);
        assert_eq!(minutes.len(), 27, "a payment that nobody decides costs so many looks");
        assert!(now.as_millis() <= 24 * 3_600_000, "while the provider still knows the key");
    }
}
