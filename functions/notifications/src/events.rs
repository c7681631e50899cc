//! The events of messages, and the data of each: ids and states, never a recipient or words of a message.
//!
//! The comments on types and members are published as the descriptions in their schemas (`docs/events`).

use kernel::ids::NotificationId;
use kernel::{EventId, NewEvent, OrderId, Problem, UserId, events};
use schemars::JsonSchema;
use serde::Serialize;

use crate::recipient::Channel;
use crate::record::{Notification, Outcome, Status};
use crate::template::Template;

events! {
    NotificationQueued(NotificationChanged): "notifications.notification_queued", "somebody asked for a message";
    NotificationSent(NotificationChanged): "notifications.notification_sent", "a carrier has a message";
    NotificationUnconfirmed(NotificationChanged):
        "notifications.notification_unconfirmed", "a carrier may have a message, and it is not sent again";
    NotificationDelivered(NotificationChanged): "notifications.notification_delivered", "a message arrived";
    NotificationFailed(NotificationChanged): "notifications.notification_failed", "a message can't be sent, or came back";
}

/// What a message has come to. The aggregate is `notification/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotificationChanged {
    /// Which message.
    pub notification_id: NotificationId,
    /// `queued`, `sent`, `unconfirmed`, `delivered` or `failed`.
    #[schemars(with = "String")]
    pub status: Status,
    /// `email` or `sms`.
    #[schemars(with = "String")]
    pub channel: Channel,
    /// Which template.
    #[schemars(with = "String")]
    pub template: Template,
    /// Whose account it goes to, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Which order it speaks of, if it does of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The event that it was sent because of, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// Why it failed, or is unconfirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

impl NotificationChanged {
    pub(crate) fn of(id: NotificationId, notification: &Notification) -> Self {
        Self {
            notification_id: id,
            status: notification.status,
            channel: notification.channel,
            template: notification.template,
            user_id: notification.user_id,
            order_id: notification.order_id,
            event_id: notification.event_id,
            error_message: notification.error_message.clone(),
        }
    }
}

impl Outcome {
    /// The event that publishes it; `notification` is the message afterwards.
    pub(crate) fn event(&self, id: NotificationId, notification: &Notification) -> Result<NewEvent, Problem> {
        let (aggregate, version) = (format!("notification/{id}"), notification.version);
        let data = NotificationChanged::of(id, notification);
        match self {
            Self::Queued => NewEvent::new(aggregate, version, &NotificationQueued(data)),
            Self::Sent => NewEvent::new(aggregate, version, &NotificationSent(data)),
            Self::Unconfirmed(_) => NewEvent::new(aggregate, version, &NotificationUnconfirmed(data)),
            Self::Delivered => NewEvent::new(aggregate, version, &NotificationDelivered(data)),
            Self::Failed(_) => NewEvent::new(aggregate, version, &NotificationFailed(data)),
        }
    }
}
