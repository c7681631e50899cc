//! Checks of sensitive operations: that the token's session still exists, and that its holder is the account's owner at this moment.
//!
//! An access token outlives its session by up to 15 minutes. Its `jti` names the session, in tokens of before this rule too, so one read of the
//! account's sessions is enough. Where more is needed a login has to be fresh, or the password is asked for (ASVS 3.7.1; RFC 9470 calls it step-up).

use std::net::IpAddr;
use std::time::Duration;

use kernel::Problem;
use platform::auth::Principal;
use platform::{Init, InitError, InvocationContext};

use crate::password::PasswordAttempt;
use crate::refusal::CallerRefusal;
use crate::session::{Session, is_access_token_of};
use crate::store::Store;
use crate::throttle::Throttle;

/// The time after a login for which its session proves the owner's presence without the password.
pub const FRESH_LOGIN: Duration = Duration::from_mins(5);

/// The session of the token that `caller` has; 401 where it has ended.
pub(crate) async fn live_session(
    store: &Store,
    call: &InvocationContext,
    caller: &Principal,
) -> Result<Session, Problem> {
    let sessions = store.sessions(caller.user, call.now).await?;
    let own = sessions.into_iter().find(|(id, _)| is_access_token_of(&caller.token_id, *id));
    own.map(|(_, session)| session).ok_or_else(|| CallerRefusal::SessionEnded.into())
}

/// Asks for the password, or for a login that was a moment ago.
pub(crate) struct Reauthentication {
    store: Store,
    throttle: Throttle,
}

impl Reauthentication {
    pub(crate) fn from_init(init: &Init, store: Store) -> Result<Self, InitError> {
        Ok(Self { throttle: Throttle::from_init(init, store.clone())?, store })
    }

    /// Refuses a caller whose session has ended, and one who neither gives the account's `password` nor logged in within [`FRESH_LOGIN`].
    /// Wrong guesses count as those at a login do.
    pub(crate) async fn require(
        &self,
        call: &InvocationContext,
        caller: &Principal,
        password: Option<&PasswordAttempt>,
        source: Option<IpAddr>,
    ) -> Result<(), Problem> {
        let session = live_session(&self.store, call, caller).await?;
        match password {
            Some(password) => self.check(call, caller, password, source).await,
            None if call.now < session.started_at.plus(FRESH_LOGIN) => Ok(()),
            None => Err(CallerRefusal::FreshLoginRequired { max_age: FRESH_LOGIN }.into()),
        }
    }

    async fn check(
        &self,
        call: &InvocationContext,
        caller: &Principal,
        password: &PasswordAttempt,
        source: Option<IpAddr>,
    ) -> Result<(), Problem> {
        let admission = self.throttle.acquire_for_owner(call, caller.user, source).await?;
        let credential = self.store.credential(caller.user).await;
        let matches = credential.and_then(|it| password.matches(it.as_ref().map(|it| &it.hash)));
        match matches {
            Ok(false) => {
                self.throttle.failed(call, admission).await;
                Err(CallerRefusal::WrongPassword { pointer: "/password" }.into())
            }
            other => {
                self.throttle.release(call, admission).await;
                other.map(|_| ())
            }
        }
    }
}
