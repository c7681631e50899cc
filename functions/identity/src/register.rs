//! Opening an account.

use std::net::IpAddr;

use kernel::{NewEvent, Problem, Timestamp, UserId};
use platform::auth::Scopes;
use platform::dynamo::{Commit, Write};
use platform::idempotency::{KeyRefusal, KeyTaken};
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};

use crate::claims::{Claims, Holder};
use crate::contact::{Email, Locale, Login, PersonName, Phone};
use crate::events::{Account, UserRegistered};
use crate::password::{Password, PasswordHash};
use crate::preferences::Preferences;
use crate::refusal::AccountRefusal;
use crate::store::{Profile, Store};
use crate::throttle::Throttle;
use crate::time_zone::TimeZoneName;

/// A person's application for an account. One of `email` and `phone` is present.
pub(crate) struct Registration {
    pub(crate) first_name: PersonName,
    pub(crate) last_name: PersonName,
    pub(crate) email: Option<Email>,
    pub(crate) phone: Option<Phone>,
    pub(crate) password: Password,
    pub(crate) locale: Locale,
    pub(crate) time_zone: Option<TimeZoneName>,
}

/// An account that is about to be opened.
pub(crate) struct NewAccount {
    pub(crate) user: UserId,
    pub(crate) profile: Profile,
    hash: PasswordHash,
}

impl Registration {
    /// The account that this makes, unless its password is made of its own names. Hashes the password, which takes a while.
    pub(crate) fn into_account(self, user: UserId, now: Timestamp) -> Result<NewAccount, Problem> {
        let profile = Profile {
            first_name: self.first_name,
            last_name: self.last_name,
            email: self.email,
            phone: self.phone,
            email_verified: false,
            phone_verified: false,
            locale: self.locale,
            time_zone: self.time_zone,
            preferences: Preferences::default(),
            scopes: Scopes::default(),
            default_address: None,
            version: 1,
            created_at: now,
        };
        self.password.check_own(&profile, "/password")?;
        Ok(NewAccount { user, hash: self.password.hash()?, profile })
    }
}

/// The reasons for which an account was not created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// A login opens another account.
    Taken,
    /// The account that a login was to be taken from was changed since it was read.
    Changed,
    /// The account's id is in use.
    Id,
    KeyTaken,
}

/// Opens accounts.
pub(crate) struct Register {
    store: Store,
    journal: Journal,
    claims: Claims,
    throttle: Throttle,
}

impl Register {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        let (store, journal) = (Store::connect(init).await?, Journal::connect(init).await?);
        let throttle = Throttle::from_init(init, store.clone())?;
        Ok(Self { claims: Claims::new(store.clone(), journal.clone()), store, journal, throttle })
    }

    /// Lets a registration from `source` in, or says how long to wait.
    pub(crate) async fn acquire(
        &self,
        call: &InvocationContext,
        source: Option<IpAddr>,
    ) -> Result<(), Problem> {
        self.throttle.acquire_for_registration(call, source).await
    }

    /// Opens `account` together with `answered`, the record of the answer, where the request asked for one. A login that another account
    /// claimed and did not prove in time is taken from it.
    pub(crate) async fn open(
        &self,
        call: &InvocationContext,
        account: &NewAccount,
        answered: Option<Write<KeyTaken>>,
    ) -> Result<(), Problem> {
        let mut holders = Vec::new();
        let mut retry = StaleRetry::of("an account with one of the logins", call);
        loop {
            retry.begin().await?;
            let mut writes = self.writes(call, account, &holders).await?;
            writes.extend(answered.clone().map(|write| write.map(|_| Refusal::KeyTaken)));
            let Commit::Refused(refused) = self.store.dynamo().commit(call, writes).await? else {
                return Ok(());
            };
            let reasons: Vec<Refusal> = refused.into_iter().map(|one| one.reason).collect();
            if let Some(problem) = final_refusal(&reasons) {
                return Err(problem);
            }
            holders = self.holders(call, account).await?;
        }
    }

    /// The accounts that the new account's logins are to be taken from. Says which login is taken for good: the first one alone, so that
    /// no caller tries two at once.
    async fn holders(
        &self,
        call: &InvocationContext,
        account: &NewAccount,
    ) -> Result<Vec<(Holder, Vec<Login>)>, Problem> {
        let mut holders: Vec<(Holder, Vec<Login>)> = Vec::new();
        for login in account.profile.logins() {
            let Some(holder) = self.claims.holder(&login, account.user).await? else { continue };
            if holder.profile().holds(&login, call.now) {
                return Err(AccountRefusal::LoginTaken(login).into());
            }
            match holders.iter_mut().find(|(known, _)| known.user() == holder.user()) {
                Some((_, logins)) => logins.push(login),
                None => holders.push((holder, vec![login])),
            }
        }
        Ok(holders)
    }

    /// Everything that the new account writes, and what is written to the accounts that give a login up.
    async fn writes(
        &self,
        call: &InvocationContext,
        account: &NewAccount,
        holders: &[(Holder, Vec<Login>)],
    ) -> Result<Vec<Write<Refusal>>, Problem> {
        let NewAccount { user, profile, hash } = account;
        let data = UserRegistered(Account { user_id: *user });
        let event = NewEvent::new(format!("user/{user}"), profile.version, &data)?;
        let mut writes = self.store.open_account(*user, profile, hash, Refusal::Id)?;
        writes.push(self.journal.append(call, event)?.map(|_| Refusal::Id));
        for login in profile.logins() {
            let holder = holders.iter().find(|(_, logins)| logins.contains(&login));
            let from = holder.map(|(holder, _)| holder.user());
            writes.push(self.store.take_login(*user, &login, from, Refusal::Taken)?);
        }
        for (holder, logins) in holders {
            writes.extend(self.claims.release(call, holder, logins, &Refusal::Changed).await?);
        }
        Ok(writes)
    }
}

/// The problem of a refusal that another look at the accounts can't change.
fn final_refusal(reasons: &[Refusal]) -> Option<Problem> {
    // The same request was here a moment ago: that it also took the login is no news to its sender.
    if reasons.contains(&Refusal::KeyTaken) {
        return Some(KeyRefusal::InProgress.into());
    }
    reasons.contains(&Refusal::Id).then(|| Problem::internal("a new account's id is in use"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parallel_repeat_is_told_so_and_not_that_its_login_is_taken() {
        let problem = final_refusal(&[Refusal::Taken, Refusal::KeyTaken]).unwrap();
        assert_eq!(problem.code, "idempotency_in_progress");
    }

    #[test]
    fn only_what_may_change_is_looked_at_again() {
        assert_eq!(final_refusal(&[Refusal::Id]).unwrap().code, "internal");
        assert!(final_refusal(&[Refusal::Taken, Refusal::Changed]).is_none());
    }
}
