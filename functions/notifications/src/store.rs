//! The notifications table.
//!
//! | item | key | attributes |
//! |---|---|---|
//! | a message | `NOTIFICATION#<id>` / `NOTIFICATION` | see [`Notification`] |
//! | a budget of a day | `BUDGET#<class>#<channel>#<whose>` / `DAY#<day>` | `used`, `expiresAt`; see [`crate::budget`] |
//!
//! A message is `queued` from when it is requested or first claimed. Each outcome is journalled under the message's next version:
//! `notifications.notification_queued` for one that was requested, then `.._sent`, `.._unconfirmed` or `.._failed`, then the carrier's report. A
//! claim is a lock and publishes no event.
//!
//! A message is counted in its budgets by the transaction that writes it for the first time, so it is counted once, however often it is tried, and
//! never without being there.

use kernel::ids::NotificationId;
use kernel::{Problem, Timestamp};
use platform::dynamo::{Commit, Dynamo, Expression, FailedCondition, Key, Table, Write, read};
use platform::idempotency::KeyTaken;
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext};

use crate::budget::{Counter, Scope};
use crate::message::Message;
use crate::record::{CLOCK_SKEW, Notification, Outcome, Standing, Status, standing};

/// The decision whether this invocation sends a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// This invocation sends it, and no other until the claim runs out. Holds the message as stored.
    Mine(Box<Notification>),
    /// No invocation does: another one claimed the message and ended without an outcome, so the carrier may have it. Holds the message as stored.
    Lost(Box<Notification>),
    /// No invocation does: it was sent, may have been sent, or can't be.
    Settled,
    /// No invocation does: a budget of the day is used up, and that was recorded.
    OverBudget(Scope),
}

/// The notifications.
#[derive(Clone)]
pub struct Store {
    table: Table,
    journal: Journal,
    dynamo: Dynamo,
}

/// Another writer changed the message first.
struct Changed;

/// The reason for which a requested message was not stored.
enum Unwritten {
    Changed,
    KeyTaken,
    OverBudget(Scope),
}

/// The result of storing a requested message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is stored.
    New,
    /// Another request with the same `Idempotency-Key` was faster.
    KeyTaken,
    /// A budget of the day is used up.
    OverBudget(Scope),
}

/// The reason for which a message was not claimed.
enum Unclaimed {
    Changed,
    OverBudget(Scope),
}

