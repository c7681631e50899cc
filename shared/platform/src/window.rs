//! Counters of one subject in one stretch of time, such as the attempts of a source address in 15 minutes.
//!
//! A counter is an item of the counting context's own table, `THROTTLE#<subject>` / `WINDOW#<start>`. The table's TTL attribute has to be `expiresAt`.

use std::fmt;
use std::time::Duration;

use kernel::{Problem, Timestamp};
use serde::de::DeserializeOwned;

use crate::InvocationContext;
use crate::dynamo::{Expression, Key, Table, Updated};

/// The counter of one subject in one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    subject: String,
    start: i64,
    length: i64,
    /// The name of this one of the subject's counters; empty where the subject has one counter.
    part: String,
}

impl Window {
    /// The stretch of `length` that `now` falls into: the first began at the epoch, each follows the one before.
    pub fn at(now: Timestamp, length: Duration, subject: impl fmt::Display) -> Self {
        let length = i64::try_from(length.as_secs()).unwrap_or(i64::MAX).max(1);
        let start = now.as_seconds().div_euclid(length) * length;
        Self { subject: subject.to_string(), start, length, part: String::new() }
    }

    /// The counter `part` of the subject's in this stretch.
    #[must_use]
    pub fn part(self, part: &str) -> Self {
        Self { part: format!("#{part}"), ..self }
    }

    /// Whole seconds from `now` until the stretch is over; at least 1.
    pub fn seconds_left(&self, now: Timestamp) -> u32 {
        u32::try_from(self.end() - now.as_seconds()).unwrap_or(0).max(1)
    }

    /// The end of the stretch, in seconds since 1970; the item may be deleted then.
    fn end(&self) -> i64 {
        self.start.saturating_add(self.length)
    }

    /// The key of the counter's item.
    pub fn key(&self) -> Key {
        Key::new(format!("THROTTLE#{}", self.subject), format!("WINDOW#{}{}", self.start, self.part))
    }

    /// Takes one of `limit` places in the counter, which is in `table`. One atomic update, so that any number of functions together never take more
    /// than there are.
    pub async fn take_place<T: DeserializeOwned>(
        &self,
        table: &Table,
        call: &InvocationContext,
        limit: u32,
    ) -> Result<Updated<T>, Problem> {
        let update = Expression::update("SET expiresAt = :end ADD attempts :one")
            .when("attribute_not_exists(attempts) OR attempts < :limit")
            .value(":end", self.end())?
            .value(":one", 1)?
            .value(":limit", limit)?;
        table.update_now(call, &self.key(), update).await
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const QUARTER: Duration = Duration::from_mins(15);

    #[test]
    fn keys_are_what_they_were() {
        let window =
            Window::at(Timestamp::from_millis(1_700_000_123_456), QUARTER, "login:email:a@example.com");
        assert_eq!(window.key(), Key::new("THROTTLE#login:email:a@example.com", "WINDOW#1700000100"));
        let part = window.part("203.0.113.7");
        let key = Key::new("THROTTLE#login:email:a@example.com", "WINDOW#1700000100#203.0.113.7");
        assert_eq!(part.key(), key);
    }

    proptest! {
        #[test]
        fn every_moment_is_in_one_window(ms in 0_i64..4_000_000_000_000) {
            let now = Timestamp::from_millis(ms);
            let window = Window::at(now, QUARTER, "x");
            prop_assert!(window.start <= now.as_seconds() && now.as_seconds() < window.end());
            prop_assert!((1..=900).contains(&window.seconds_left(now)));
            let next = Timestamp::from_millis(window.end() * 1_000);
            prop_assert_eq!(Window::at(next, QUARTER, "x").start, window.end());
        }
    }
}
