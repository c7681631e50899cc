//! The source of a request, as budgets count it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use sha2::{Digest as _, Sha256};

use crate::{Init, InitError};

/// The number of accounts that a source address is assumed to serve when `ACCOUNTS_PER_ADDRESS` is not set: households, offices and mobile
/// networks share one.
pub const ACCOUNTS_PER_ADDRESS: u64 = 20;
/// The length of the IPv6 prefix that a household gets, in bits (RFC 6177 section 2): it counts as one address.
pub const IPV6_PREFIX_BITS: u32 = 64;

/// The network that a request came from: an address of IPv4, a prefix of IPv6. It is shown as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source(pub Option<IpAddr>);

impl Source {
    /// A hash that stands for the network in keys and items. All addresses can be tried, so it hides none from who has the table.
    pub fn pseudonym(self) -> Option<String> {
        self.0.map(|_| hex::encode(&Sha256::digest(self.to_string())[..16]))
    }
}

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

/// Reads `ACCOUNTS_PER_ADDRESS`. With 0 addresses are not counted: for shops whose own server sends every request.
pub fn accounts_per_address(init: &Init) -> Result<u64, InitError> {
    init.optional("ACCOUNTS_PER_ADDRESS", ACCOUNTS_PER_ADDRESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source(text.parse().ok())
    }

    #[test]
    fn a_household_counts_as_one_address() {
        let shown = |text: &str| source(text).to_string();
        assert_eq!(shown("203.0.113.7"), "203.0.113.7");
        assert_eq!(shown("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(shown("2001:db8:1:2:aaaa::1"), "2001:db8:1:2::/64");
        assert_eq!(shown("2001:db8:1:2::ffff"), shown("2001:db8:1:2:aaaa::1"));
        assert_ne!(shown("2001:db8:1:3::1"), shown("2001:db8:1:2::1"));
        assert_eq!(Source(None).to_string(), "unknown");
    }

    #[test]
    fn a_pseudonym_stands_for_the_network() {
        assert_eq!(source("2001:db8:1:2::1").pseudonym(), source("2001:db8:1:2::2").pseudonym());
        assert_ne!(source("203.0.113.7").pseudonym(), source("203.0.113.8").pseudonym());
        assert!(!source("203.0.113.7").pseudonym().unwrap().contains("203.0"));
        assert_eq!(Source(None).pseudonym(), None);
    }
}
