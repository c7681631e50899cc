//! Limits on password attempts, by login and source (ASVS 2.2.1).
//!
//! A guess counts for its login and source together, so that failures from one place lock no one out elsewhere. A login has a higher limit
//! over all sources, against guesses from many; a source that its owner logged in from lately is not held up by it. A reset clears both.
//! A machine client's secret has 256 random bits: there is nothing to guess, so only its source counts.
//!
//! Only failures count in the end, but every attempt takes a place before the password is looked at, and gives it back
//! when it was no failure: counted afterwards, a burst of parallel guesses would all be let in before the first of them
//! counted. A caller that finds all places taken by attempts whose outcome is still open waits for a moment.

use std::net::IpAddr;
use std::time::Duration;

use kernel::{Problem, UserId};
use platform::source::Source;
use platform::window::Window;
use platform::{Init, InitError, InvocationContext};
use sha2::{Digest as _, Sha256};

use crate::code::Purpose;
use crate::contact::Login;
use crate::refusal::{LoginError, TooManyAttempts};
use crate::store::{Slot, Store};

/// The stretch of time in which failures are counted.
pub const WINDOW: Duration = Duration::from_mins(15);
/// Failures in a [`WINDOW`] after which a login waits for the next one, where they and it come from one source.
pub const FAILURES_PER_LOGIN: u32 = 10;
/// Failures in a [`LOGIN_WINDOW`], from all sources together, after which a login waits for the next one: what ASVS 2.2.1 asks for at most.
/// A source that the account was logged in from within [`KNOWN_SOURCE_LIFETIME`] does not wait.
pub const FAILURES_PER_LOGIN_ANYWHERE: u32 = 100;
/// The stretch of time in which failures at one login from all sources are counted.
pub const LOGIN_WINDOW: Duration = Duration::from_hours(1);
/// The time after a login for which its source is known as one of the login's.
pub const KNOWN_SOURCE_LIFETIME: Duration = Duration::from_hours(30 * 24);
/// Failures in a [`WINDOW`] after which a source address waits for the next one, unless
/// `LOGIN_FAILURES_PER_ADDRESS` says otherwise: higher than for a login, since offices share an address.
pub const FAILURES_PER_ADDRESS: u32 = 100;
/// Codes or reset tokens that are sent to one address or number in a [`REQUEST_WINDOW`].
pub const REQUESTS_PER_LOGIN: u32 = 5;
/// Codes and reset tokens that one source address may ask for in a [`WINDOW`].
pub const REQUESTS_PER_ADDRESS: u32 = 30;
/// The stretch of time in which what is sent to one login is counted.
pub const REQUEST_WINDOW: Duration = Duration::from_hours(1);
/// Codes that one source address may try in a [`WINDOW`], good or bad.
pub const CONFIRMATIONS_PER_ADDRESS: u32 = 100;
/// Accounts that one source address may register in a [`WINDOW`], or try to, unless `REGISTRATIONS_PER_ADDRESS` says otherwise.
pub const REGISTRATIONS_PER_ADDRESS: u32 = 20;
/// Pauses before a place is asked for again while other attempts are being made. An attempt takes some 100 to 200 ms.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
];
/// Seconds that a caller is asked to wait who found no place because of other attempts.
const BUSY_SECONDS: u32 = 2;

/// The counters, and how far they go.
pub(crate) struct Throttle {
    store: Store,
    per_address: u32,
    registrations: u32,
}

/// An attempt that was let in. Its places stay taken unless it is given back.
pub(crate) struct Admission(Vec<Window>);

/// A window, and the failures that end it.
type Limit = (Window, u32);

impl Throttle {
    /// Counts in `store`; `LOGIN_FAILURES_PER_ADDRESS` and `REGISTRATIONS_PER_ADDRESS` may set other limits.
    pub(crate) fn from_init(init: &Init, store: Store) -> Result<Self, InitError> {
        let per_address = init.optional("LOGIN_FAILURES_PER_ADDRESS", FAILURES_PER_ADDRESS)?;
        let registrations = init.optional("REGISTRATIONS_PER_ADDRESS", REGISTRATIONS_PER_ADDRESS)?;
        Ok(Self { store, per_address, registrations })
    }

