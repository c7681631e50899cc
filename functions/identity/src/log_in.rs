//! Logging in.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use kernel::{Actor, NewEvent, Problem, Timestamp, UserId, ids::SessionId};
use platform::auth::Scopes;
use platform::backoff::full_jitter;
use platform::dynamo::Write;
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext};
use serde::Serialize;

use crate::access::{ACCESS_TOKEN_LIFETIME, Issuer};
use crate::audit::{Audit, Failed};
use crate::contact::Login;
use crate::events::LoggedIn;
use crate::logins::Standing;
use crate::password::{PasswordAttempt, PasswordHash};
use crate::refusal::{LoginError, LoginRefusal};
use crate::second_factor::{Challenge, SecondStep};
use crate::session::{RefreshToken, Session, surplus};
use crate::store::{Credential, Profile, Store, nobody};
use crate::throttle::Throttle;

/// Times that a session is begun again because other logins of the account came in between.
const MAX_ATTEMPTS: u32 = 30;
/// The first pause between those.
const BASE_PAUSE: Duration = Duration::from_millis(5);
/// The longest pause between those.
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// The tokens with which a client acts for an account (RFC 6750 section 4). Deliberately not `Debug`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) token_type: &'static str,
    /// Seconds for which the access token is good.
    pub(crate) expires_in: u64,
    /// The scopes of the access token, which it holds too.
    #[serde(skip)]
    pub(crate) scopes: Scopes,
}

impl Tokens {
    /// An access token for `scopes`, and `refresh` to get the next one.
    pub(crate) fn issue(
        issuer: &Issuer,
        scopes: Scopes,
        refresh: &RefreshToken,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        Ok(Self {
            access_token: issuer.issue(refresh.user, &scopes, Some(refresh.session), now)?,
            refresh_token: refresh.text(),
            token_type: TOKEN_TYPE,
            expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
            scopes,
        })
    }
}

/// The type of access tokens (RFC 6750).
pub(crate) const TOKEN_TYPE: &str = "Bearer";

/// An account whose password was given.
struct Opened {
    user: UserId,
    profile: Profile,
    credential: Credential,
    live: Vec<(SessionId, Session)>,
    /// The standing of the login.
    standing: Standing,
}

/// The credential was changed since it was read.
struct Changed;

/// Logs people in.
pub(crate) struct LogIn {
    store: Store,
    journal: Journal,
    throttle: Throttle,
    challenge: Challenge,
    audit: Audit,
    issuer: Arc<Issuer>,
}

