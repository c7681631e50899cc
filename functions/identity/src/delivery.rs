//! Handing secrets to the context that sends messages.
//!
//! A code goes through a queue of its own, encrypted at rest and kept no longer than the code is good, and never through
//! the journal and the event bus, which keep what they are given and hand it to anyone who subscribes.

use aws_sdk_sqs::Client;
use kernel::ids::NotificationId;
use kernel::{Problem, Timestamp, UserId};
use platform::{Init, InitError, aws};
use serde::{Deserialize, Serialize};

use crate::contact::Login;

/// How a secret travels to its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// To the account's email address.
    Email,
    /// To the account's phone number.
    Sms,
}

impl Channel {
    /// The way to `login`.
    pub(crate) fn to(login: &Login) -> Self {
        match login {
            Login::Email(_) => Self::Email,
            Login::Phone(_) => Self::Sms,
        }
    }
}

/// What the message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// The code that shows whose an address or number is.
    VerificationCode,
    /// The token that opens the way to a new password.
    PasswordReset,
}

/// A message of the queue: whom to send which secret. Deliberately not `Debug`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretMessage {
    /// The message's id, so that a repeat is known for one.
    pub notification_id: NotificationId,
    /// To whom. Where there is no such account nobody is told: who asks for codes for addresses without an account
    /// causes the same work as anybody else.
    pub user_id: UserId,
    /// How.
    pub channel: Channel,
    /// Where to, when that is not what the account has: to an address or number that its owner wants to add.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What the message says.
    pub template: Template,
    /// What is filled in.
    pub variables: Variables,
    /// When the secret is good for nothing any more.
    pub expires_at: Timestamp,
}

/// What is filled in.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variables {
    /// The code or token.
    pub code: String,
    /// For how many minutes it is good.
    pub minutes: u64,
}

/// The queue of secrets to be sent.
pub(crate) struct SecretQueue {
    client: Client,
    url: String,
}

impl SecretQueue {
    /// The queue named by `SECRETS_QUEUE_URL`.
    pub(crate) fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { client: Client::new(init.aws()), url: init.required("SECRETS_QUEUE_URL")? })
    }

    /// Hands `message` over.
    pub(crate) async fn send(&self, message: &SecretMessage) -> Result<(), Problem> {
        let body = serde_json::to_string(message).map_err(Problem::internal)?;
        let sent = self.client.send_message().queue_url(&self.url).message_body(body).send().await;
        sent.map(|_| ()).map_err(|error| aws::problem(&error))
    }
}
