//! Who may try a password, and how often (ASVS 2.2.1).
//!
//! Only failures count in the end, but every attempt takes a place before the password is looked at, and gives it back
//! when it was no failure: counted afterwards, a burst of parallel guesses would all be let in before the first of them
//! counted. Whoever finds all places taken by attempts whose outcome is still open waits for a moment.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use kernel::{Kind, Problem, UserId};
use platform::{Call, Init, InitError};

use crate::code::Purpose;
use crate::contact::Login;
use crate::store::{Place, Store, Window};

/// The stretch of time in which failures are counted.
pub const WINDOW: Duration = Duration::from_mins(15);
/// Failures in a [`WINDOW`] after which a login waits for the next one. ASVS 2.2.1 asks for at most 100 in an hour.
pub const FAILURES_PER_LOGIN: u32 = 10;
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
/// What a household is given of IPv6, in bits (RFC 6177 section 2): it counts as one address.
const IPV6_PREFIX_BITS: u32 = 64;
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
pub(crate) struct Admission([Window; 2]);

impl Throttle {
    /// Counts in `store`; `LOGIN_FAILURES_PER_ADDRESS` and `REGISTRATIONS_PER_ADDRESS` may set other limits.
    pub(crate) fn from_init(init: &Init, store: Store) -> Result<Self, InitError> {
        let per_address = init.optional("LOGIN_FAILURES_PER_ADDRESS", FAILURES_PER_ADDRESS)?;
        let registrations = init.optional("REGISTRATIONS_PER_ADDRESS", REGISTRATIONS_PER_ADDRESS)?;
        Ok(Self { store, per_address, registrations })
    }

    /// Lets an attempt at `subject`, such as a login, from `source` in, or says how long to wait.
    pub(crate) async fn admit(
        &self,
        call: &Call,
        subject: &(dyn fmt::Display + Sync),
        source: Option<IpAddr>,
    ) -> Result<Admission, Problem> {
        let windows = [
            Window::at(call.now, WINDOW, format_args!("login:{subject}")),
            Window::at(call.now, WINDOW, format_args!("address:{}", Source(source))),
        ];
        let places = tokio::join!(
            self.patient_place(call, &windows[0], FAILURES_PER_LOGIN),
            self.patient_place(call, &windows[1], self.per_address)
        );
        let places = [places.0?, places.1?];
        if places == [Place::Taken; 2] {
            return Ok(Admission(windows));
        }
        // No password is tried, so no place is used up: least of all those of a login whose owner is somebody else.
        for (window, _) in windows.iter().zip(places).filter(|(_, place)| *place == Place::Taken) {
            self.store.free_place(call, window).await?;
        }
        let exhausted = places.contains(&Place::Exhausted);
        Err(too_many(if exhausted { windows[0].seconds_left(call.now) } else { BUSY_SECONDS }))
    }

    /// Lets a guess of the password of `user`, whose access token the caller has, in from `source`, or says how long to wait.
    pub(crate) async fn admit_owner(
        &self,
        call: &Call,
        user: UserId,
        source: Option<IpAddr>,
    ) -> Result<Admission, Problem> {
        self.admit(call, &format!("user:{user}"), source).await
    }

    /// Lets a request to send something for `purpose` to `login` in, made from `source`, or says how long to wait. Whether
    /// there is such an account makes no difference.
    pub(crate) async fn admit_request(
        &self,
        call: &Call,
        purpose: Purpose,
        login: &Login,
        source: Option<IpAddr>,
    ) -> Result<(), Problem> {
        let address = Window::at(call.now, WINDOW, format_args!("request:address:{}", Source(source)));
        self.count(call, &address, REQUESTS_PER_ADDRESS).await?;
        let subject = format!("request:{}:{login}", purpose.name());
        self.count(call, &Window::at(call.now, REQUEST_WINDOW, subject), REQUESTS_PER_LOGIN).await
    }

