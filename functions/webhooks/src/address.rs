//! The network addresses that may be connected to.
//!
//! A caller that may register an endpoint makes this system send a request to a URL of its choice. Without a check that would reach addresses that
//! only this system can reach: the runtime's own API on the loopback address, the metadata service, private networks. The rule names what is allowed,
//! the public unicast addresses, and takes from it what the IANA registries of special-purpose addresses (RFC 6890, with updates) list as not public.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// A network of IPv4.
const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

/// A network of IPv6 by its first three groups.
const fn v6(a: u16, b: u16, c: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

/// IPv4 addresses that are not public.
const SPECIAL_V4: [Ipv4Net; 16] = [
    v4(0, 0, 0, 0, 8),          // this network, unspecified (RFC 791)
    v4(10, 0, 0, 0, 8),         // private (RFC 1918)
    v4(100, 64, 0, 0, 10),      // carrier-grade NAT (RFC 6598)
    v4(127, 0, 0, 0, 8),        // loopback (RFC 1122)
    v4(169, 254, 0, 0, 16),     // link-local (RFC 3927), with the metadata service in it
    v4(172, 16, 0, 0, 12),      // private (RFC 1918)
    v4(192, 0, 0, 0, 24),       // protocol assignments (RFC 6890)
    v4(192, 0, 2, 0, 24),       // documentation (RFC 5737)
    v4(192, 88, 99, 0, 24),     // 6to4 relays, given up (RFC 7526)
    v4(192, 168, 0, 0, 16),     // private (RFC 1918)
    v4(198, 18, 0, 0, 15),      // benchmarks (RFC 2544)
    v4(198, 51, 100, 0, 24),    // documentation (RFC 5737)
    v4(203, 0, 113, 0, 24),     // documentation (RFC 5737)
    v4(224, 0, 0, 0, 4),        // multicast (RFC 5771)
    v4(240, 0, 0, 0, 4),        // reserved (RFC 1112)
    v4(255, 255, 255, 255, 32), // broadcast (RFC 919)
];

/// All global unicast addresses of IPv6 (RFC 4291). Outside of it lie the unspecified and loopback addresses, IPv4-mapped and -compatible ones,
/// NAT64 (`64:ff9b::/96` and `64:ff9b:1::/48`), unique local (with the metadata service), link-local, site-local and multicast ones.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 0, 3);

/// The networks of [`GLOBAL_V6`] that are not public, or hold an IPv4 address that anyone can choose.
const SPECIAL_V6: [Ipv6Net; 4] = [
    v6(0x2001, 0, 0, 23), // protocol assignments, with Teredo, benchmarks and ORCHID (RFC 2928)
    v6(0x2001, 0xdb8, 0, 32), // documentation (RFC 3849)
    v6(0x2002, 0, 0, 16), // 6to4 (RFC 3056)
    v6(0x3fff, 0, 0, 20), // documentation (RFC 9637)
];

/// The address may not be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotPublic(pub IpAddr);

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a public address", self.0)
    }
}

impl std::error::Error for NotPublic {}

/// The addresses that may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressPolicy {
    /// Public ones alone.
    Public,
    /// Public ones, and this machine: for a stack that runs on a developer's own.
    PublicAndLoopback,
}

impl AddressPolicy {
    /// Refuses an address that may not be connected to.
    pub fn check(self, address: IpAddr) -> Result<(), NotPublic> {
        let allowed = is_public(address) || (self == Self::PublicAndLoopback && is_loopback(address));
        if allowed { Ok(()) } else { Err(NotPublic(address)) }
    }
}

/// True when the address is reachable on the public Internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => {
            GLOBAL_V6.contains(&address) && !SPECIAL_V6.iter().any(|net| net.contains(&address))
        }
    }
}

/// True when the address is this machine's own. An IPv4-mapped one does not count: no caller needs to write it so.
fn is_loopback(address: IpAddr) -> bool {
    address.is_loopback()
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
