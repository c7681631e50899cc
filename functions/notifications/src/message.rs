//! The messages that an event causes for a person.

use identity::{Contact, Locale};
use kernel::ids::NotificationId;
use kernel::{EventId, OrderId, Problem, UserId};

use crate::budget::Class;
use crate::merchant::Merchant;
use crate::notice::Content;
use crate::order_event::{GuestFacts, OrderEvent};
use crate::recipient::{Channel, Recipient, recipients};
use crate::template::Template;
use crate::templates::{self, Reader, Texts};
use crate::wording::greeted;

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

/// The party that messages about an order go to.
pub enum Addressee<'a> {
    /// An account, by its contact details.
    Account(&'a Contact),
    /// A guest, by the contact of the order.
    Guest(&'a GuestFacts),
}

impl Addressee<'_> {
    /// The recipients to which `template` is sent. A guest chose no channels: email, or else SMS.
    fn recipients(&self, template: Template) -> Vec<Recipient> {
        match self {
            Self::Account(contact) => recipients(contact, template),
            Self::Guest(guest) => {
                let email = guest.contact.email.clone().map(Recipient::Email);
                email.or(guest.contact.phone.clone().map(Recipient::Phone)).into_iter().collect()
            }
        }
    }

    /// Guests do not prove that a contact is theirs.
    fn is_verified(&self, to: &Recipient) -> bool {
        matches!(self, Self::Account(contact) if to.is_verified(contact))
    }

    fn reader(&self) -> Reader<'_> {
        match self {
            Self::Account(contact) => Reader::of(contact),
            Self::Guest(guest) => guest_reader(guest),
        }
    }
}

/// The reader of messages to a guest, whose language and time zone are unknown.
pub(crate) fn guest_reader(guest: &GuestFacts) -> Reader<'_> {
    Reader {
        name: guest.contact.first_name.as_ref().and_then(greeted),
        locale: Locale::default(),
        time_zone: None,
        order_token: guest.order_token.as_deref(),
    }
}

/// All messages from `merchant` to `addressee` because of the event: one for each channel on which they receive it.
pub fn messages(
    event_id: EventId,
    event: OrderEvent,
    addressee: &Addressee<'_>,
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
            class: Class::of_order(template, addressee.is_verified(&to)),
            source: source.map(str::to_owned),
            text: Text::of(&content, channel, &addressee.reader(), merchant)?,
            to,
        })
    };
    addressee.recipients(template).into_iter().map(message).collect()
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