    /// Lets somebody at `source` try a code, or says how long to wait.
    pub(crate) async fn admit_confirmation(
        &self,
        call: &Call,
        source: Option<IpAddr>,
    ) -> Result<(), Problem> {
        let address = Window::at(call.now, WINDOW, format_args!("confirm:address:{}", Source(source)));
        self.count(call, &address, CONFIRMATIONS_PER_ADDRESS).await
    }

    /// Lets a registration from `source` in, or says how long to wait. Each one counts, also one that is refused: whether a login is taken
    /// is worth asking.
    pub(crate) async fn admit_registration(
        &self,
        call: &Call,
        source: Option<IpAddr>,
    ) -> Result<(), Problem> {
        let address = Window::at(call.now, WINDOW, format_args!("register:address:{}", Source(source)));
        self.count(call, &address, self.registrations).await
    }

    /// Counts one of at most `limit` in `window`, good or bad.
    async fn count(&self, call: &Call, window: &Window, limit: u32) -> Result<(), Problem> {
        match self.store.take_place(call, window, limit).await? {
            Place::Taken => Ok(()),
            Place::Busy | Place::Exhausted => Err(too_many(window.seconds_left(call.now))),
        }
    }

    /// Takes a place, waiting a little where others may give theirs back.
    async fn patient_place(&self, call: &Call, window: &Window, limit: u32) -> Result<Place, Problem> {
        for pause in PAUSES {
            let place = self.store.take_place(call, window, limit).await?;
            if place != Place::Busy {
                return Ok(place);
            }
            tokio::time::sleep(pause).await;
        }
        self.store.take_place(call, window, limit).await
    }

    /// Notes that the attempt failed.
    pub(crate) async fn failed(&self, call: &Call, admission: Admission) {
        let [login, address] = admission.0;
        let (login, address) =
            tokio::join!(self.store.keep_place(call, &login), self.store.keep_place(call, &address));
        warn_of([login, address]);
    }

    /// Gives the places of an attempt back that was no failure.
    pub(crate) async fn give_back(&self, call: &Call, admission: Admission) {
        let [login, address] = admission.0;
        let (login, address) =
            tokio::join!(self.store.free_place(call, &login), self.store.free_place(call, &address));
        warn_of([login, address]);
    }
}

/// An outcome that could not be noted leaves a place taken, which errs on the safe side: no reason to refuse anybody.
fn warn_of(outcomes: [Result<(), Problem>; 2]) {
    for problem in outcomes.into_iter().filter_map(Result::err) {
        tracing::warn!(%problem, "the outcome of an attempt could not be noted");
    }
}

/// There were as many attempts as there may be; the next one may be made in `wait` seconds.
pub(crate) fn too_many(wait: u32) -> Problem {
    let detail = "There were too many attempts; try again later.";
    Problem::new(Kind::Throttled, "too_many_attempts", detail).retry_after(wait)
}

/// The address that attempts are counted under.
struct Source(Option<IpAddr>);

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.map(|address| address.to_canonical()) {
            // The gateway always names an address. If it ever doesn't, all such requests share one counter.
            None => f.write_str("unknown"),
            Some(IpAddr::V4(address)) => address.fmt(f),
            Some(IpAddr::V6(address)) => {
                let prefix = address.to_bits() & (u128::MAX << (u128::BITS - IPV6_PREFIX_BITS));
                write!(f, "{}/{IPV6_PREFIX_BITS}", Ipv6Addr::from_bits(prefix))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_counts_as_one_address() {
        let source = |text: &str| Source(Some(text.parse().unwrap())).to_string();
        assert_eq!(source("203.0.113.7"), "203.0.113.7");
        assert_eq!(source("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(source("2001:db8:1:2:aaaa::1"), "2001:db8:1:2::/64");
        assert_eq!(source("2001:db8:1:2::ffff"), source("2001:db8:1:2:aaaa::1"));
        assert_ne!(source("2001:db8:1:3::1"), source("2001:db8:1:2::1"));
        assert_eq!(Source(None).to_string(), "unknown");
    }
}
