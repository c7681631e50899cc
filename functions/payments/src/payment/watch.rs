//! When the provider is asked about what is not decided.
//!
//! Providers tell what they decide, but a message can be lost, and an answer too. So whatever is open is looked at, at growing distances, until it
//! is decided; and given up, loudly, when a provider no longer promises that a repeat does nothing twice.

use std::time::Duration;

use kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// How long after a change the provider is first asked. By then its own message has come, as a rule.
pub const FIRST_LOOK: Duration = Duration::from_mins(2);
/// The longest distance between two looks.
pub const LONGEST_DISTANCE: Duration = Duration::from_hours(1);
/// How long something is looked at: as long as a provider knows idempotence keys (`YooKassa`: 24 hours), less the longest distance.
pub const GIVE_UP_AFTER: Duration = Duration::from_hours(23);

/// The looks at something that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Watch {
    /// Since when it has been open.
    pub since: Timestamp,
    /// How many looks there have been.
    pub looks: u32,
    /// When the next one is due.
    pub next: Timestamp,
}

impl Watch {
    /// The looks at what is open since `at`.
    pub fn begin(at: Timestamp) -> Self {
        Self { since: at, looks: 0, next: at.plus(FIRST_LOOK) }
    }

    /// Whether a look is due at `now`.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.next <= now
    }

    /// After a look at `now` that decided nothing: `None` when it was the last. Each distance is twice the one before.
    #[must_use]
    pub fn after_look(self, now: Timestamp) -> Option<Self> {
        if self.since.plus(GIVE_UP_AFTER) <= now {
            return None;
        }
        let looks = self.looks.saturating_add(1);
        let distance = FIRST_LOOK.saturating_mul(2_u32.saturating_pow(looks)).min(LONGEST_DISTANCE);
        Some(Self { since: self.since, looks, next: now.plus(distance) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
