//! The events of accounts and machine clients, and the data of each: ids and kinds, never a login, a name or a secret.
//!
//! The comments on types and members are published as the descriptions in their schemas (`docs/events`).

use kernel::ids::{AddressId, SessionId};
use kernel::{NewEvent, Problem, UserId, events};
use platform::auth::Scope;
use schemars::JsonSchema;
use serde::Serialize;

use crate::contact::Login;
use crate::logins::Removal;

events! {
    UserRegistered(Account): "identity.user_registered", "an account was made";
    UserDeleted(Account):
        "identity.user_deleted",
        "an account was deleted by its owner, or lost its last login, which was never proved, to another person";
    EmailVerified(Account): "identity.email_verified", "an address was shown to be its owner's";
    PhoneVerified(Account): "identity.phone_verified", "a number was shown to be its owner's";
    LoginAdded: "identity.login_added", "an account has another address or number, proved by its owner";
    LoginRemoved: "identity.login_removed", "an address or number opens an account no longer";
    ProfileChanged: "identity.profile_changed", "a profile was changed";
    AddressChanged: "identity.address_changed", "an address was saved in an account's address book, or became the default one";
    AddressRemoved: "identity.address_removed", "an address was removed from an account's address book";
    ScopesGranted: "identity.scopes_granted", "an account was given other scopes";
    LoggedIn: "identity.logged_in", "a session began";
    SessionsEnded: "identity.sessions_ended", "sessions were ended by their owner";
    SessionRevoked: "identity.session_revoked", "a session was ended for a reused token";
    PasswordChanged: "identity.password_changed", "a password was changed or reset";
    SecondFactorEnabled(Account): "identity.second_factor_enabled", "an account's logins began to need a second factor";
    SecondFactorRemoved(Account): "identity.second_factor_removed", "an account's second factor was removed by its owner";
    ClientCreated: "identity.client_created", "a machine client was made";
    ClientRotated: "identity.client_rotated", "a machine client has another secret";
    ClientRevoked: "identity.client_revoked", "a machine client was taken back";
}

/// Something happened to an account, and there is no more to say. The aggregate is `user/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// Which account.
    pub user_id: UserId,
}

/// An account has another login, which its owner proved. To what is in no event. The aggregate is `user/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoginAdded {
    /// Which account.
    pub user_id: UserId,
    /// What kind of login.
    pub login: LoginKind,
}

/// A login was taken off an account. The aggregate is `user/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoginRemoved {
    /// Which account.
    pub user_id: UserId,
    /// What kind of login.
    pub login: LoginKind,
    /// Why: it was never proved and another one was, another person proved or registered it, its owner replaced it, or its owner removed it.
    pub reason: Removal,
}

/// A kind of login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LoginKind {
    /// An email address.
    Email,
    /// A phone number.
    Phone,
}

/// The owner of an account changed their profile. To what is in no event. The aggregate is `user/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfileChanged {
    /// Which account.
    pub user_id: UserId,
    /// Which members.
    pub changed: Vec<ProfileMember>,
}

/// A member of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ProfileMember {
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// The language.
    Locale,
    /// The time zone.
    TimeZone,
    /// What they want to be told.
    Notifications,
}

/// The owner of an account saved an address, or made it the default one. What it says is in no event. The aggregate is `user/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddressChanged {
    /// Which account.
    pub user_id: UserId,
    /// Which address.
    pub address_id: AddressId,
}

/// The owner of an account removed an address. If it was the default one, the oldest one left is. The aggregate is `user/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddressRemoved {
    /// Which account.
    pub user_id: UserId,
    /// Which address.
    pub address_id: AddressId,
}

/// An account has other scopes. The aggregate is `user/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScopesGranted {
    /// Which account.
    pub user_id: UserId,
    /// All of its scopes.
    #[schemars(with = "Vec<String>")]
    pub scopes: Vec<Scope>,
}

/// Sessions of an account were ended by its owner. The aggregate is `user/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionsEnded {
    /// Which account.
    pub user_id: UserId,
    /// Which sessions.
    pub ended_sessions: Vec<SessionId>,
}

/// A session was ended because a refresh token came twice. The aggregate is `user/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionRevoked {
    /// Which account.
    pub user_id: UserId,
    /// Which session.
    pub session_id: SessionId,
    /// Why: `refresh_token_reused`.
    pub reason: &'static str,
}

/// A session began. The aggregate is `logins/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoggedIn {
    /// Which account.
    pub user_id: UserId,
    /// Which session.
    pub session_id: SessionId,
    /// By `email` or `phone`.
    #[schemars(with = "String")]
    pub by: LoginKind,
    /// Sessions that ended because there were too many.
    pub ended_sessions: Vec<SessionId>,
}

/// An account has another password. The aggregate is `user/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordChanged {
    /// Which account.
    pub user_id: UserId,
    /// `changed` by its owner, or `reset` by a token.
    pub how: &'static str,
    /// Sessions that ended with the old password.
    pub ended_sessions: Vec<SessionId>,
}

/// There is a new machine client. The aggregate is `client/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientCreated {
    /// Which client.
    pub client_id: UserId,
    /// What it may do.
    #[schemars(with = "Vec<String>")]
    pub scopes: Vec<Scope>,
}

/// A machine client has another secret. The aggregate is `client/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientRotated {
    /// Which client.
    pub client_id: UserId,
    /// Hours for which the secret before stays good.
    pub overlap_hours: u32,
}

/// A machine client was taken back. The aggregate is `client/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientRevoked {
    /// Which client.
    pub client_id: UserId,
}

/// An event of a change of logins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LoginEvent {
    EmailVerified(EmailVerified),
    PhoneVerified(PhoneVerified),
    Added(LoginAdded),
    Removed(LoginRemoved),
}

impl LoginEvent {
    /// The event as the change number `sequence` of `user`'s account.
    pub(crate) fn new_event(&self, user: UserId, sequence: u64) -> Result<NewEvent, Problem> {
        let aggregate = format!("user/{user}");
        match self {
            Self::EmailVerified(data) => NewEvent::new(aggregate, sequence, data),
            Self::PhoneVerified(data) => NewEvent::new(aggregate, sequence, data),
            Self::Added(data) => NewEvent::new(aggregate, sequence, data),
            Self::Removed(data) => NewEvent::new(aggregate, sequence, data),
        }
    }
}

impl From<&Login> for LoginKind {
    fn from(login: &Login) -> Self {
        match login {
            Login::Email(_) => Self::Email,
            Login::Phone(_) => Self::Phone,
        }
    }
}
