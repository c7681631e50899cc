//! The addresses that notifications come from. This is a first filter only: the content of a notification is never trusted.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// The published ranges (yookassa.ru/developers/using-api/webhooks).
const PUBLISHED: &str =
    "185.71.76.0/27 185.71.77.0/27 77.75.153.0/25 77.75.156.11 77.75.156.35 77.75.154.128/25 2a02:5180::/32";

/// Ranges of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources(Vec<IpNet>);

impl Sources {
    /// True when `address` is in one of the ranges. An IPv4 address that is written as an IPv6 one is the IPv4 address.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|range| range.contains(&address))
    }
}

impl Default for Sources {
    /// The ranges that the provider has published.
    fn default() -> Self {
        PUBLISHED.parse().unwrap_or(Self(Vec::new()))
    }
}

impl FromStr for Sources {
    type Err = String;

    /// Addresses and ranges, separated by commas or spaces. `0.0.0.0/0 ::/0` allows every address.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
        let ranges =
            parts.map(|part| range(part).ok_or_else(|| format!("{part} is neither an address nor a range")));
        ranges.collect::<Result<_, _>>().map(Self)
    }
}

fn range(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_ranges_and_nobody_beside_them() {
        let sources = Sources::default();
        assert_eq!(sources.0.len(), 7);
        let inside = [
            "185.71.76.0",
            "185.71.76.31",
            "185.71.77.31",
            "77.75.153.127",
            "77.75.156.11",
            "77.75.156.35",
            "77.75.154.128",
            "77.75.154.255",
            "2a02:5180::1",
            "2a02:5180:ffff::1",
            "::ffff:185.71.76.1",
        ];
        for address in inside {
            assert!(sources.contain(address.parse().unwrap()), "{address}");
        }
        let outside = [
            "185.71.76.32",
            "185.71.75.255",
            "77.75.153.128",
            "77.75.156.12",
            "77.75.154.127",
            "2a02:5181::1",
            "127.0.0.1",
            "::1",
        ];
        for address in outside {
            assert!(!sources.contain(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn ranges_are_configured() {
        let sources: Sources = "10.0.0.0/8, 127.0.0.1,::1".parse().unwrap();
        assert!(sources.contain("10.1.2.3".parse().unwrap()) && sources.contain("::1".parse().unwrap()));
        assert!(!sources.contain("185.71.76.1".parse().unwrap()));
        let everyone: Sources = "0.0.0.0/0 ::/0".parse().unwrap();
        assert!(everyone.contain("2a02::1".parse().unwrap()) && everyone.contain("8.8.8.8".parse().unwrap()));
        assert!("10.0.0.0/33".parse::<Sources>().is_err() && "everyone".parse::<Sources>().is_err());
    }
}