impl Store {
    /// Works on the tables named by `NOTIFICATIONS_TABLE` and `JOURNAL_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let table = init.table("NOTIFICATIONS_TABLE").await?;
        Ok(Self { table, journal: Journal::connect(init).await?, dynamo: init.dynamo() })
    }

    /// The message `id`.
    pub async fn find(&self, id: NotificationId) -> Result<Option<Notification>, Problem> {
        self.table.get(&key(id)).await
    }

    /// Stores a requested message with its first outcome, together with `record` of the request, and counts it in `counters`.
    pub async fn create(
        &self,
        call: &InvocationContext,
        id: NotificationId,
        notification: &Notification,
        outcome: &Outcome,
        record: Option<Write<KeyTaken>>,
        counters: &[Counter],
    ) -> Result<Created, Problem> {
        let mut writes = vec![
            self.table.put_new(&key(id), notification, Unwritten::Changed)?,
            self.told(call, id, notification, outcome)?.map(|_| Unwritten::Changed),
        ];
        writes.extend(record.map(|write| write.map(|_| Unwritten::KeyTaken)));
        for counter in counters {
            writes.push(self.count(counter)?.map(Unwritten::OverBudget));
        }
        match self.dynamo.commit(call, writes).await? {
            Commit::Committed => Ok(Created::New),
            Commit::Refused(refused) => {
                let by_key = |one: &FailedCondition<Unwritten>| matches!(one.reason, Unwritten::KeyTaken);
                if refused.iter().any(by_key) {
                    return Ok(Created::KeyTaken);
                }
                let spent = refused.iter().find_map(|one| match one.reason {
                    Unwritten::OverBudget(scope) => Some(scope),
                    Unwritten::Changed | Unwritten::KeyTaken => None,
                });
                if let Some(scope) = spent {
                    return Ok(Created::OverBudget(scope));
                }
                Err(Problem::internal("a new message's id is in use"))
            }
        }
    }

    /// Claims `message` for this invocation and counts it in `counters`. While another invocation holds the claim it fails with `unavailable`: the
    /// caller retries later, since the other may yet fail.
    pub async fn claim(
        &self,
        call: &InvocationContext,
        message: &Message,
        counters: &[Counter],
    ) -> Result<Claim, Problem> {
        let until = call.deadline.plus(CLOCK_SKEW);
        let fresh = Notification::claimed(call.now, until, message);
        let mut writes = vec![self.table.put_new(&key(message.id), &fresh, Unclaimed::Changed)?];
        for counter in counters {
            writes.push(self.count(counter)?.map(Unclaimed::OverBudget));
        }
        let Commit::Refused(refused) = self.dynamo.commit(call, writes).await? else {
            return Ok(Claim::Mine(Box::new(fresh)));
        };
        // In the order of the writes: an existing item decides, regardless of the budgets.
        let first = refused.into_iter().next().ok_or_else(held)?;
        let found = match first.reason {
            Unclaimed::Changed => read(first.current.ok_or_else(held)?)?,
            Unclaimed::OverBudget(scope) => {
                self.refuse(call, message, scope.reason()).await?;
                return Ok(Claim::OverBudget(scope));
            }
        };
        match standing(&found, call.now) {
            Standing::Settled => Ok(Claim::Settled),
            Standing::Held => Err(held()),
            Standing::Lost => Ok(Claim::Lost(Box::new(found))),
            Standing::Free => {
                self.take(call, message.id, until).await?;
                Ok(Claim::Mine(Box::new(Notification { claimed_until: Some(until), ..found })))
            }
        }
    }

    /// Records that `message` is not sent, and why. An earlier outcome stays as it is.
    pub async fn refuse(
        &self,
        call: &InvocationContext,
        message: &Message,
        why: &str,
    ) -> Result<(), Problem> {
        let outcome = Outcome::Failed(why.to_owned());
        let failed = Notification::claimed(call.now, call.now, message).settled(call.now, outcome.clone());
        let put = self.table.put_new(&key(message.id), &failed, Changed)?;
        let told = self.told(call, message.id, &failed, &outcome)?.map(|_| Changed);
        match self.dynamo.commit(call, vec![put, told]).await? {
            Commit::Committed => Ok(()),
            Commit::Refused(refused) => {
                let current = refused.into_iter().find_map(|one| one.current).ok_or_else(held)?;
                let found: Notification = read(current)?;
                // The item was written by a request for the message, and no attempt was made yet.
                match standing(&found, call.now) {
                    Standing::Free => self.settle(call, message.id, &found, outcome).await.map(|_| ()),
                    Standing::Held => Err(held()),
                    Standing::Settled | Standing::Lost => Ok(()),
                }
            }
        }
    }

    /// Counts one message, unless the counter has reached its limit.
    fn count(&self, counter: &Counter) -> Result<Write<Scope>, Problem> {
        let count = Expression::update("SET expiresAt = :end ADD used :one")
            .when("(attribute_not_exists(used) AND :limit > :none) OR used < :limit")
            .value(":end", counter.expires_at)?
            .number(":one", 1)
            .number(":none", 0)
            .number(":limit", counter.limit);
        self.table.update(&counter.key, count, counter.scope)
    }

    /// Claims a message that no invocation is sending.
    async fn take(
        &self,
        call: &InvocationContext,
        id: NotificationId,
        until: Timestamp,
    ) -> Result<(), Problem> {
        let claim = Expression::update("SET claimedUntil = :until, updatedAt = :now")
            .when("#status = :queued AND attribute_not_exists(claimedUntil)")
            .name("#status", "status")
            .value(":queued", Status::Queued)?
            .value(":until", until)?
            .value(":now", call.now)?;
        let claim = self.table.update(&key(id), claim, Changed)?;
        self.dynamo.commit(call, vec![claim]).await?.ok_or_else(|_| held())
    }

    /// Ends this invocation's claim on a message that was certainly not sent, so that the next attempt may send it.
    pub async fn release(
        &self,
        call: &InvocationContext,
        id: NotificationId,
        claimed: &Notification,
    ) -> Result<(), Problem> {
        let release = Expression::update("SET updatedAt = :now REMOVE claimedUntil")
            .when("#status = :queued AND claimedUntil = :until")
            .name("#status", "status")
            .value(":queued", Status::Queued)?
            .value(":until", claimed.claimed_until)?
            .value(":now", call.now)?;
        let release = self.table.update(&key(id), release, Changed)?;
        self.dynamo.commit(call, vec![release]).await?.ok_or_else(|_| held())
    }

    /// Records the outcome of the message that was read as `seen`, and journals it. A message that another writer changed meanwhile stays as it
    /// is; then it returns false.
    pub async fn settle(
        &self,
        call: &InvocationContext,
        id: NotificationId,
        seen: &Notification,
        outcome: Outcome,
    ) -> Result<bool, Problem> {
        let settled = seen.settled(call.now, outcome.clone());
        let update = self.table.update(&key(id), change(seen, &settled)?, Changed)?;
        let told = self.told(call, id, &settled, &outcome)?.map(|_| Changed);
        let is_settled = self.dynamo.commit(call, vec![update, told]).await?.is_committed();
        if !is_settled {
            tracing::warn!(notification_id = %id, "the message was settled by another invocation");
        }
        Ok(is_settled)
    }

    fn told(
        &self,
        call: &InvocationContext,
        id: NotificationId,
        notification: &Notification,
        outcome: &Outcome,
    ) -> Result<Write<platform::journal::SequenceTaken>, Problem> {
        self.journal.append(call, outcome.event(id, notification)?)
    }
}

/// Changes the message that was read as `seen` to `settled`.
fn change(seen: &Notification, settled: &Notification) -> Result<Expression, Problem> {
    let noted = match settled.error_message {
        None => "SET #status = :status, version = :next, updatedAt = :now REMOVE claimedUntil, errorMessage",
        Some(_) => {
            "SET #status = :status, version = :next, updatedAt = :now, errorMessage = :why REMOVE claimedUntil"
        }
    };
    // A message from before they were counted has no version.
    let expression = Expression::update(noted)
        .when("#status = :seen AND (version = :version OR attribute_not_exists(version))")
        .name("#status", "status")
        .value(":seen", seen.status)?
        .value(":version", seen.version)?
        .value(":status", settled.status)?
        .value(":next", settled.version)?
        .value(":now", settled.updated_at)?;
    match &settled.error_message {
        None => Ok(expression),
        Some(why) => expression.value(":why", why),
    }
}

fn held() -> Problem {
    Problem::unavailable("another invocation is sending this message")
}

fn key(id: NotificationId) -> Key {
    Key::new(format!("NOTIFICATION#{id}"), "NOTIFICATION")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_they_were() {
        let id = "36c4f99e-9b85-5833-b23d-83e41eb93cb2".parse().unwrap();
        assert_eq!(key(id), Key::new("NOTIFICATION#36c4f99e-9b85-5833-b23d-83e41eb93cb2", "NOTIFICATION"));
    }
}
