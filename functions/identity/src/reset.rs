//! Setting a new password without the old one.

use std::net::IpAddr;

use kernel::{Actor, Problem, UserId};
use platform::{Init, InitError, InvocationContext, StaleRetry};

use crate::change_password::{NewPassword, Outcome, Passwords};
use crate::code::{Purpose, ResetToken};
use crate::contact::Login;
use crate::logins::Standing;
use crate::password::Password;
use crate::refusal::AccountRefusal;
use crate::sending::SecretSender;
use crate::store::{KeptReset, Store, nobody};
use crate::throttle::Throttle;

/// Sends reset tokens.
pub(crate) struct RequestReset {
    store: Store,
    throttle: Throttle,
    sender: SecretSender,
}

impl RequestReset {
    /// The table named by `IDENTITY_TABLE` and the queue named by `SECRETS_QUEUE_URL`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        let store = Store::connect(init).await?;
        let throttle = Throttle::from_init(init, store.clone())?;
        Ok(Self { sender: SecretSender::from_init(init, store.clone())?, store, throttle })
    }

    /// Sends a reset token to `login` where it is an account's; otherwise the same work is done for no account.
    pub(crate) async fn send(
        &self,
        call: &InvocationContext,
        login: &Login,
        source: Option<IpAddr>,
    ) -> Result<(), Problem> {
        self.throttle.acquire_for_request(call, Purpose::Reset, login, source).await?;
        let found = self.store.account_of(login).await?.unwrap_or_else(nobody);
        let (credential, profile) =
            tokio::try_join!(self.store.credential(found), self.store.profile(found))?;
        // What stands unproved beside a login that was proved opens nothing, and resets nothing either.
        let standing = profile.and_then(|profile| profile.standing(login, call.now));
        let user = if standing.is_some_and(|standing| standing != Standing::Void) { found } else { nobody() };
        let version = credential.map_or(0, |credential| credential.version);
        let token = ResetToken::generate()?;
        let kept = KeptReset { user, version, login: login.to_string() };
        let writes = self.store.keep_reset(login, &token.hash(), &kept, call.now)?;
        self.sender.send_reset(call, login, user, token.text(), writes.into()).await
    }
}

/// Takes reset tokens back.
pub(crate) struct ConfirmReset {
    store: Store,
    passwords: Passwords,
    throttle: Throttle,
}

impl ConfirmReset {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`, and the queue named by `NOTIFIER_QUEUE_URL`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        let store = Store::connect(init).await?;
        let throttle = Throttle::from_init(init, store.clone())?;
        Ok(Self { passwords: Passwords::connect(init, store.clone()).await?, store, throttle })
    }

    /// Makes `password` the password of the account that `token` was sent to, and ends all its sessions. The token proves the login that it
    /// was sent to: every other one that was never proved is taken off.
    /// Failed logins are forgotten, and `source` is known as one of the login's.
    pub(crate) async fn confirm(
        &self,
        call: &InvocationContext,
        token: &str,
        password: &Password,
        source: Option<IpAddr>,
    ) -> Result<(), Problem> {
        let token = ResetToken::parse(token).ok_or(AccountRefusal::InvalidResetToken)?;
        let reset =
            self.store.reset(&token.hash(), call.now).await?.ok_or(AccountRefusal::InvalidResetToken)?;
        let (user, login) =
            (reset.user, Login::stored(&reset.login).ok_or(AccountRefusal::InvalidResetToken)?);
        let call = InvocationContext { actor: Actor::Customer { id: user }, ..call.clone() };
        let mut hash = None;
        let mut retry = StaleRetry::of("the account", &call);
        loop {
            retry.begin().await?;
            let credential = self.store.credential(user).await?;
            let credential = credential
                .filter(|it| it.version == reset.version)
                .ok_or(AccountRefusal::InvalidResetToken)?;
            let profile = self.store.profile(user).await?.ok_or(AccountRefusal::InvalidResetToken)?;
            password.check_own(&profile, "/newPassword")?;
            if hash.is_none() {
                hash = Some(password.hash()?);
            }
            let Some(hash) = &hash else { continue };
            let proved = Some(&login);
            let change =
                NewPassword { user, credential: &credential, hash, kept: None, proved, how: "reset" };
            let used = self.store.use_reset(&token.hash(), call.now, ())?;
            match self.passwords.set(&call, &change, Some(used)).await? {
                Outcome::Done => {
                    self.welcome(&call, user, &login, source).await;
                    return Ok(());
                }
                Outcome::Changed => {}
                Outcome::Refused => return Err(AccountRefusal::InvalidResetToken.into()),
            }
        }
    }

    /// Clears the throttle for the owner, regardless of earlier failures by others, and records their source as known.
    async fn welcome(&self, call: &InvocationContext, user: UserId, login: &Login, source: Option<IpAddr>) {
        let logins = match self.store.profile(user).await {
            Ok(profile) => profile.map(|profile| profile.logins()).unwrap_or_default(),
            Err(_) => vec![login.clone()],
        };
        self.throttle.clear(call, user, &logins).await;
        self.throttle.know(call, login, source).await;
    }
}
