//! Verifying that an address or number is its owner's.

use std::net::IpAddr;

use kernel::{Actor, Problem, UserId};
use platform::dynamo::Commit;
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};
use uuid::Uuid;

use crate::account_notices::AccountNotices;
use crate::claims::Claims;
use crate::code::{Code, Purpose};
use crate::contact::Login;
use crate::logins::{LoginChange, Standing};
use crate::refusal::AccountRefusal;
use crate::sending::SecretSender;
use crate::store::{KeptCode, Profile, Store, nobody};
use crate::throttle::Throttle;

/// Sends codes.
pub(crate) struct SendCode {
    store: Store,
    throttle: Throttle,
    sender: SecretSender,
}

impl SendCode {
    /// The table named by `IDENTITY_TABLE` and the queue named by `SECRETS_QUEUE_URL`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        let store = Store::connect(init).await?;
        let throttle = Throttle::from_init(init, store.clone())?;
        Ok(Self { sender: SecretSender::from_init(init, store.clone())?, store, throttle })
    }

    /// Sends a code to `login` where it is an account's and not verified yet. In every other case the same work is
    /// done for no account, so that neither response nor time reveals the case.
    pub(crate) async fn send(
        &self,
        call: &InvocationContext,
        login: &Login,
        source: Option<IpAddr>,
    ) -> Result<(), Problem> {
        self.throttle.acquire_for_request(call, Purpose::Verify, login, source).await?;
        let found = self.store.account_of(login).await?;
        let profile = self.store.profile(found.unwrap_or_else(nobody)).await?;
        let standing = profile.and_then(|profile| profile.standing(login, call.now));
        let user = found.filter(|_| matches!(standing, Some(Standing::Fresh | Standing::Stale)));
        self.sender.send_code(call, Purpose::Verify, login, user).await
    }
}

/// Takes codes back.
pub(crate) struct ConfirmCode {
    store: Store,
    claims: Claims,
    throttle: Throttle,
    notices: AccountNotices,
}

/// The reasons for which the transaction that uses a code was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// Somebody else used it.
    Used,
    /// The account was changed since it was read.
    Changed,
}

impl ConfirmCode {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`, and the queue named by `NOTIFIER_QUEUE_URL`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        let store = Store::connect(init).await?;
        let throttle = Throttle::from_init(init, store.clone())?;
        let claims = Claims::new(store.clone(), Journal::connect(init).await?);
        let notices = AccountNotices::from_init(init, store.clone())?;
        Ok(Self { store, claims, throttle, notices })
    }

    /// Notes that `login` is its owner's if `code` is the one that was last sent to it, and takes every other login off the account that
    /// was never proved. The account is not looked at before the code has proved right.
    pub(crate) async fn confirm(
        &self,
        call: &InvocationContext,
        login: &Login,
        code: &Code,
        source: Option<IpAddr>,
    ) -> Result<(), Problem> {
        self.throttle.acquire_for_confirmation(call, source).await?;
        let kept = right_code(&self.store, call, Purpose::Verify, login, code).await?;
        let user = kept.user.ok_or(AccountRefusal::InvalidCode)?;
        let call = InvocationContext { actor: Actor::Customer { id: user }, ..call.clone() };
        let mut retry = StaleRetry::of("the account", &call);
        loop {
            retry.begin().await?;
            let profile = self.store.profile(user).await?.ok_or(AccountRefusal::InvalidCode)?;
            if matches!(profile.standing(login, call.now), None | Some(Standing::Void)) {
                return Err(AccountRefusal::InvalidCode.into());
            }
            let commit = self.try_verify(&call, user, &profile, login, kept.id).await?;
            let Commit::Refused(refused) = commit else { return Ok(()) };
            if refused.iter().any(|one| one.reason == Refusal::Used) {
                return Err(AccountRefusal::InvalidCode.into());
            }
        }
    }

    async fn try_verify(
        &self,
        call: &InvocationContext,
        user: UserId,
        profile: &Profile,
        login: &Login,
        code: Uuid,
    ) -> Result<Commit<Refusal>, Problem> {
        let mut writes = vec![self.store.use_code(Purpose::Verify, login, code, Refusal::Used)?];
        if !profile.has_verified(login) {
            let change = LoginChange::proved(user, profile, login);
            if let Some(notice) = change.notice(user, profile) {
                self.notices.notify(call, &notice, &code.to_string()).await?;
            }
            writes.extend(self.claims.apply(call, user, profile, &change, &Refusal::Changed)?);
        }
        self.store.dynamo().commit(call, writes).await
    }
}

/// The code that was last sent to `login` for `purpose`, if `code` is it. Counts as a try.
pub(crate) async fn right_code(
    store: &Store,
    call: &InvocationContext,
    purpose: Purpose,
    login: &Login,
    code: &Code,
) -> Result<KeptCode, Problem> {
    let kept = store.code(purpose, login, call.now).await?.ok_or(AccountRefusal::InvalidCode)?;
    if !store.try_code(call, purpose, login, kept.id).await? || !code.hash(kept.id, login)?.is(&kept.hash) {
        return Err(AccountRefusal::InvalidCode.into());
    }
    Ok(kept)
}
