//! Which messages an event means for a person.

use std::fmt;

use identity::{Contact, Email, Locale, Phone};
use kernel::ids::NotificationId;
use kernel::{EventId, OrderId, Problem, UserId};
use serde::{Deserialize, Serialize};

use crate::order_event::OrderEvent;
use crate::templates::{self, Texts};

/// How a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// By email.
    Email,
    /// By text message.
    Sms,
}

impl Channel {
    /// The name, as it stands in ids and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }
}

/// A message to one person. Not `Debug`: what it says is nobody's business but theirs.
pub struct Message {
    /// The same for the same event and channel.
    pub id: NotificationId,
    /// The event that the message is about, if it is about one.
    pub event_id: Option<EventId>,
    /// Which template it was made from.
    pub template: &'static str,
    /// To whom it goes.
    pub user_id: UserId,
    /// Which order it speaks of, if it does of one.
    pub order_id: Option<OrderId>,
    /// What is sent, and where.
    pub body: Body,
}

/// What is sent, and where.
pub enum Body {
    /// A letter.
    Email {
        /// Where it goes.
        to: Email,
        /// The subject, in the person's language.
        subject: String,
        /// The subject in ASCII, for carriers that have no room for more.
        ascii_subject: String,
        /// The letter.
        text: String,
    },
    /// A text message.
    Sms {
        /// Where it goes.
        to: Phone,
        /// The text.
        text: String,
    },
}

impl Body {
    /// How it travels.
    pub fn channel(&self) -> Channel {
        match self {
            Self::Email { .. } => Channel::Email,
            Self::Sms { .. } => Channel::Sms,
        }
    }
}

/// Everything that `contact` is sent because of the event: one message for each way of reaching them.
pub fn messages(event_id: EventId, event: &OrderEvent, contact: &Contact) -> Result<Vec<Message>, Problem> {
    let texts = templates::render(event, &contact.first_name, contact.locale)?;
    // English subjects are plain ASCII: they are made of fixed words and a number.
    let ascii_subject = templates::render(event, &contact.first_name, Locale::En)?.subject;
    let Texts { subject, email, sms } = texts;
    let by_email = contact.email.clone().map(|to| Body::Email { to, subject, ascii_subject, text: email });
    let by_sms = contact.phone.clone().map(|to| Body::Sms { to, text: sms });
    let message = |body: Body| Message {
        id: NotificationId::derived(&format!("notification/{event_id}/{}", body.channel())),
        event_id: Some(event_id),
        template: templates::name(event),
        user_id: event.user_id,
        order_id: Some(event.order_id),
        body,
    };
    Ok(by_email.into_iter().chain(by_sms).map(message).collect())
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
