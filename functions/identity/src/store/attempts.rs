//! Counters of attempts to log in.

use kernel::{Problem, Timestamp};
use platform::InvocationContext;
use platform::dynamo::{Expression, Key, Rows, Updated, Write};
use platform::window::Window;
use serde::Deserialize;

use super::Store;

/// The admission of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// The attempt may be made, and is counted.
    Acquired,
    /// As many attempts as are allowed are being made at this moment, and may turn out to be no failures.
    Busy,
    /// The attempt may not be made: there were too many failures.
    Exhausted,
}

/// A counter as it is kept.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Counter {
    /// Attempts that failed.
    failures: u32,
}

/// The response to a write of a known source; none of its members is needed.
#[derive(Deserialize)]
struct Known {}

/// A source that a login was used from.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KnownItem {
    expires_at: i64,
}

/// The key of a counter.
#[derive(Deserialize)]
struct CounterRow {
    #[serde(rename = "SK")]
    sk: String,
}

/// Counters of one subject that are forgotten at once: as many as a transaction has actions. Others end with their windows.
const MAX_FORGOTTEN: u32 = 100;

impl Store {
    /// True when `source`, a hash that is part of the key, is known at `now`.
    pub(crate) async fn knows_source(&self, source: &str, now: Timestamp) -> Result<bool, Problem> {
        let item: Option<KnownItem> = self.table.get(&known_key(source)).await?;
        Ok(item.is_some_and(|item| item.expires_at > now.as_seconds()))
    }

    /// Knows `source` until `until`.
    pub(crate) async fn know_source(
        &self,
        call: &InvocationContext,
        source: &str,
        until: Timestamp,
    ) -> Result<(), Problem> {
        let update = Expression::update("SET expiresAt = :until").value(":until", until.as_seconds())?;
        self.table.update_now::<Known>(call, &known_key(source), update).await.map(|_| ())
    }

    /// Forgets the counters of `subject`.
    pub(crate) async fn forget_failures(
        &self,
        call: &InvocationContext,
        subject: &str,
    ) -> Result<(), Problem> {
        let partition = format!("THROTTLE#{subject}");
        let rows: Rows<CounterRow> = self.table.query(partition.clone()).limit(MAX_FORGOTTEN).rows().await?;
        let keys = rows.items.into_iter().map(|row| Key::new(partition.clone(), row.sk));
        let writes: Vec<Write<()>> =
            keys.map(|key| self.table.delete(&key, Expression::default(), ())).collect::<Result<_, _>>()?;
        if writes.is_empty() {
            return Ok(());
        }
        let commit = self.dynamo.commit(call, writes).await?;
        commit.ok_or_else(|_| Problem::internal("a counter could not be forgotten"))
    }

    /// Takes one of `limit` places in `window`. One atomic update, so that any number of functions together never let
    /// more attempts in than there are places.
    pub(crate) async fn acquire_slot(
        &self,
        call: &InvocationContext,
        window: &Window,
        limit: u32,
    ) -> Result<Slot, Problem> {
        Ok(place(&window.take_place(&self.table, call, limit).await?, limit))
    }

    /// Makes a place free again: the attempt in it was no failure, or was not made.
    pub(crate) async fn free_place(&self, call: &InvocationContext, window: &Window) -> Result<(), Problem> {
        let update = Expression::update("ADD attempts :less")
            .when("attempts > :none")
            .value(":less", -1)?
            .value(":none", 0)?;
        self.table.update_now::<Counter>(call, &window.key(), update).await.map(|_| ())
    }

    /// Says that the attempt in a place failed. It stays taken until the window is over.
    pub(crate) async fn keep_place(&self, call: &InvocationContext, window: &Window) -> Result<(), Problem> {
        let update = Expression::update("ADD failures :one").value(":one", 1)?;
        self.table.update_now::<Counter>(call, &window.key(), update).await.map(|_| ())
    }
}

fn known_key(source: &str) -> Key {
    Key::new(format!("KNOWN#{source}"), "KNOWN")
}

fn place(updated: &Updated<Counter>, limit: u32) -> Slot {
    match updated {
        Updated::Made(_) => Slot::Acquired,
        Updated::Refused(Some(counter)) if counter.failures >= limit => Slot::Exhausted,
        Updated::Refused(_) => Slot::Busy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_they_were() {
        assert_eq!(known_key("0a1b"), Key::new("KNOWN#0a1b", "KNOWN"));
    }

    #[test]
    fn those_who_are_still_trying_are_told_from_those_who_failed() {
        let refused = |failures| place(&Updated::Refused(Some(Counter { failures })), 10);
        assert_eq!(refused(9), Slot::Busy);
        assert_eq!(refused(10), Slot::Exhausted);
        assert_eq!(place(&Updated::Refused(None), 10), Slot::Busy);
        assert_eq!(place(&Updated::Made(Counter::default()), 10), Slot::Acquired);
        let read = |item| serde_json::from_value::<Counter>(item).unwrap().failures;
        assert_eq!(read(serde_json::json!({"attempts": 3, "expiresAt": 1})), 0);
        assert_eq!(read(serde_json::json!({"attempts": 3, "failures": 2})), 2);
    }
}
