//! The notifications table.
//!
//! | item | key | attributes |
//! |---|---|---|
//! | a message | `NOTIFICATION#<id>` / `NOTIFICATION` | see [`Notification`] |
//!
//! A message is `queued` from when it is first claimed and `sent` or `failed` for good afterwards. The outcome is the one
//! change that others hear of: it is journalled as `notifications.notification_sent` or
//! `notifications.notification_failed` with sequence 1. A claim is a lock and no news.

use std::time::Duration;

use kernel::ids::NotificationId;
use kernel::{EventId, NewEvent, OrderId, Problem, Timestamp, UserId};
use platform::dynamo::{Dynamo, Expression, Key, Refused, Table, TransactError, read};
use platform::journal::Journal;
use platform::{Call, Init, InitError};
use serde::{Deserialize, Serialize};

use crate::message::{Channel, Message};

/// How much longer than its invocation a claim lasts: the clocks of two machines may disagree by this much.
const CLOCK_SKEW: Duration = Duration::from_secs(5);
/// The sequence of a message's only journal row.
const SETTLED: u64 = 1;

/// What has become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is being sent, or waits to be tried again.
    Queued,
    /// The carrier has it.
    Sent,
    /// It can't be sent.
    Failed,
}

/// A message as the table holds it: ids and states, nothing about the person and nothing of what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// What has become of it.
    pub status: Status,
    /// How it travels.
    pub channel: Channel,
    /// Which template it was made from.
    pub template: String,
    /// To whom it goes.
    pub user_id: UserId,
    /// Which order it speaks of, if it does of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The event that it was sent because of, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// When it was first claimed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Until when the invocation that is sending it may live; absent once it is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_until: Option<Timestamp>,
    /// Why it can't be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

/// Whether this invocation is to send a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is, and nobody else until the claim runs out.
    Mine,
    /// Nobody is: it was sent, or can't be.
    Settled,
}

/// How sending ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The carrier has it.
    Sent,
    /// The carrier will never take it, in words without personal data.
    Failed(String),
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

/// What the event of a settled message says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventData<'a> {
    notification_id: NotificationId,
    status: Status,
    channel: Channel,
    template: &'a str,
    user_id: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<OrderId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
}

impl Store {
    /// The tables named by `NOTIFICATIONS_TABLE` and `JOURNAL_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let table = init.table("NOTIFICATIONS_TABLE").await?;
        Ok(Self { table, journal: Journal::connect(init).await?, dynamo: init.dynamo() })
    }

    /// Claims `message` for this invocation. While another one holds it the answer is `unavailable`: whoever asks comes
    /// back later, since the other may yet fail.
    pub async fn claim(&self, call: &Call, message: &Message) -> Result<Claim, Problem> {
        let until = call.deadline.plus(CLOCK_SKEW);
        let fresh = fresh(call.now, until, message);
        let put = self.table.put_new(&key(message.id), &fresh, Changed)?;
        match self.dynamo.transact(call, vec![put]).await {
            Ok(()) => Ok(Claim::Mine),
            Err(TransactError::Failed(problem)) => Err(problem),
            Err(TransactError::Refused(refused)) => match standing(&current(refused)?, call.now) {
                Standing::Settled => Ok(Claim::Settled),
                Standing::Held => Err(held()),
                Standing::Abandoned(since) => self.take_over(call, message.id, since, until).await,
            },
        }
    }

    /// Claims a message whose last claim ran out at `since`.
    async fn take_over(
        &self,
        call: &Call,
        id: NotificationId,
        since: Option<Timestamp>,
        until: Timestamp,
    ) -> Result<Claim, Problem> {
        let unchanged = match since {
            Some(_) => "#status = :queued AND claimedUntil = :since",
            None => "#status = :queued AND attribute_not_exists(claimedUntil)",
        };
        let mut claim = Expression::update("SET claimedUntil = :until, updatedAt = :now")
            .when(unchanged)
            .name("#status", "status")
            .value(":queued", Status::Queued)?
            .value(":until", until)?
            .value(":now", call.now)?;
        if let Some(since) = since {
            claim = claim.value(":since", since)?;
        }
        let claim = self.table.update(&key(id), claim, Changed)?;
        let made = self.dynamo.transact(call, vec![claim]).await;
        made.map(|()| Claim::Mine).map_err(|error| error.into_problem(|_| held()))
    }

    /// Notes how sending `message` ended, and journals it. A message that was settled by someone else meanwhile stays as
    /// it is.
    pub async fn settle(&self, call: &Call, message: &Message, outcome: &Outcome) -> Result<(), Problem> {
        let (status, kind, error_message) = match outcome {
            Outcome::Sent => (Status::Sent, "notifications.notification_sent", None),
            Outcome::Failed(why) => (Status::Failed, "notifications.notification_failed", Some(why.as_str())),
        };
        let data = EventData {
            notification_id: message.id,
            status,
            channel: message.body.channel(),
            template: message.template,
            user_id: message.user_id,
            order_id: message.order_id,
            event_id: message.event_id,
            error_message,
        };
        let event = NewEvent::new(kind, format!("notification/{}", message.id), SETTLED, &data)?;
        let update =
            self.table.update(&key(message.id), settled(call.now, status, error_message)?, Changed)?;
        let journal = self.journal.append(call, event)?.map(|_| Changed);
        match self.dynamo.transact(call, vec![update, journal]).await {
            Ok(()) => Ok(()),
            Err(TransactError::Failed(problem)) => Err(problem),
            Err(TransactError::Refused(_)) => {
                tracing::warn!(notification_id = %message.id, "the message was settled by another invocation");
                Ok(())
            }
        }
    }
}

/// A message that is claimed for the first time.
fn fresh(now: Timestamp, until: Timestamp, message: &Message) -> Notification {
    Notification {
        status: Status::Queued,
        channel: message.body.channel(),
        template: message.template.to_owned(),
        user_id: message.user_id,
        order_id: message.order_id,
        event_id: message.event_id,
        created_at: now,
        updated_at: now,
        claimed_until: Some(until),
        error_message: None,
    }
}

fn settled(now: Timestamp, status: Status, error_message: Option<&str>) -> Result<Expression, Problem> {
    let noted = match error_message {
        None => "SET #status = :status, updatedAt = :now REMOVE claimedUntil",
        Some(_) => "SET #status = :status, updatedAt = :now, errorMessage = :why REMOVE claimedUntil",
    };
    let expression = Expression::update(noted)
        .when("#status = :queued")
        .name("#status", "status")
        .value(":queued", Status::Queued)?
        .value(":status", status)?
        .value(":now", now)?;
    match error_message {
        None => Ok(expression),
        Some(why) => expression.value(":why", why),
    }
}

/// How a message stands that was claimed before.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    Settled,
    Held,
    Abandoned(Option<Timestamp>),
}

fn standing(notification: &Notification, now: Timestamp) -> Standing {
    match (notification.status, notification.claimed_until) {
        (Status::Sent | Status::Failed, _) => Standing::Settled,
        (Status::Queued, Some(until)) if until > now => Standing::Held,
        (Status::Queued, until) => Standing::Abandoned(until),
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
#[path = "store_tests.rs"]
mod tests;
