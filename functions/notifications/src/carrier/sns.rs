//! SNS: SMS, and email for a mail relay.

use aws_sdk_sns::Client;
use aws_sdk_sns::operation::publish::builders::PublishFluentBuilder;
use aws_sdk_sns::types::MessageAttributeValue;
use kernel::Problem;
use platform::{Init, InitError};

use super::{NotSent, Verdict, not_sent};
use crate::message::Message;
use crate::recipient::Recipient;

/// The longest subject of SNS: fewer than 100 characters of ASCII without line breaks (SNS API reference, `Publish`).
#[cfg(test)]
pub(crate) const MAX_SUBJECT_LENGTH: usize = 99;
/// The kind of SMS that is sent with the highest reliability (SNS developer guide, "Sending SMS messages").
const TRANSACTIONAL: &str = "Transactional";

/// SNS.
///
/// An SMS goes to its phone number. An email goes to the email topic, since SNS mails no one but a topic's confirmed subscribers: a
/// mail relay subscribes to the topic and reads `recipient`, `subject` and `html` from the attributes.
#[derive(Clone)]
pub(super) struct Sns {
    client: Client,
    email_topic: String,
}

impl Sns {
    pub(super) fn connect(init: &Init) -> Result<Self, InitError> {
        let email_topic = init.required("EMAIL_TOPIC_ARN")?;
        // SNS answers an invalid topic with the code for a bad message, and every email would be lost to it.
        if !email_topic.starts_with("arn:") || !email_topic.contains(":sns:") {
            return Err(InitError::new("EMAIL_TOPIC_ARN", "is not the ARN of an SNS topic"));
        }
        Ok(Self { client: Client::new(&init.aws_once()), email_topic })
    }

    pub(super) async fn text(&self, to: &Recipient, text: &str) -> Result<(), NotSent> {
        let publish = self.client.publish().phone_number(to.as_str()).message(text);
        send(publish.attribute("AWS.SNS.SMS.SMSType", TRANSACTIONAL)?).await
    }

    pub(super) async fn letter(
        &self,
        message: &Message,
        [subject, ascii_subject, text, html]: [&str; 4],
    ) -> Result<(), NotSent> {
        let publish = self
            .client
            .publish()
            .topic_arn(&self.email_topic)
            .subject(ascii_subject)
            .message(text)
            .attribute("recipient", message.to.as_str())?
            .attribute("subject", subject)?
            .attribute("html", html)?
            .attribute("template", message.template.name())?
            .attribute("notificationId", &message.id.to_string())?;
        send(publish).await
    }
}

async fn send(publish: PublishFluentBuilder) -> Result<(), NotSent> {
    publish.send().await.map(|_| ()).map_err(|error| not_sent(&error, verdict))
}

/// Attributes of type String.
trait Attribute: Sized {
    fn attribute(self, name: &str, value: &str) -> Result<Self, NotSent>;
}

impl Attribute for PublishFluentBuilder {
    fn attribute(self, name: &str, value: &str) -> Result<Self, NotSent> {
        let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
        let value = value.map_err(|error| NotSent::Failed(Problem::internal(error)))?;
        Ok(self.message_attributes(name, value))
    }
}

/// The meaning of SNS's codes (SNS API reference, `Publish`, "Errors").
fn verdict(code: &str, _message: &str) -> Verdict {
    match code {
        "InvalidParameter" | "ParameterValueInvalid" | "ValidationException" => Verdict::Never,
        "Throttled" | "KMSThrottling" => Verdict::Later,
        _ => Verdict::Unclear,
    }
}

#[cfg(test)]
#[path = "sns_tests.rs"]
mod tests;
