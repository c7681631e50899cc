//! Changing a password, and what every change of a password entails: the account's other sessions end.

use std::net::IpAddr;

use kernel::{NewEvent, Problem, UserId, ids::SessionId};
use platform::auth::Principal;
use platform::dynamo::{Commit, Write};
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};

use crate::account_notices::{AccountNotices, ChangeNotice};
use crate::claims::Claims;
use crate::contact::Login;
use crate::delivery::AccountChange;
use crate::events::PasswordChanged;
use crate::logins::{LoginChange, Standing};
use crate::password::{Password, PasswordAttempt, PasswordHash};
use crate::reauthentication::live_session;
use crate::refusal::CallerRefusal;
use crate::session::is_access_token_of;
use crate::store::{Credential, Profile, Store};
use crate::throttle::Throttle;

/// Sets passwords.
pub(crate) struct Passwords {
    store: Store,
    journal: Journal,
    claims: Claims,
    notices: AccountNotices,
}

/// A password that is to take the place of another.
pub(crate) struct NewPassword<'a> {
    pub(crate) user: UserId,
    /// The account's credential before the change.
    pub(crate) credential: &'a Credential,
    /// The new password's hash.
    pub(crate) hash: &'a PasswordHash,
    /// The id of the access token whose session goes on; without one all sessions end.
    pub(crate) kept: Option<&'a str>,
    /// The login whose owner proved it by this. The account has to have it; every other one that was never proved is taken off.
    pub(crate) proved: Option<&'a Login>,
    /// The way in which the password was set, for the journal: `changed` or `reset`.
    pub(crate) how: &'static str,
}

/// The outcome of setting a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is set.
    Done,
    /// The account was changed since it was read.
    Changed,
    /// The write that was to happen in the same transaction was refused, or the account is gone or no longer has the login.
    Refused,
}

/// The write of the transaction that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Changed,
    Together,
}

impl Passwords {
    /// Changes `store`, and writes to the table named by `JOURNAL_TABLE` and the queue named by `NOTIFIER_QUEUE_URL`.
    pub(crate) async fn connect(init: &Init, store: Store) -> Result<Self, InitError> {
        let journal = Journal::connect(init).await?;
        let claims = Claims::new(store.clone(), journal.clone());
        let notices = AccountNotices::from_init(init, store.clone())?;
        Ok(Self { store, journal, claims, notices })
    }

    /// Sets the password in one transaction with the end of the sessions and with `together`. A login under way with
    /// the old password finds the credential changed, so no session begins behind this one's back.
    pub(crate) async fn set(
        &self,
        call: &InvocationContext,
        change: &NewPassword<'_>,
        together: Option<Write<()>>,
    ) -> Result<Outcome, Problem> {
        let user = change.user;
        let (profile, sessions) =
            tokio::try_join!(self.store.profile(user), self.store.sessions(user, call.now))?;
        let Some(profile) = profile else { return Ok(Outcome::Refused) };
        let standing = change.proved.map(|login| profile.standing(login, call.now));
        if matches!(standing, Some(None | Some(Standing::Void))) {
            return Ok(Outcome::Refused);
        }
        let stays = |id: SessionId| change.kept.is_some_and(|token| is_access_token_of(token, id));
        let ended: Vec<SessionId> = sessions.into_iter().map(|(id, _)| id).filter(|id| !stays(*id)).collect();
        let data = PasswordChanged { user_id: user, how: change.how, ended_sessions: ended.clone() };
        let event = NewEvent::new(format!("user/{user}"), profile.version + 1, &data)?;
        let credential = self.store.change_password(user, change.credential, change.hash)?;
        let mut writes = vec![
            credential.map(|_| Refusal::Changed),
            self.journal.append(call, event)?.map(|_| Refusal::Changed),
        ];
        let counted = Profile { version: profile.version + 1, ..profile.clone() };
        let logins = change.proved.map(|login| LoginChange::proved(user, &counted, login));
        let after = logins.as_ref().map_or(&profile, |logins| &logins.profile);
        let notice = ChangeNotice { user, before: &profile, after, change: AccountChange::PasswordChanged };
        self.notices.notify(call, &notice, &change.credential.version.to_string()).await?;
        if let Some(logins) = logins {
            writes.extend(self.claims.apply(call, user, &profile, &logins, &Refusal::Changed)?);
        } else {
            writes.push(self.store.count_change(user, &profile, Refusal::Changed)?);
        }
        for id in ended {
            writes.push(self.store.drop_session(user, id, Refusal::Changed)?);
        }
        writes.extend(together.map(|write| write.map(|()| Refusal::Together)));
        match self.store.dynamo().commit(call, writes).await? {
            Commit::Committed => Ok(Outcome::Done),
            Commit::Refused(refused) => {
                let together = refused.iter().any(|one| one.reason == Refusal::Together);
                Ok(if together { Outcome::Refused } else { Outcome::Changed })
            }
        }
    }
}

/// Changes passwords for those who know the current one.
pub(crate) struct ChangePassword {
    store: Store,
    throttle: Throttle,
    passwords: Passwords,
}

impl ChangePassword {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`, and the queue named by `NOTIFIER_QUEUE_URL`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        let store = Store::connect(init).await?;
        let throttle = Throttle::from_init(init, store.clone())?;
        Ok(Self { passwords: Passwords::connect(init, store.clone()).await?, throttle, store })
    }

    /// Makes `new` the caller's password if `current` is it. The caller's session goes on, every other one ends. Wrong
    /// guesses count as those at a login do: a stolen access token is no way to find the password out.
    pub(crate) async fn change(
        &self,
        call: &InvocationContext,
        caller: &Principal,
        current: &PasswordAttempt,
        new: &Password,
        source: Option<IpAddr>,
    ) -> Result<(), Problem> {
        live_session(&self.store, call, caller).await?;
        let admission = self.throttle.acquire_for_owner(call, caller.user, source).await?;
        match self.change_if_known(call, caller, current, new).await {
            Ok(true) => {
                self.throttle.release(call, admission).await;
                Ok(())
            }
            Ok(false) => {
                self.throttle.failed(call, admission).await;
                Err(CallerRefusal::WrongPassword { pointer: "/currentPassword" }.into())
            }
            Err(problem) => {
                self.throttle.release(call, admission).await;
                Err(problem)
            }
        }
    }

    /// Changes the password if `current` is the present one. Returns false when it is not.
    async fn change_if_known(
        &self,
        call: &InvocationContext,
        caller: &Principal,
        current: &PasswordAttempt,
        new: &Password,
    ) -> Result<bool, Problem> {
        let user = caller.user;
        let mut retry = StaleRetry::of("the account", call);
        loop {
            retry.begin().await?;
            let Some(credential) = self.store.credential(user).await? else { return Ok(false) };
            if !current.matches(Some(&credential.hash))? {
                return Ok(false);
            }
            let profile = self.store.profile(user).await?.ok_or(CallerRefusal::AccountDeleted)?;
            new.check_own(&profile, "/newPassword")?;
            let hash = new.hash()?;
            let kept = Some(caller.token_id.as_str());
            let change = NewPassword {
                user,
                credential: &credential,
                hash: &hash,
                kept,
                proved: None,
                how: "changed",
            };
            match self.passwords.set(call, &change, None).await? {
                Outcome::Done => return Ok(true),
                Outcome::Changed => {}
                Outcome::Refused => return Ok(false),
            }
        }
    }
}
