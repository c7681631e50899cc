//! What this context hands to the one that sends messages: secrets, and notices about accounts.
//!
//! A code goes through a queue of its own, encrypted at rest and kept no longer than the code is good, and never through
//! the journal and the event bus, which keep what they are given and hand it to anyone who subscribes.

use aws_sdk_sqs::Client;
use kernel::ids::NotificationId;
use kernel::{Problem, Timestamp, UserId};
use platform::{Init, InitError, aws};
use serde::{Deserialize, Serialize};

use crate::contact::{Locale, Login, PersonName};

/// How a message travels to an account's owner.
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
    /// The recipient. Where there is no such account no message is sent: a request for a code to an address without an account
    /// causes the same work as any other.
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

/// What was done with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "String")]
pub enum AccountChange {
    /// It has another password, and its other sessions have ended.
    PasswordChanged,
    /// An address or number was added to it, replaced or removed.
    LoginsChanged,
    /// A second factor is asked for at its logins.
    SecondFactorEnabled,
    /// No second factor is asked for any more.
    SecondFactorRemoved,
    /// It is no more.
    AccountDeleted,
}

impl AccountChange {
    /// Every change.
    pub const ALL: [Self; 5] = [
        Self::PasswordChanged,
        Self::LoginsChanged,
        Self::SecondFactorEnabled,
        Self::SecondFactorRemoved,
        Self::AccountDeleted,
    ];

    /// The name, as it stands in requests and queues.
    pub fn name(self) -> &'static str {
        match self {
            Self::PasswordChanged => "password_changed",
            Self::LoginsChanged => "logins_changed",
            Self::SecondFactorEnabled => "second_factor_enabled",
            Self::SecondFactorRemoved => "second_factor_removed",
            Self::AccountDeleted => "account_deleted",
        }
    }
}

impl TryFrom<String> for AccountChange {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|change| change.name() == name);
        found.ok_or_else(|| format!("must be one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// The template of notices.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeTemplate {
    /// Something was done with an account.
    AccountChanged,
}

/// A notice, in the form of a requested message: the one queue has both. Deliberately not `Debug`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountNotice {
    /// The message's id, so that a repeat is known for one.
    pub notification_id: NotificationId,
    /// How.
    pub channel: Channel,
    /// Where to: the account may have it no more.
    pub to: String,
    /// The template.
    pub template: NoticeTemplate,
    /// What is filled in.
    pub variables: NoticeVariables,
    /// In which language.
    pub locale: Locale,
    /// Whose account it is.
    pub user_id: UserId,
    /// Whether the address or number is shown to be the owner's.
    pub verified: bool,
    /// When it is of no use any more.
    pub expires_at: Timestamp,
}

/// What is filled in.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeVariables {
    /// Who is greeted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<PersonName>,
    /// What was done.
    pub change: AccountChange,
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
