//! The messages that this context hands to the one that sends them: secrets, and notices about accounts.
//!
//! A code goes through a queue of its own, encrypted at rest and kept no longer than the code is good, and never through
//! the journal and the event bus, which keep what they are given and hand it to anyone who subscribes.

use aws_sdk_sqs::Client;
use kernel::ids::NotificationId;
use kernel::{Problem, Timestamp, UserId};
use platform::{Init, InitError, aws};
use serde::{Deserialize, Serialize};

use crate::contact::{Locale, Login, PersonName};

/// The channel of a message to an account's owner.
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

/// The template of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// The code that proves the ownership of an address or number.
    VerificationCode,
    /// The token that allows a new password to be set.
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
    pub channel: Channel,
    /// The address or number, where it is not one of the account's: one that its owner wants to add.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    pub template: Template,
    /// The template's variables.
    pub variables: Variables,
    /// The time at which the secret expires.
    pub expires_at: Timestamp,
}

/// The variables of a [`Template`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variables {
    /// The code or token.
    pub code: String,
    /// The minutes for which it is valid.
    pub minutes: u64,
}

/// The kind of change of an account.
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
    pub channel: Channel,
    /// The address or number, which may no longer be the account's.
    pub to: String,
    /// The template.
    pub template: NoticeTemplate,
    /// The template's variables.
    pub variables: NoticeVariables,
    pub locale: Locale,
    /// The account.
    pub user_id: UserId,
    /// True when the address or number is proved to be the owner's.
    pub verified: bool,
    /// The time after which the notice is out of date.
    pub expires_at: Timestamp,
}

/// The variables of a [`NoticeTemplate`].
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeVariables {
    /// The name in the greeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<PersonName>,
    /// The change that the notice reports.
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
