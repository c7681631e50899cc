//! The messages that an event causes for a person.

use identity::{Contact, Locale};
use kernel::ids::NotificationId;
use kernel::{EventId, OrderId, Problem, UserId};

use crate::budget::Class;
use crate::merchant::Merchant;
use crate::notice::Content;
use crate::order_event::OrderEvent;
use crate::recipient::{Channel, Recipient, recipients};
use crate::template::Template;
use crate::templates::{self, Reader, Texts};

/// A message to one person. Not `Debug`: its content is for that person alone.
pub struct Message {
    /// The same for the same event and channel.
    pub id: NotificationId,
    /// The event that the message is about, if it is about one.
    pub event_id: Option<EventId>,
    /// The template that it was made from.
    pub template: Template,
    /// The recipient's account, where that is known.
    pub user_id: Option<UserId>,
    /// The order that it is about, if any.
    pub order_id: Option<OrderId>,
    /// The class whose budgets it is counted in.
    pub class: Class,
    /// Stands for the source address that the order was placed from, where that is known.
    pub source: Option<String>,
    /// The recipient.
    pub to: Recipient,
    /// The content.
    pub text: Text,
}

/// The content of a message.
pub enum Text {
    /// An email.
    Email {
        /// The subject, in the person's language.
        subject: String,
        /// The subject in ASCII, for carriers that have no room for more.
        ascii_subject: String,
        /// The body as plain text.
        text: String,
        /// The body as HTML.
        html: String,
    },
    /// An SMS.
    Sms(String),
}

impl Text {
    /// The message about `content` on `channel`, from `merchant` to `reader`.
    pub fn of(
        content: &Content,
        channel: Channel,
        reader: &Reader<'_>,
        merchant: &Merchant,
    ) -> Result<Self, Problem> {
        let Texts { subject, email, html, sms } = templates::render(content, reader, merchant)?;
        Ok(match channel {
            Channel::Sms => Self::Sms(sms),
            // English subjects are plain ASCII: they are made of fixed words and a number.
            Channel::Email => {
                let english = Reader { locale: Locale::En, ..*reader };
                let ascii_subject = templates::render(content, &english, merchant)?.subject;
                Self::Email { ascii_subject, subject, text: email, html }
            }
        })
    }
}

/// All messages from `merchant` to `contact` because of the event: one for each channel on which they receive it.
pub fn messages(
    event_id: EventId,
    event: OrderEvent,
    contact: &Contact,
    source: Option<&str>,
    merchant: &Merchant,
) -> Result<Vec<Message>, Problem> {
    let OrderEvent { order_id, user_id, notice } = event;
    let content = Content::Order(notice);
    let template = content.template();
    let message = |to: Recipient| {
        let channel = to.channel();
        Ok(Message {
            id: NotificationId::derived(&format!("notification/{event_id}/{channel}")),
            event_id: Some(event_id),
            template,
            user_id: Some(user_id),
            order_id: Some(order_id),
            class: Class::of_order(template, to.is_verified(contact)),
            source: source.map(str::to_owned),
            text: Text::of(&content, channel, &Reader::of(contact), merchant)?,
            to,
        })
    };
    recipients(contact, template).into_iter().map(message).collect()
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
