//! Who may try a password, and how often (ASVS 2.2.1).
//!
//! Only failures count, but an attempt is counted before the password is looked at and given back when it was right:
//! counted afterwards, a burst of parallel guesses would all be let in before the first of them counted.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use kernel::{Kind, Problem};
use platform::{Call, Init, InitError};

use crate::contact::Login;
use crate::store::{Store, Window};

/// The stretch of time in which failures are counted.
pub const WINDOW: Duration = Duration::from_mins(15);
/// Failures in a [`WINDOW`] after which a login waits for the next one. ASVS 2.2.1 asks for at most 100 in an hour.
pub const FAILURES_PER_LOGIN: u32 = 10;
/// Failures in a [`WINDOW`] after which a source address waits for the next one, unless
/// `LOGIN_FAILURES_PER_ADDRESS` says otherwise: higher than for a login, since offices share an address.
pub const FAILURES_PER_ADDRESS: u32 = 100;
/// What a household is given of IPv6, in bits (RFC 6177 section 2): it counts as one address.
const IPV6_PREFIX_BITS: u32 = 64;

/// The counters, and how far they go.
pub(crate) struct Throttle {
    store: Store,
    per_address: u32,
}

/// An attempt that was let in, and counted as a failure until it is given back.
pub(crate) struct Admission([Window; 2]);

impl Throttle {
    /// Counts in `store`; `LOGIN_FAILURES_PER_ADDRESS` may set another limit for addresses.
    pub(crate) fn from_init(init: &Init, store: Store) -> Result<Self, InitError> {
        let per_address = init.optional("LOGIN_FAILURES_PER_ADDRESS", FAILURES_PER_ADDRESS)?;
        Ok(Self { store, per_address })
    }

    /// Lets an attempt at `login` from `source` in, or says how long to wait.
    pub(crate) async fn admit(
        &self,
        call: &Call,
        login: &Login,
        source: Option<IpAddr>,
    ) -> Result<Admission, Problem> {
        let login = Window::at(call.now, WINDOW, format_args!("login:{login}"));
        let address = Window::at(call.now, WINDOW, format_args!("address:{}", Source(source)));
        let (login_free, address_free) = tokio::join!(
            self.store.count(&login, FAILURES_PER_LOGIN),
            self.store.count(&address, self.per_address)
        );
        let (login_free, address_free) = (login_free?, address_free?);
        if login_free && address_free {
            return Ok(Admission([login, address]));
        }
        if login_free {
            // Whoever is refused by address tried no password, and must not use up the attempts of the login's owner.
            self.store.uncount(&login).await?;
        }
        let detail = "There were too many failed attempts; try again later.";
        let wait = login.seconds_left(call.now);
        Err(Problem::new(Kind::Throttled, "too_many_attempts", detail).retry_after(wait))
    }

    /// Undoes the count of an attempt that was no failure. When that itself fails the person merely has one attempt
    /// less for a while, which is no reason to refuse them.
    pub(crate) async fn give_back(&self, admission: Admission) {
        let [login, address] = admission.0;
        let (login, address) = tokio::join!(self.store.uncount(&login), self.store.uncount(&address));
        for problem in [login, address].into_iter().filter_map(Result::err) {
            tracing::warn!(%problem, "an attempt could not be given back");
        }
    }
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
