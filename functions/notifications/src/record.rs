//! A stored message, and its transitions. Pure.

use std::time::Duration;

use kernel::{EventId, OrderId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::message::Message;
use crate::recipient::Channel;
use crate::template::Template;

/// The time by which a claim outlasts its invocation: the clocks of two machines may disagree by this much.
pub(crate) const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// The status of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is being sent, or waits to be tried again.
    Queued,
    /// The carrier has it.
    Sent,
    /// The carrier may have it: its answer was lost. It is not sent again.
    Unconfirmed,
    /// The carrier reported that it was delivered. Not every carrier does.
    Delivered,
    /// It can't be sent, or was returned.
    Failed,
}

/// A stored message: ids and states. It has the recipient in a masked form that can't be written to, and nothing of the content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// The status.
    pub status: Status,
    /// The channel.
    pub channel: Channel,
    /// The recipient, masked.
    #[serde(default)]
    pub to: String,
    /// The template that it was made from.
    pub template: Template,
    /// The recipient's account, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The order that it is about, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The event that caused it, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// The time at which it was created.
    pub created_at: Timestamp,
    /// The time of its last change.
    pub updated_at: Timestamp,
    /// The number of its journalled changes, and so the sequence of the last one.
    #[serde(default)]
    pub version: u64,
    /// The time until which the invocation that is sending it may live; absent while no invocation is. An attempt that ended without sending
    /// removes it, so a time that is over means that the attempt's outcome was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_until: Option<Timestamp>,
    /// The reason for which it can't be sent, was returned, or is unconfirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

impl Notification {
    /// A message that is created with a claim until `until`, which publishes no event.
    pub(crate) fn claimed(now: Timestamp, until: Timestamp, message: &Message) -> Self {
        Self {
            status: Status::Queued,
            channel: message.to.channel(),
            to: message.to.masked(),
            template: message.template,
            user_id: message.user_id,
            order_id: message.order_id,
            event_id: message.event_id,
            created_at: now,
            updated_at: now,
            version: 0,
            claimed_until: Some(until),
            error_message: None,
        }
    }

    /// The message after `outcome`.
    pub(crate) fn settled(&self, now: Timestamp, outcome: Outcome) -> Self {
        let (status, error_message) = match outcome {
            Outcome::Queued => (Status::Queued, None),
            Outcome::Sent => (Status::Sent, None),
            Outcome::Unconfirmed(why) => (Status::Unconfirmed, Some(why)),
            Outcome::Delivered => (Status::Delivered, None),
            Outcome::Failed(why) => (Status::Failed, Some(why)),
        };
        Self {
            status,
            error_message,
            updated_at: now,
            version: self.version + 1,
            claimed_until: None,
            ..self.clone()
        }
    }
}

/// The outcome of a message, which is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was requested.
    Queued,
    /// The carrier has it.
    Sent,
    /// The carrier may have it, in words without personal data.
    Unconfirmed(String),
    /// It was delivered.
    Delivered,
    /// It can't be sent, or was returned, in words without personal data.
    Failed(String),
}

/// The state of a message that was claimed or requested before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It was sent, may have been sent, or can't be.
    Settled,
    /// Another invocation is sending it.
    Held,
    /// No invocation is sending it, and every attempt has recorded its outcome.
    Free,
    /// The invocation that claimed it ended without writing down the outcome, so the carrier may have it.
    Lost,
}

pub(crate) fn standing(notification: &Notification, now: Timestamp) -> Standing {
    match (notification.status, notification.claimed_until) {
        (Status::Sent | Status::Unconfirmed | Status::Delivered | Status::Failed, _) => Standing::Settled,
        (Status::Queued, Some(until)) if until > now => Standing::Held,
        (Status::Queued, Some(_)) => Standing::Lost,
        (Status::Queued, None) => Standing::Free,
    }
}

/// A carrier's report on a message that it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// It was delivered.
    Delivered,
    /// It was returned, in words without personal data.
    Returned(String),
}

/// The effect of a report on a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reported {
    /// The message gets this outcome.
    Becomes(Outcome),
    /// None: the report is known, or comes too late to count.
    Nothing,
    /// None yet: it has not been recorded that the carrier took the message.
    TooEarly,
}

/// The effect of `report` on a message in `status`. Mail can be returned after it was delivered, and never the other way round.
pub(crate) fn reported(status: Status, report: Report) -> Reported {
    match (status, report) {
        (Status::Queued, _) => Reported::TooEarly,
        (Status::Sent | Status::Unconfirmed, Report::Delivered) => Reported::Becomes(Outcome::Delivered),
        (Status::Sent | Status::Unconfirmed | Status::Delivered, Report::Returned(why)) => {
            Reported::Becomes(Outcome::Failed(why))
        }
        (Status::Delivered, Report::Delivered) | (Status::Failed, _) => Reported::Nothing,
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
