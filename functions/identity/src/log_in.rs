//! Logging in.

use std::net::IpAddr;

use kernel::{Kind, Problem, Timestamp, UserId, ids::SessionId};
use platform::{Call, Init, InitError};
use serde::Serialize;

use crate::access::{ACCESS_TOKEN_LIFETIME, Issuer};
use crate::contact::Login;
use crate::password::PasswordAttempt;
use crate::session::{RefreshToken, Session};
use crate::store::{Profile, Store};
use crate::throttle::Throttle;

/// What a client gets to act for an account (RFC 6750 section 4). Deliberately not `Debug`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tokens {
    access_token: String,
    refresh_token: String,
    token_type: &'static str,
    /// Seconds for which the access token is good.
    expires_in: u64,
}

impl Tokens {
    /// An access token for what the account may do now, and `refresh` to get the next one.
    pub(crate) fn issue(
        issuer: &Issuer,
        profile: &Profile,
        refresh: &RefreshToken,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        Ok(Self {
            access_token: issuer.issue(refresh.user, &profile.scopes, now)?,
            refresh_token: refresh.text(),
            token_type: "Bearer",
            expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
        })
    }
}

/// Logs people in.
pub(crate) struct LogIn {
    store: Store,
    throttle: Throttle,
    issuer: Issuer,
}

impl LogIn {
    /// The table named by `IDENTITY_TABLE`, and the signing key.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        let store = Store::connect(init).await?;
        let throttle = Throttle::from_init(init, store.clone())?;
        Ok(Self { store, throttle, issuer: Issuer::from_init(init).await? })
    }

    /// Begins a session of the account that `login` opens with `password`, tried from `source`. An unknown login and a
    /// wrong password get the same answer after the same work.
    pub(crate) async fn log_in(
        &self,
        call: &Call,
        login: &Login,
        password: &PasswordAttempt,
        source: Option<IpAddr>,
    ) -> Result<Tokens, Problem> {
        let admission = self.throttle.admit(call, login, source).await?;
        let (user, profile) = match self.verify(login, password).await {
            Ok(Some(account)) => account,
            Ok(None) => {
                self.throttle.failed(admission).await;
                return Err(invalid_credentials());
            }
            // Nobody is locked out because a table did not answer.
            Err(problem) => {
                self.throttle.give_back(admission).await;
                return Err(problem);
            }
        };
        let first = RefreshToken::generate(user, SessionId::generate())?;
        let session = Session::begin(&first, call.now);
        let tokens = Tokens::issue(&self.issuer, &profile, &first, call.now)?;
        let (begun, ()) = tokio::join!(
            self.store.begin_session(call, &first, &session),
            self.throttle.give_back(admission)
        );
        begun.map(|()| tokens)
    }

    /// The account that `login` opens, if `password` is its password.
    async fn verify(
        &self,
        login: &Login,
        password: &PasswordAttempt,
    ) -> Result<Option<(UserId, Profile)>, Problem> {
        let found = self.store.account_of(login).await?;
        // An account that isn't there is read all the same, so that its absence takes no less time.
        let user = found.unwrap_or_else(|| UserId::derived("nobody"));
        let (hash, profile) = tokio::try_join!(self.store.password_hash(user), self.store.profile(user))?;
        let matches = password.matches(hash.as_ref())?;
        Ok(profile.filter(|_| matches && found.is_some()).map(|profile| (user, profile)))
    }
}

fn invalid_credentials() -> Problem {
    let detail = "The login or the password is wrong.";
    Problem::new(Kind::Unauthenticated, "invalid_credentials", detail)
}
