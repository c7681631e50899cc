//! The changes of a person's own logins: adding one, replacing one, removing one.
//!
//! A login is added once its owner proved it by a code; it takes the place of the one of its kind. One that was proved is always left.

use std::net::IpAddr;

use kernel::{Problem, Timestamp, UserId};
use platform::auth::Principal;
use platform::dynamo::{Commit, Write};
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};

use crate::account_notices::AccountNotices;
use crate::claims::Claims;
use crate::code::{Code, Purpose};
use crate::contact::Login;
use crate::logins::{LoginChange, Removal};
use crate::reauthentication::live_session;
use crate::refusal::{AccountRefusal, CallerRefusal};
use crate::sending::SecretSender;
use crate::store::{Profile, Store};
use crate::throttle::Throttle;
use crate::verify::right_code;

/// The length of a moment, in seconds.
const MOMENT_SECONDS: i64 = 60;

/// Sends codes to logins that are to be added.
pub(crate) struct AddLogin {
    claims: Claims,
    throttle: Throttle,
    sender: SecretSender,
}

impl AddLogin {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`, and the queue named by `SECRETS_QUEUE_URL`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        let store = Store::connect(init).await?;
        let throttle = Throttle::from_init(init, store.clone())?;
        let claims = Claims::new(store.clone(), Journal::connect(init).await?);
        Ok(Self { claims, throttle, sender: SecretSender::from_init(init, store)? })
    }

    /// Sends a code to `login`, which the caller wants to add. Where another account proved it the same work is done for no account, so that
    /// no caller finds out whose accounts there are.
    pub(crate) async fn send(
        &self,
        call: &InvocationContext,
        caller: &Principal,
        login: &Login,
        source: Option<IpAddr>,
    ) -> Result<(), Problem> {
        let purpose = Purpose::Add(caller.user);
        self.throttle.acquire_for_request(call, purpose, login, source).await?;
        let holder = self.claims.holder(login, caller.user).await?;
        let free = holder.is_none_or(|holder| !holder.profile().has_verified(login));
        self.sender.send_code(call, purpose, login, free.then_some(caller.user)).await
    }
}

/// Changes the logins of accounts.
pub(crate) struct OwnLogins {
    store: Store,
    claims: Claims,
    throttle: Throttle,
    notices: AccountNotices,
}

/// The reasons for which the transaction of a change was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// Another request used the code.
    Used,
    /// An account was changed since it was read.
    Changed,
}

impl OwnLogins {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`, and the queue named by `NOTIFIER_QUEUE_URL`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        let store = Store::connect(init).await?;
        let throttle = Throttle::from_init(init, store.clone())?;
        let claims = Claims::new(store.clone(), Journal::connect(init).await?);
        let notices = AccountNotices::from_init(init, store.clone())?;
        Ok(Self { store, claims, throttle, notices })
    }

    /// Adds `login` to the caller's account if `code` is the one that was last sent to it for that. Returns the account. An account that has
    /// the login and never proved it gives it up.
    pub(crate) async fn confirm(
        &self,
        call: &InvocationContext,
        caller: &Principal,
        login: &Login,
        code: &Code,
        source: Option<IpAddr>,
    ) -> Result<Profile, Problem> {
        live_session(&self.store, call, caller).await?;
        self.throttle.acquire_for_confirmation(call, source).await?;
        let (user, purpose) = (caller.user, Purpose::Add(caller.user));
        let kept = right_code(&self.store, call, purpose, login, code).await?;
        if kept.user != Some(user) {
            return Err(AccountRefusal::InvalidCode.into());
        }
        let mut retry = StaleRetry::of("the account", call);
        loop {
            retry.begin().await?;
            let profile = self.store.profile(user).await?.ok_or(CallerRefusal::AccountDeleted)?;
            let (change, mut writes) = self.proof(call, user, &profile, login).await?;
            writes.push(self.store.use_code(purpose, login, kept.id, Refusal::Used)?);
            if let Some(notice) = change.notice(user, &profile) {
                self.notices.notify(call, &notice, &kept.id.to_string()).await?;
            }
            let Commit::Refused(refused) = self.store.dynamo().commit(call, writes).await? else {
                return Ok(change.profile);
            };
            if refused.iter().any(|one| one.reason == Refusal::Used) {
                return Err(AccountRefusal::InvalidCode.into());
            }
        }
    }

    /// Returns the change that the proof of `login` makes to the account that `profile` shows, and all of its writes but the use of the code.
    async fn proof(
        &self,
        call: &InvocationContext,
        user: UserId,
        profile: &Profile,
        login: &Login,
    ) -> Result<(LoginChange, Vec<Write<Refusal>>), Problem> {
        if profile.has(login) {
            let change = LoginChange::proved(user, profile, login);
            let writes = self.claims.apply(call, user, profile, &change, &Refusal::Changed)?;
            return Ok((change, writes));
        }
        let holder = self.claims.holder(login, user).await?;
        if holder.as_ref().is_some_and(|holder| holder.profile().has_verified(login)) {
            return Err(AccountRefusal::InvalidCode.into());
        }
        let change = LoginChange::added(user, profile, login);
        let mut writes = self.claims.apply(call, user, profile, &change, &Refusal::Changed)?;
        let from = holder.as_ref().map(crate::claims::Holder::user);
        writes.push(self.store.take_login(user, login, from, Refusal::Changed)?);
        if let Some(holder) = holder {
            let logins = std::slice::from_ref(login);
            writes.extend(self.claims.release(call, &holder, logins, &Refusal::Changed).await?);
        }
        Ok((change, writes))
    }

    /// Removes the caller's login of the kind `kind`. Returns the account.
    pub(crate) async fn remove(
        &self,
        call: &InvocationContext,
        user: UserId,
        kind: &str,
    ) -> Result<Profile, Problem> {
        let mut retry = StaleRetry::of("the account", call);
        loop {
            retry.begin().await?;
            let profile = self.store.profile(user).await?.ok_or(CallerRefusal::AccountDeleted)?;
            let login = profile.logins().into_iter().find(|login| login.kind() == kind);
            let login = login.ok_or(AccountRefusal::LoginNotFound)?;
            if profile.verified_logins().iter().all(|verified| *verified == login) {
                return Err(AccountRefusal::LastLogin.into());
            }
            let change = LoginChange::removed(user, &profile, &[login], Removal::Owner);
            if let Some(notice) = change.notice(user, &profile) {
                let once = format!("{kind}/{}", moment(call.now));
                self.notices.notify(call, &notice, &once).await?;
            }
            let writes = self.claims.apply(call, user, &profile, &change, &Refusal::Changed)?;
            if self.store.dynamo().commit(call, writes).await?.is_committed() {
                return Ok(change.profile);
            }
        }
    }
}

/// The moment of `now`: requests of one moment that remove one login are one removal to its owner.
fn moment(now: Timestamp) -> i64 {
    now.as_seconds().div_euclid(MOMENT_SECONDS)
}