impl LogIn {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`, the signing key, and the key that logins are hashed with for the log.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        Self::with(init, Arc::new(Issuer::from_init(init).await?)).await
    }

    /// The same tables, and a signing key that was read already.
    pub(crate) async fn with(init: &Init, issuer: Arc<Issuer>) -> Result<Self, InitError> {
        let (store, journal) = (Store::connect(init).await?, Journal::connect(init).await?);
        let throttle = Throttle::from_init(init, store.clone())?;
        let challenge = Challenge::from_init(init, store.clone()).await?;
        Ok(Self { store, journal, throttle, challenge, audit: Audit::from_init(init).await?, issuer })
    }

    /// Begins a session of the account that `login` opens with `password`, tried from `source`. An unknown login and a
    /// wrong password get the same answer after the same work. The session is good for no more than `narrowed`, where
    /// that is given. `step` is looked at once the password was right.
    pub(crate) async fn log_in(
        &self,
        call: &InvocationContext,
        login: &Login,
        password: &PasswordAttempt,
        source: Option<IpAddr>,
        narrowed: Option<Scopes>,
        step: SecondStep<'_>,
    ) -> Result<Tokens, LoginError> {
        let admission = match self.throttle.acquire(call, login, source).await {
            Ok(admission) => admission,
            Err(error) => {
                self.audit.step_failed(login, &error);
                return Err(error);
            }
        };
        let opened = match Box::pin(self.verify(call, login, password)).await {
            Ok(Some(opened)) if opened.standing == Standing::Stale => {
                self.throttle.release(call, admission).await;
                return Err(LoginRefusal::VerificationRequired(login.clone()).into());
            }
            Ok(Some(opened)) => opened,
            Ok(None) => {
                self.audit.failed(login, Failed::Credentials);
                self.throttle.failed(call, admission).await;
                return Err(LoginRefusal::InvalidCredentials.into());
            }
            // A table that did not answer must lock no one out.
            Err(problem) => {
                self.throttle.release(call, admission).await;
                return Err(problem.into());
            }
        };
        let passed = self.challenge.pass(call, opened.user, &opened.profile.scopes, step);
        if let Err(error) = Box::pin(passed).await {
            self.audit.step_failed(login, &error);
            self.throttle.release(call, admission).await;
            return Err(error);
        }
        let (begun, (), ()) = tokio::join!(
            self.begin(call, login, password, opened, narrowed),
            self.throttle.release(call, admission),
            self.throttle.know(call, login, source)
        );
        begun
    }

    /// The account that `login` opens, if `password` is its password.
    async fn verify(
        &self,
        call: &InvocationContext,
        login: &Login,
        password: &PasswordAttempt,
    ) -> Result<Option<Opened>, Problem> {
        let found = self.store.account_of(login).await?;
        // An account that isn't there is read all the same, so that its absence takes no less time.
        let user = found.unwrap_or_else(nobody);
        let (credential, profile, live) = tokio::try_join!(
            self.store.credential(user),
            self.store.profile(user),
            self.store.sessions(user, call.now)
        )?;
        let matches = password.matches(credential.as_ref().map(|credential| &credential.hash))?;
        let known = credential.zip(profile).filter(|_| matches && found.is_some());
        Ok(known.and_then(|(credential, profile)| {
            let standing =
                profile.standing(login, call.now).filter(|standing| *standing != Standing::Void)?;
            Some(Opened { user, profile, credential, live, standing })
        }))
    }

    /// Begins a session. The credential counts logins, and each is written at the count that was read: of two at one
    /// moment one begins again, so that neither the limit of sessions nor a new password is ever passed by.
    async fn begin(
        &self,
        call: &InvocationContext,
        login: &Login,
        password: &PasswordAttempt,
        mut opened: Opened,
        narrowed: Option<Scopes>,
    ) -> Result<Tokens, LoginError> {
        let (user, version) = (opened.user, opened.credential.version);
        let first = RefreshToken::generate(user, SessionId::generate())?;
        let session = Session { narrowed, ..Session::begin(&first, call.now) };
        let allowed = session.allowed(&opened.profile.scopes);
        if session.narrowed.as_ref().is_some_and(|asked| *asked != allowed) {
            return Err(LoginRefusal::InvalidScope.into());
        }
        let tokens = Tokens::issue(&self.issuer, allowed, &first, call.now)?;
        let outdated = opened.credential.hash.is_outdated();
        let renewed = outdated.then(|| password.rehash()).transpose()?;
        let call = InvocationContext { actor: Actor::Customer { id: user }, ..call.clone() };
        for attempt in 0..MAX_ATTEMPTS {
            let writes = self.session_begins(&call, login, &opened, renewed.as_ref(), &first, &session)?;
            if self.store.dynamo().commit(&call, writes).await?.is_committed() {
                return Ok(tokens);
            }
            tokio::time::sleep(full_jitter(BASE_PAUSE, LONGEST_PAUSE, attempt)).await;
            let (credential, profile, live) = tokio::try_join!(
                self.store.credential(user),
                self.store.profile(user),
                self.store.sessions(user, call.now)
            )?;
            // The password that was given may not be the password any more, nor the login one of the account's.
            let has_login = profile.is_some_and(|profile| profile.has(login));
            let same = credential.filter(|credential| credential.version == version && has_login);
            opened.credential = same.ok_or(LoginRefusal::InvalidCredentials)?;
            opened.live = live;
        }
        Err(Problem::unavailable("other logins of the account kept coming in between").into())
    }

    /// Everything that the beginning of a session writes.
    fn session_begins(
        &self,
        call: &InvocationContext,
        login: &Login,
        opened: &Opened,
        renewed: Option<&PasswordHash>,
        first: &RefreshToken,
        session: &Session,
    ) -> Result<Vec<Write<Changed>>, Problem> {
        let (user, credential) = (opened.user, &opened.credential);
        let ended = surplus(&opened.live);
        let data = LoggedIn {
            user_id: user,
            session_id: first.session,
            by: login.into(),
            ended_sessions: ended.clone(),
        };
        let event = NewEvent::new(format!("logins/{user}"), credential.logins + 1, &data)?;
        let mut writes = vec![
            self.store.count_login(user, credential, renewed)?.map(|_| Changed),
            self.store.begin_session(first, session, Changed)?,
            self.journal.append(call, event)?.map(|_| Changed),
        ];
        for id in ended {
            writes.push(self.store.drop_session(user, id, Changed)?);
        }
        Ok(writes)
    }
}
