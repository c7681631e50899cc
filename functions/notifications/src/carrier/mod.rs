//! Sending: SMS through SNS, email through SES or the topic that a mail relay subscribes to.

mod ses;
mod sns;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use kernel::Problem;
use platform::{Init, InitError, aws};

#[cfg(test)]
pub(crate) use self::ses::NOTIFICATION_TAG;
use self::ses::Ses;
#[cfg(test)]
pub(crate) use self::sns::MAX_SUBJECT_LENGTH;
use self::sns::Sns;
use crate::message::{Message, Text};

/// Begins the reason of a message that the carrier may have.
const POSSIBLY_SENT: &str = "possibly sent";

/// Sends messages. SNS and SES do not detect repeats, so a message is offered to them once: their clients make one attempt
/// ([`platform::Init::aws_once`]).
#[derive(Clone)]
pub struct Carrier {
    sns: Sns,
    /// The service for email when a sender is configured; without one email goes to SNS's email topic.
    ses: Option<Ses>,
}

/// The reason for which a message is not known to be on its way.
#[derive(Debug)]
pub enum NotSent {
    /// The message will never be sent; the reason is in words without personal data.
    Refused(String),
    /// It was not sent. It may be later, or once the configuration is corrected.
    Failed(Problem),
    /// The carrier may have it: the answer was lost, or an error on the carrier's side. In words without personal data.
    Unconfirmed(String),
}

impl Carrier {
    /// Uses the topic whose ARN is in `EMAIL_TOPIC_ARN`; email goes through SES where `EMAIL_SENDER` names a sender.
    pub fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { sns: Sns::connect(init)?, ses: Ses::connect(init)? })
    }

    /// Sends `message`. An answer means that the carrier will try to deliver, not that it did.
    pub async fn send(&self, message: &Message) -> Result<(), NotSent> {
        match (&message.text, &self.ses) {
            (Text::Sms(text), _) => self.sns.text(&message.to, text).await,
            (Text::Email { subject, text, html, .. }, Some(ses)) => {
                ses.letter(message, subject, text, html).await
            }
            (Text::Email { subject, ascii_subject, text, html }, None) => {
                self.sns.letter(message, [subject, ascii_subject, text, html]).await
            }
        }
    }
}

/// The meaning of a carrier's refusal for the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// A throttle: the same message may pass later.
    Later,
    /// This message will never pass.
    Never,
    /// Something else is wrong: most likely the configuration. The failure itself decides how it is handled.
    Unclear,
}

/// The result of a failed attempt. Carriers repeat addresses and numbers in their error messages, so of a service's answer only the code is kept.
fn not_sent<E>(error: &SdkError<E, Response>, verdict: fn(&str, &str) -> Verdict) -> NotSent
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let Some(service) = error.as_service_error() else { return unanswered(error) };
    let code = service.code().unwrap_or("unknown");
    match verdict(code, service.message().unwrap_or_default()) {
        Verdict::Never => NotSent::Refused(format!("refused by the carrier: {code}")),
        Verdict::Later => NotSent::Failed(Problem::unavailable(code)),
        Verdict::Unclear if aws::may_have_acted(error) => {
            NotSent::Unconfirmed(format!("{POSSIBLY_SENT}: {code}"))
        }
        Verdict::Unclear if aws::problem(error).kind.retryable() => {
            NotSent::Failed(Problem::unavailable(code))
        }
        Verdict::Unclear => NotSent::Failed(Problem::internal(code)),
    }
}

/// An attempt without an answer of the service.
fn unanswered<E>(error: &SdkError<E, Response>) -> NotSent
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    if !aws::may_have_acted(error) {
        return NotSent::Failed(aws::problem(error));
    }
    let why = match error {
        SdkError::TimeoutError(_) => "no answer in time",
        _ => "the connection broke",
    };
    NotSent::Unconfirmed(format!("{POSSIBLY_SENT}: {why}"))
}

#[cfg(test)]
#[path = "once_tests.rs"]
mod once_tests;
