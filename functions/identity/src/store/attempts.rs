//! Counters of failed logins.

use std::fmt;
use std::time::Duration;

use kernel::{Problem, Timestamp};
use platform::dynamo::{Expression, Key};
use serde::Deserialize;

use super::Store;

/// The counter of one subject in one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    subject: String,
    start: i64,
    length: i64,
}

/// What an update of a counter answers.
#[derive(Deserialize)]
struct Counter {}

impl Window {
    /// The stretch of `length` that `now` falls into: the first began at the epoch, each follows the one before.
    pub(crate) fn at(now: Timestamp, length: Duration, subject: impl fmt::Display) -> Self {
        let length = i64::try_from(length.as_secs()).unwrap_or(i64::MAX).max(1);
        let start = now.as_seconds().div_euclid(length) * length;
        Self { subject: subject.to_string(), start, length }
    }

    /// Whole seconds from `now` until the stretch is over; at least 1.
    pub(crate) fn seconds_left(&self, now: Timestamp) -> u32 {
        u32::try_from(self.end() - now.as_seconds()).unwrap_or(0).max(1)
    }

    fn end(&self) -> i64 {
        self.start.saturating_add(self.length)
    }

    fn key(&self) -> Key {
        Key::new(format!("THROTTLE#{}", self.subject), format!("WINDOW#{}", self.start))
    }
}

impl Store {
    /// Adds one to the counter unless it has reached `limit`; says whether it had not. One atomic update, so that any
    /// number of functions together never count past the limit.
    pub(crate) async fn count(&self, window: &Window, limit: u32) -> Result<bool, Problem> {
        let update = Expression::update("SET expiresAt = :end ADD failures :one")
            .when("attribute_not_exists(failures) OR failures < :limit")
            .value(":end", window.end())?
            .value(":one", 1)?
            .value(":limit", limit)?;
        let counted: Option<Counter> = self.table.update_now(&window.key(), update).await?;
        Ok(counted.is_some())
    }

    /// Takes one from the counter again, never below nothing.
    pub(crate) async fn uncount(&self, window: &Window) -> Result<(), Problem> {
        let update = Expression::update("ADD failures :less")
            .when("failures > :none")
            .value(":less", -1)?
            .value(":none", 0)?;
        let _: Option<Counter> = self.table.update_now(&window.key(), update).await?;
        Ok(())
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
