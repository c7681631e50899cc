//! Codes and reset tokens as messages to a person.

use identity::delivery::{Channel, SecretMessage, Template as Kind};
use identity::{Contact, Locale};
use kernel::Problem;

use crate::message::{Body, Message};
use crate::templates::{self, Texts};

/// What `secret` is called among the templates.
fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::VerificationCode => "verification_code",
        Kind::PasswordReset => "password_reset",
    }
}

/// The message that tells `contact` the secret, in the way that it is meant to travel; `None` where they can't be
/// reached that way any more.
pub fn secret_message(secret: &SecretMessage, contact: &Contact) -> Result<Option<Message>, Problem> {
    let texts = |locale: Locale| templates::render_secret(secret, &contact.first_name, locale);
    let Texts { subject, email, sms } = texts(contact.locale)?;
    let body = match secret.channel {
        Channel::Email => {
            let ascii_subject = texts(Locale::En)?.subject;
            contact.email.clone().map(|to| Body::Email { to, subject, ascii_subject, text: email })
        }
        Channel::Sms => contact.phone.clone().map(|to| Body::Sms { to, text: sms }),
    };
    Ok(body.map(|body| Message {
        id: secret.notification_id,
        event_id: None,
        template: name(secret.template),
        user_id: secret.user_id,
        order_id: None,
        body,
    }))
}

#[cfg(test)]
#[path = "secret_tests.rs"]
mod tests;
