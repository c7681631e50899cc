//! The notifications table.
//!
//! | item | key | attributes |
//! |---|---|---|
//! | a message | `NOTIFICATION#<id>` / `NOTIFICATION` | see [`Notification`] |
//!
//! A message is `queued` from when it is asked for or first claimed. What it comes to is journalled, each time under its next version:
//! `notifications.notification_queued` for one that was asked for, then `.._sent`, `.._unconfirmed` or `.._failed`, then what the carrier
//! reports. A claim is a lock and no news.

use kernel::ids::NotificationId;
use kernel::{NewEvent, Problem, Timestamp};
use platform::dynamo::{Dynamo, Expression, Key, Refused, Table, TransactError, Write, read};
use platform::idempotency::KeyTaken;
use platform::journal::Journal;
use platform::{Call, Init, InitError};

use crate::message::Message;
use crate::record::{CLOCK_SKEW, EventData, Notification, Outcome, Standing, Status, standing};

/// Whether this invocation is to send a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is, and nobody else until the claim runs out. Holds the message as it is kept.
    Mine(Box<Notification>),
    /// No invocation is: another one claimed the message and ended without an outcome, so the carrier may have it. Holds the message as it is
    /// kept.
    Lost(Box<Notification>),
    /// No invocation is: it was sent, may have been sent, or can't be.
    Settled,
}

/// The notifications.
#[derive(Clone)]
pub struct Store {
    table: Table,
    journal: Journal,
    dynamo: Dynamo,
}

/// Someone else changed the message first.
struct Changed;

/// Why a message that was asked for was not written down.
enum Unwritten {
    Changed,
    KeyTaken,
}

/// What became of writing down a message that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is kept.
    New,
    /// Another request with the same `Idempotency-Key` was faster.
    KeyTaken,
}

impl Store {
    /// The tables named by `NOTIFICATIONS_TABLE` and `JOURNAL_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let table = init.table("NOTIFICATIONS_TABLE").await?;
        Ok(Self { table, journal: Journal::connect(init).await?, dynamo: init.dynamo() })
    }

    /// The message `id`.
    pub async fn find(&self, id: NotificationId) -> Result<Option<Notification>, Problem> {
        self.table.get(&key(id)).await
    }

    /// Writes down a message that somebody asked for, as it was settled first, together with `record` of the request.
    pub async fn create(
        &self,
        call: &Call,
        id: NotificationId,
        notification: &Notification,
        outcome: &Outcome,
        record: Option<Write<KeyTaken>>,
    ) -> Result<Created, Problem> {
        let mut writes = vec![
            self.table.put_new(&key(id), notification, Unwritten::Changed)?,
            self.told(call, id, notification, outcome)?.map(|_| Unwritten::Changed),
        ];
        writes.extend(record.map(|write| write.map(|_| Unwritten::KeyTaken)));
        match self.dynamo.transact(call, writes).await {
            Ok(()) => Ok(Created::New),
            Err(TransactError::Failed(problem)) => Err(problem),
            Err(TransactError::Refused(refused)) => {
                let by_key = |one: &Refused<Unwritten>| matches!(one.reason, Unwritten::KeyTaken);
                if refused.iter().any(by_key) {
                    return Ok(Created::KeyTaken);
                }
                Err(Problem::internal("a new message's id is in use"))
            }
        }
    }

    /// Claims `message` for this invocation. While another one holds it the answer is `unavailable`: whoever asks comes
    /// back later, since the other may yet fail.
    pub async fn claim(&self, call: &Call, message: &Message) -> Result<Claim, Problem> {
        let until = call.deadline.plus(CLOCK_SKEW);
        let fresh = Notification::claimed(call.now, until, message);
        let put = self.table.put_new(&key(message.id), &fresh, Changed)?;
        let refused = match self.dynamo.transact(call, vec![put]).await {
            Ok(()) => return Ok(Claim::Mine(Box::new(fresh))),
            Err(TransactError::Failed(problem)) => return Err(problem),
            Err(TransactError::Refused(refused)) => refused,
        };
        let found = current(refused)?;
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

    /// Claims a message that no invocation is sending.
    async fn take(&self, call: &Call, id: NotificationId, until: Timestamp) -> Result<(), Problem> {
        let claim = Expression::update("SET claimedUntil = :until, updatedAt = :now")
            .when("#status = :queued AND attribute_not_exists(claimedUntil)")
            .name("#status", "status")
            .value(":queued", Status::Queued)?
            .value(":until", until)?
            .value(":now", call.now)?;
        let claim = self.table.update(&key(id), claim, Changed)?;
        self.dynamo.transact(call, vec![claim]).await.map_err(|error| error.into_problem(|_| held()))
    }

    /// Ends this invocation's claim on a message that was certainly not sent, so that the next attempt may send it.
    pub async fn release(
        &self,
        call: &Call,
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
        self.dynamo.transact(call, vec![release]).await.map_err(|error| error.into_problem(|_| held()))
    }

    /// Notes what the message that was found as `seen` has come to, and journals it. A message that someone else changed
    /// meanwhile stays as it is; then the answer is false.
    pub async fn settle(
        &self,
        call: &Call,
        id: NotificationId,
        seen: &Notification,
        outcome: Outcome,
    ) -> Result<bool, Problem> {
        let settled = seen.settled(call.now, outcome.clone());
        let update = self.table.update(&key(id), change(seen, &settled)?, Changed)?;
        let told = self.told(call, id, &settled, &outcome)?.map(|_| Changed);
        match self.dynamo.transact(call, vec![update, told]).await {
            Ok(()) => Ok(true),
            Err(TransactError::Failed(problem)) => Err(problem),
            Err(TransactError::Refused(_)) => {
                tracing::warn!(notification_id = %id, "the message was settled by another invocation");
                Ok(false)
            }
        }
    }

    fn told(
        &self,
        call: &Call,
        id: NotificationId,
        notification: &Notification,
        outcome: &Outcome,
    ) -> Result<Write<platform::journal::SequenceTaken>, Problem> {
        let data = EventData::of(id, notification);
        let aggregate = format!("notification/{id}");
        self.journal.append(call, NewEvent::new(outcome.event(), aggregate, notification.version, &data)?)
    }
}

/// Makes the message that was found as `seen` what it is as `settled`.
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

fn current(refused: Vec<Refused<Changed>>) -> Result<Notification, Problem> {
    let item = refused.into_iter().next().and_then(|refused| refused.current);
    read(item.ok_or_else(held)?)
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
