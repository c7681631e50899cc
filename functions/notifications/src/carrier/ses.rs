//! SES: email to any customer, from an address that is verified there.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message as Letter, MessageTag};
use kernel::Problem;
use platform::{Init, InitError};

use super::{NotSent, Verdict, not_sent};
use crate::message::Message;

/// The character set of every part of an email.
const CHARSET: &str = "UTF-8";
/// The tag by which reports about an email name its notification.
pub(crate) const NOTIFICATION_TAG: &str = "notificationId";
/// The tag with the subject matter of an email.
const TEMPLATE_TAG: &str = "template";

/// SES.
#[derive(Clone)]
pub(super) struct Ses {
    client: Client,
    sender: String,
    /// The configuration set through which SES reports on emails.
    configuration_set: Option<String>,
}

impl Ses {
    /// Uses the sender of `EMAIL_SENDER`, if there is one, and the configuration set of `EMAIL_CONFIGURATION_SET`.
    pub(super) fn connect(init: &Init) -> Result<Option<Self>, InitError> {
        let sender = init.optional("EMAIL_SENDER", String::new())?;
        if sender.is_empty() {
            return Ok(None);
        }
        if !sender.is_ascii() || !sender.contains('@') {
            return Err(InitError::new("EMAIL_SENDER", "is not an email address in ASCII"));
        }
        let set = init.optional("EMAIL_CONFIGURATION_SET", String::new())?;
        let configuration_set = Some(set).filter(|set| !set.is_empty());
        Ok(Some(Self { client: Client::new(&init.aws_once()), sender, configuration_set }))
    }

    pub(super) async fn letter(
        &self,
        message: &Message,
        subject: &str,
        text: &str,
        html: &str,
    ) -> Result<(), NotSent> {
        let letter = letter(subject, text, html).map_err(broken)?;
        let sent = self
            .client
            .send_email()
            .from_email_address(&self.sender)
            .destination(Destination::builder().to_addresses(message.to.as_str()).build())
            .content(EmailContent::builder().simple(letter).build())
            .email_tags(tag(NOTIFICATION_TAG, &message.id.to_string()).map_err(broken)?)
            .email_tags(tag(TEMPLATE_TAG, message.template.name()).map_err(broken)?)
            .set_configuration_set_name(self.configuration_set.clone())
            .send()
            .await;
        sent.map(|_| ()).map_err(|error| not_sent(&error, verdict))
    }
}

type Incomplete = aws_sdk_sesv2::error::BuildError;

fn letter(subject: &str, text: &str, html: &str) -> Result<Letter, Incomplete> {
    let part = |data: &str| Content::builder().data(data).charset(CHARSET).build();
    let body = Body::builder().text(part(text)?).html(part(html)?).build();
    Ok(Letter::builder().subject(part(subject)?).body(body).build())
}

fn tag(name: &str, value: &str) -> Result<MessageTag, Incomplete> {
    MessageTag::builder().name(name).value(value).build()
}

fn broken(error: Incomplete) -> NotSent {
    NotSent::Failed(Problem::internal(error))
}

/// The meaning of SES's codes (SES API v2 reference, `SendEmail`, "Errors").
fn verdict(code: &str, message: &str) -> Verdict {
    match code {
        // An account in the sandbox refuses everybody with this code; the message is not to blame.
        "MessageRejected" if message.contains("not verified") => Verdict::Unclear,
        "MessageRejected" | "BadRequestException" => Verdict::Never,
        "TooManyRequestsException" | "LimitExceededException" | "SendingPausedException" => Verdict::Later,
        _ => Verdict::Unclear,
    }
}

#[cfg(test)]
#[path = "ses_tests.rs"]
mod tests;