    /// Lets an attempt at `login` from `source` in, or says how long to wait.
    pub(crate) async fn acquire(
        &self,
        call: &InvocationContext,
        login: &Login,
        source: Option<IpAddr>,
    ) -> Result<Admission, LoginError> {
        let everywhere = Window::at(call.now, LOGIN_WINDOW, login_subject(login)).part("all");
        let (own, everywhere) = tokio::join!(
            self.take(call, vec![login_limit(call, login, source), self.address_limit(call, source)]),
            self.take(call, vec![(everywhere, FAILURES_PER_LOGIN_ANYWHERE)])
        );
        match (own, everywhere) {
            (Ok(mut own), Ok(everywhere)) => {
                own.0.extend(everywhere.0);
                Ok(own)
            }
            (Ok(own), Err(error)) => {
                let known = matches!(error, LoginError::Refused(_))
                    && self.store.knows_source(&known_source(login, source), call.now).await?;
                if known {
                    return Ok(own);
                }
                self.release(call, own).await;
                Err(error)
            }
            (Err(error), everywhere) => {
                if let Ok(everywhere) = everywhere {
                    self.release(call, everywhere).await;
                }
                Err(error)
            }
        }
    }

    /// Lets an attempt to guess a machine client's secret from `source` in, or says how long to wait.
    pub(crate) async fn acquire_for_client(
        &self,
        call: &InvocationContext,
        source: Option<IpAddr>,
    ) -> Result<Admission, LoginError> {
        self.take(call, vec![self.address_limit(call, source)]).await
    }

    fn address_limit(&self, call: &InvocationContext, source: Option<IpAddr>) -> Limit {
        (Window::at(call.now, WINDOW, format_args!("address:{}", Source(source))), self.per_address)
    }

    /// Takes a place in each window, or in none.
    async fn take(&self, call: &InvocationContext, limits: Vec<Limit>) -> Result<Admission, LoginError> {
        let (mut taken, mut wait) = (Vec::new(), None);
        for (window, limit) in limits {
            match self.patient_place(call, &window, limit).await {
                Ok(Slot::Acquired) => taken.push(window),
                Ok(Slot::Exhausted) => wait = Some(window.seconds_left(call.now)),
                Ok(Slot::Busy) => wait = wait.or(Some(BUSY_SECONDS)),
                Err(problem) => {
                    self.release(call, Admission(taken)).await;
                    return Err(problem.into());
                }
            }
        }
        let Some(wait) = wait else { return Ok(Admission(taken)) };
        // No password is tried, so no place is used up: least of all those of a login whose owner is somebody else.
        self.release(call, Admission(taken)).await;
        Err(TooManyAttempts { wait }.into())
    }

    /// Lets a guess of the password of `user`, whose access token the caller has, in from `source`, or says how long to wait.
    pub(crate) async fn acquire_for_owner(
        &self,
        call: &InvocationContext,
        user: UserId,
        source: Option<IpAddr>,
    ) -> Result<Admission, LoginError> {
        let own = (Window::at(call.now, WINDOW, owner_subject(user)), FAILURES_PER_LOGIN);
        self.take(call, vec![own, self.address_limit(call, source)]).await
    }

    /// Lets a request to send something for `purpose` to `login` in, made from `source`, or says how long to wait. Whether
    /// there is such an account makes no difference.
    pub(crate) async fn acquire_for_request(
        &self,
        call: &InvocationContext,
        purpose: Purpose,
        login: &Login,
        source: Option<IpAddr>,
    ) -> Result<(), Problem> {
        let address = Window::at(call.now, WINDOW, format_args!("request:address:{}", Source(source)));
        count(&self.store, call, &address, REQUESTS_PER_ADDRESS).await?;
        let subject = format!("request:{}:{login}", purpose.name());
        count(&self.store, call, &Window::at(call.now, REQUEST_WINDOW, subject), REQUESTS_PER_LOGIN).await
    }

    /// Lets somebody at `source` try a code, or says how long to wait.
    pub(crate) async fn acquire_for_confirmation(
        &self,
        call: &InvocationContext,
        source: Option<IpAddr>,
    ) -> Result<(), Problem> {
        let address = Window::at(call.now, WINDOW, format_args!("confirm:address:{}", Source(source)));
        count(&self.store, call, &address, CONFIRMATIONS_PER_ADDRESS).await
    }

