//! The logins that open an account, and the handling of those that were not proved. Pure.
//!
//! A login is proved by a code or a reset token that was sent to it. What was only claimed at registration opens the account for
//! [`UNVERIFIED_LOGIN_GRACE`] and holds the address against other registrations for as long, but never against a proof.

use std::time::Duration;

use kernel::{Timestamp, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::account_notices::ChangeNotice;
use crate::contact::Login;
use crate::delivery::AccountChange;
use crate::events::{Account, EmailVerified, LoginAdded, LoginEvent, LoginRemoved, PhoneVerified};
use crate::store::Profile;

/// The time after registration for which a login that is not verified opens its account and blocks other registrations.
pub const UNVERIFIED_LOGIN_GRACE: Duration = Duration::from_hours(24);

/// The standing of a login in its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It was proved.
    Verified,
    /// It was not proved, and the grace after registration is not over.
    Fresh,
    /// It was not proved in time: it has to be, before it opens the account again.
    Stale,
    /// It stands unproved beside one that was proved, and opens nothing. Items of before such logins were removed have it.
    Void,
}

/// The reason for which a login was removed from an account, as the journal records it. The variants' comments are published in the event's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Removal {
    /// Another login was proved, and this one never was.
    Unverified,
    /// Another person proved it, or registered it after the grace.
    Claimed,
    /// Another one of its kind took its place.
    Replaced,
    /// The account's owner removed it.
    Owner,
}

/// A change of an account's logins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoginChange {
    /// The account after it; its version is that of the last event.
    pub(crate) profile: Profile,
    /// The events of the change, in order, from the version after the one before.
    pub(crate) events: Vec<LoginEvent>,
    /// The logins that open the account no longer.
    pub(crate) freed: Vec<Login>,
}

impl Profile {
    /// True when `login` is one of the account's.
    pub(crate) fn has(&self, login: &Login) -> bool {
        match login {
            Login::Email(email) => self.email.as_ref() == Some(email),
            Login::Phone(phone) => self.phone.as_ref() == Some(phone),
        }
    }

    /// True when `login` is one of the account's and was proved.
    pub(crate) fn has_verified(&self, login: &Login) -> bool {
        let verified = match login {
            Login::Email(_) => self.email_verified,
            Login::Phone(_) => self.phone_verified,
        };
        verified && self.has(login)
    }

    /// The logins that were proved.
    pub(crate) fn verified_logins(&self) -> Vec<Login> {
        self.logins().into_iter().filter(|login| self.has_verified(login)).collect()
    }

    /// The standing of `login` in the account at `now`; `None` where it is none of the account's.
    pub(crate) fn standing(&self, login: &Login, now: Timestamp) -> Option<Standing> {
        if !self.has(login) {
            return None;
        }
        Some(if self.has_verified(login) {
            Standing::Verified
        } else if !self.verified_logins().is_empty() {
            Standing::Void
        } else if now < self.created_at.plus(UNVERIFIED_LOGIN_GRACE) {
            Standing::Fresh
        } else {
            Standing::Stale
        })
    }

    /// True when the account keeps `login` when another person registers with it at `now`.
    pub(crate) fn holds(&self, login: &Login, now: Timestamp) -> bool {
        matches!(self.standing(login, now), Some(Standing::Verified | Standing::Fresh))
    }

    fn set(&mut self, login: &Login) {
        match login {
            Login::Email(email) => (self.email, self.email_verified) = (Some(email.clone()), true),
            Login::Phone(phone) => (self.phone, self.phone_verified) = (Some(phone.clone()), true),
        }
    }

    fn unset(&mut self, login: &Login) {
        match login {
            Login::Email(_) => (self.email, self.email_verified) = (None, false),
            Login::Phone(_) => (self.phone, self.phone_verified) = (None, false),
        }
    }
}

impl LoginChange {
    fn new(profile: &Profile) -> Self {
        Self { profile: profile.clone(), events: Vec::new(), freed: Vec::new() }
    }

    fn tell(&mut self, event: LoginEvent) {
        self.profile.version += 1;
        self.events.push(event);
    }

    fn remove(&mut self, user: UserId, login: Login, why: Removal) {
        self.profile.unset(&login);
        self.tell(LoginEvent::Removed(LoginRemoved { user_id: user, login: (&login).into(), reason: why }));
        self.freed.push(login);
    }

    /// The account of `user`, which `profile` shows, once its owner proved `login`, a login that it has: every other one that was never
    /// proved is taken off.
    pub(crate) fn proved(user: UserId, profile: &Profile, login: &Login) -> Self {
        let mut change = Self::new(profile);
        if !profile.has_verified(login) {
            change.profile.set(login);
            let account = Account { user_id: user };
            change.tell(match login {
                Login::Email(_) => LoginEvent::EmailVerified(EmailVerified(account)),
                Login::Phone(_) => LoginEvent::PhoneVerified(PhoneVerified(account)),
            });
        }
        change.drop_unverified(user);
        change
    }

    /// The account once its owner proved `login`, which it does not have yet: it takes the place of the one of its kind.
    pub(crate) fn added(user: UserId, profile: &Profile, login: &Login) -> Self {
        let mut change = Self::new(profile);
        let replaced = profile.logins().into_iter().find(|one| one.kind() == login.kind());
        if let Some(replaced) = replaced {
            let why = if profile.has_verified(&replaced) { Removal::Replaced } else { Removal::Unverified };
            change.remove(user, replaced, why);
        }
        change.profile.set(login);
        change.tell(LoginEvent::Added(LoginAdded { user_id: user, login: login.into() }));
        change.drop_unverified(user);
        change
    }

    /// The account without `logins`.
    pub(crate) fn removed(user: UserId, profile: &Profile, logins: &[Login], why: Removal) -> Self {
        let mut change = Self::new(profile);
        for login in logins {
            change.remove(user, login.clone(), why);
        }
        change
    }

    /// The change that the owner of `user`'s account, which `before` shows, is notified of; `None` where the account keeps its logins.
    pub(crate) fn notice<'a>(&'a self, user: UserId, before: &'a Profile) -> Option<ChangeNotice<'a>> {
        let (after, change) = (&self.profile, AccountChange::LoginsChanged);
        (before.logins() != after.logins()).then_some(ChangeNotice { user, before, after, change })
    }

    fn drop_unverified(&mut self, user: UserId) {
        for login in self.profile.logins() {
            if !self.profile.has_verified(&login) {
                self.remove(user, login, Removal::Unverified);
            }
        }
    }
}

#[cfg(test)]
#[path = "logins_tests.rs"]
pub(crate) mod tests;
