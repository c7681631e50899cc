//! Codes and reset tokens as messages to a person.

use identity::Contact;
use identity::delivery::{Channel as Way, SecretMessage};
use kernel::Problem;

use crate::budget::Class;
use crate::merchant::Merchant;
use crate::message::{Message, Text};
use crate::notice::{Content, Secret};
use crate::recipient::Recipient;
use crate::templates::Reader;

/// The message with the secret for `contact`, on the channel for which the secret is meant, regardless of their choice of channels;
/// `None` where they can't be reached on it any more.
pub fn secret_message(
    secret: SecretMessage,
    contact: &Contact,
    merchant: &Merchant,
) -> Result<Option<Message>, Problem> {
    let given = |rule: identity::contact::BrokenRule| Problem::internal(rule);
    let to = match (secret.channel, &secret.to) {
        (Way::Email, None) => contact.email.clone().map(Recipient::Email),
        (Way::Sms, None) => contact.phone.clone().map(Recipient::Phone),
        (Way::Email, Some(to)) => Some(Recipient::Email(to.parse().map_err(given)?)),
        (Way::Sms, Some(to)) => Some(Recipient::Phone(to.parse().map_err(given)?)),
    };
    let Some(to) = to else { return Ok(None) };
    let (kind, variables) = (secret.template, secret.variables);
    let content = Content::Secret(Secret { kind, code: variables.code, minutes: variables.minutes });
    Ok(Some(Message {
        id: secret.notification_id,
        event_id: None,
        template: content.template(),
        user_id: Some(secret.user_id),
        order_id: None,
        class: Class::of_secret(to.is_verified(contact)),
        source: None,
        text: Text::of(&content, to.channel(), &Reader::of(contact), merchant)?,
        to,
    }))
}

#[cfg(test)]
#[path = "secret_tests.rs"]
mod tests;
