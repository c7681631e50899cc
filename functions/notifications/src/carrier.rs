//! Sending, through SNS.

use aws_sdk_sns::Client;
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::operation::publish::builders::PublishFluentBuilder;
use aws_sdk_sns::types::MessageAttributeValue;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use kernel::Problem;
use platform::{Init, InitError, aws};

use crate::message::{Body, Message};

/// What SNS takes as a subject: fewer than 100 characters of ASCII without line breaks (SNS API reference, `Publish`).
pub const MAX_SUBJECT_LENGTH: usize = 99;
/// The kind of text message that is sent with the highest reliability (SNS developer guide, "Sending SMS messages").
const TRANSACTIONAL: &str = "Transactional";

/// The way out.
///
/// A text message goes to its phone number. A letter goes to the email topic, since SNS mails no one but a topic's
/// confirmed subscribers: what delivers it subscribes to the topic and reads `recipient` and `subject` from the attributes.
#[derive(Clone)]
pub struct Carrier {
    client: Client,
    email_topic: String,
}

/// Why a message was not taken.
#[derive(Debug)]
pub enum NotSent {
    /// It never will be, in words without personal data.
    Refused(String),
    /// It may be later, or once we are configured as we should be.
    Failed(Problem),
}

impl Carrier {
    /// With the topic whose ARN is in `EMAIL_TOPIC_ARN`.
    pub fn connect(init: &Init) -> Result<Self, InitError> {
        let email_topic = init.required("EMAIL_TOPIC_ARN")?;
        // SNS answers a topic that is none with the code for a bad message, and every letter would be lost to it.
        if !email_topic.starts_with("arn:") || !email_topic.contains(":sns:") {
            return Err(InitError::new("EMAIL_TOPIC_ARN", "is not the ARN of an SNS topic"));
        }
        Ok(Self { client: Client::new(init.aws()), email_topic })
    }

    /// Sends `message`. SNS's answer means that it will try to deliver, not that it did.
    pub async fn send(&self, message: &Message) -> Result<(), NotSent> {
        let publish = match &message.body {
            Body::Email { to, subject, ascii_subject, text } => self
                .client
                .publish()
                .topic_arn(&self.email_topic)
                .subject(ascii_subject)
                .message(text)
                .attribute("recipient", to.as_str())?
                .attribute("subject", subject)?
                .attribute("template", message.template)?
                .attribute("notificationId", &message.id.to_string())?,
            Body::Sms { to, text } => self
                .client
                .publish()
                .phone_number(to.as_str())
                .message(text)
                .attribute("AWS.SNS.SMS.SMSType", TRANSACTIONAL)?,
        };
        publish.send().await.map(|_| ()).map_err(|error| not_sent(&error))
    }
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

/// SNS repeats the phone number in what it says about it, so of a service's answer only the code is kept.
fn not_sent(error: &SdkError<PublishError, Response>) -> NotSent {
    let Some(service) = error.as_service_error() else { return NotSent::Failed(aws::problem(error)) };
    let code = service.code().unwrap_or("unknown");
    match service {
        PublishError::InvalidParameterException(_)
        | PublishError::InvalidParameterValueException(_)
        | PublishError::ValidationException(_) => NotSent::Refused(format!("refused by the carrier: {code}")),
        _ if aws::problem(error).kind.retryable() => NotSent::Failed(Problem::unavailable(code)),
        _ => NotSent::Failed(Problem::internal(code)),
    }
}

#[cfg(test)]
#[path = "carrier_tests.rs"]
mod tests;