    /// Lets a registration from `source` in, or says how long to wait. Each one counts, also one that is refused: whether a login is taken
    /// is worth asking.
    pub(crate) async fn acquire_for_registration(
        &self,
        call: &InvocationContext,
        source: Option<IpAddr>,
    ) -> Result<(), Problem> {
        let address = Window::at(call.now, WINDOW, format_args!("register:address:{}", Source(source)));
        count(&self.store, call, &address, self.registrations).await
    }

    /// Takes a place, waiting a little where others may give theirs back.
    async fn patient_place(
        &self,
        call: &InvocationContext,
        window: &Window,
        limit: u32,
    ) -> Result<Slot, Problem> {
        for pause in PAUSES {
            let place = self.store.acquire_slot(call, window, limit).await?;
            if place != Slot::Busy {
                return Ok(place);
            }
            tokio::time::sleep(pause).await;
        }
        self.store.acquire_slot(call, window, limit).await
    }

    /// Notes that the attempt failed.
    pub(crate) async fn failed(&self, call: &InvocationContext, admission: Admission) {
        for window in &admission.0 {
            warn_of(self.store.keep_place(call, window).await);
        }
    }

    /// Gives the places of an attempt back that was no failure.
    pub(crate) async fn release(&self, call: &InvocationContext, admission: Admission) {
        for window in &admission.0 {
            warn_of(self.store.free_place(call, window).await);
        }
    }

    /// Notes that the owner of `login` comes from `source`.
    pub(crate) async fn know(&self, call: &InvocationContext, login: &Login, source: Option<IpAddr>) {
        let until = call.now.plus(KNOWN_SOURCE_LIFETIME);
        warn_of(self.store.know_source(call, &known_source(login, source), until).await);
    }

    /// Forgets the failures at `logins` and at the password of `user`, whose owner showed that the account is theirs.
    pub(crate) async fn clear(&self, call: &InvocationContext, user: UserId, logins: &[Login]) {
        let subjects = logins.iter().map(login_subject).chain([owner_subject(user)]);
        for subject in subjects {
            warn_of(self.store.forget_failures(call, &subject).await);
        }
    }
}

fn login_subject(login: &Login) -> String {
    format!("login:{login}")
}

fn owner_subject(user: UserId) -> String {
    format!("login:user:{user}")
}

fn login_limit(call: &InvocationContext, login: &Login, source: Option<IpAddr>) -> Limit {
    let window = Window::at(call.now, WINDOW, login_subject(login));
    (window.part(&Source(source).to_string()), FAILURES_PER_LOGIN)
}

/// Stands for a source that `login` was used from: a hash, so that the table does not tell where people are.
fn known_source(login: &Login, source: Option<IpAddr>) -> String {
    hex::encode(Sha256::digest(format!("{login} {}", Source(source))))
}

/// An outcome that could not be noted leaves a place taken, which errs on the safe side: no reason to refuse anybody.
fn warn_of(outcome: Result<(), Problem>) {
    if let Err(problem) = outcome {
        tracing::warn!(%problem, "the outcome of an attempt could not be noted");
    }
}

/// Counts one of at most `limit` in `window`, good or bad.
pub(crate) async fn count(
    store: &Store,
    call: &InvocationContext,
    window: &Window,
    limit: u32,
) -> Result<(), Problem> {
    match store.acquire_slot(call, window, limit).await? {
        Slot::Acquired => Ok(()),
        Slot::Busy | Slot::Exhausted => Err(TooManyAttempts { wait: window.seconds_left(call.now) }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_source_is_one_of_one_login() {
        let login = |text: &str| Login::parse(text).unwrap();
        let (home, office) = ("203.0.113.7".parse().ok(), "198.51.100.7".parse().ok());
        let known = known_source(&login("ada@example.com"), home);
        assert_eq!(known, known_source(&login("Ada@example.com"), home));
        assert_ne!(known, known_source(&login("ada@example.com"), office));
        assert_ne!(known, known_source(&login("eve@example.com"), home));
        assert!(!known.contains("203"));
    }
}
