//! The URLs that may be registered, and sent to.

use std::fmt;
use std::net::IpAddr;

use platform::{Init, InitError};
use reqwest::Url;

use crate::address::AddressPolicy;

/// The longest URL, in characters.
pub const MAX_URL_LENGTH: usize = 2_048;
/// The port of HTTPS, and the only one of the ports that belong to a machine's own services that may be named.
const HTTPS_PORT: u16 = 443;
/// The last of the ports that belong to a machine's own services (RFC 6335 section 6).
const LAST_SYSTEM_PORT: u16 = 1_023;
/// Names that mean a machine of this network, regardless of a resolver's answer (RFC 6761, RFC 6762, RFC 8375, ICANN's reservation of `internal`).
const LOCAL_DOMAINS: [&str; 5] = ["localhost", "local", "internal", "home.arpa", "localdomain"];

/// The rules for targets of deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The addresses that may be connected to.
    pub addresses: AddressPolicy,
}

/// The fault of a URL, in words for the caller that registers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadUrl(&'static str);

impl fmt::Display for BadUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Rules {
    /// Public addresses over HTTPS, and with `WEBHOOK_ALLOW_LOCAL` set to `true` also this machine over HTTP.
    pub fn from_init(init: &Init) -> Result<Self, InitError> {
        let local = init.optional("WEBHOOK_ALLOW_LOCAL", false)?;
        Ok(Self { addresses: if local { AddressPolicy::PublicAndLoopback } else { AddressPolicy::Public } })
    }

    /// Reads a URL. A host that is an address is checked here; a name is resolved, and each of its addresses checked, when it is connected to.
    pub fn read(self, text: &str) -> Result<Url, BadUrl> {
        if text.len() > MAX_URL_LENGTH {
            return Err(BadUrl("must be at most 2048 characters long"));
        }
        if !is_written_out(text) {
            return Err(BadUrl(
                "must be an absolute URL with https:// and without spaces, backslashes and user names",
            ));
        }
        let url = Url::parse(text).map_err(|_| BadUrl("must be an absolute URL"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadUrl("must not hold a user name or password"));
        }
        if url.fragment().is_some() {
            return Err(BadUrl("must not have a fragment"));
        }
        let local = self.host(&url)?;
        match url.scheme() {
            "https" => {}
            "http" if local => return Ok(url),
            _ => return Err(BadUrl("must begin with https://")),
        }
        match url.port_or_known_default() {
            Some(port) if port == HTTPS_PORT || port > LAST_SYSTEM_PORT => Ok(url),
            _ => Err(BadUrl("must have the port 443 or one from 1024 up")),
        }
    }

    /// Refuses a host that may not be connected to; true when it is this machine and may.
    fn host(self, url: &Url) -> Result<bool, BadUrl> {
        let host = url.host_str().ok_or(BadUrl("must name a host"))?;
        // An IPv6 address stands in brackets. The parser has normalised every other spelling of an address: 0x7f.1 is 127.0.0.1.
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse::<IpAddr>() {
            let refused = |_| BadUrl("must be at a public address");
            return self.addresses.check(address).map(|()| address.is_loopback()).map_err(refused);
        }
        let name = host.trim_end_matches('.');
        if name == "localhost" && self.addresses == AddressPolicy::PublicAndLoopback {
            return Ok(true);
        }
        let is_in = |domain: &str| {
            name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        if !name.contains('.') || LOCAL_DOMAINS.into_iter().any(is_in) {
            return Err(BadUrl("must name a host on the public Internet"));
        }
        Ok(false)
    }
}

/// True when `text` is a URL as it stands (RFC 3986). The parser reads what browsers accept and mends it: it takes `https:host`, turns
/// backslashes around and passes over line breaks. The URL that is registered has to be the one that was meant.
fn is_written_out(text: &str) -> bool {
    let unwanted = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '\\';
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !authority.is_empty()
        && !authority.contains('@')
        && !text.contains(unwanted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PUBLIC: Rules = Rules { addresses: AddressPolicy::Public };
    const LOCAL: Rules = Rules { addresses: AddressPolicy::PublicAndLoopback };

    #[test]
    fn ordinary_addresses_are_taken() {
        for text in [
            "https://shop.example.com/hooks",
            "https://shop.example.com:8443/hooks?token=a",
            "https://SHOP.example.com:443",
            "https://93.184.216.34/hooks",
            "https://[2606:4700:4700::1111]:1024/",
            "https://магазин.рф/события",
        ] {
            assert!(PUBLIC.read(text).is_ok(), "{text}");
            assert!(LOCAL.read(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_leads_inside_is_refused() {
        for text in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://%31%32%37.0.0.1/",
            "https://127.0.0.1./",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[fd00:ec2::254]/",
            "https://10.0.0.7/",
            "https://192.168.0.1:8443/",
            "https://100.64.0.1/",
            "https://0/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://a.localhost/",
            "https://intranet/",
            "https://db.internal/",
            "https://printer.local/",
            "https://ip-10-0-0-1.eu-central-1.compute.internal/",
            "https://router.home.arpa/",
            "https://①②⑦.0.0.1/",
        ] {
            assert!(PUBLIC.read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_plain_https_is_refused() {
        for text in [
            "",
            "shop.example.com",
            "//shop.example.com",
            "/hooks",
            "http://shop.example.com/",
            "ftp://shop.example.com/",
            "file:///etc/passwd",
            "gopher://shop.example.com/",
            "data:text/plain,x",
            "https://user@shop.example.com/",
            "https://user:password@shop.example.com/",
            "https://:password@shop.example.com/",
            "https://shop.example.com/#part",
            "https://shop.example.com:22/",
            "https://shop.example.com:80/",
            "https://shop.example.com:0/",
            "https://shop.example.com:1023/",
            "https://shop.example.com:65536/",
            "https:///path",
            "https:shop.example.com",
            "https:/shop.example.com",
            "https:\\\\shop.example.com\\hooks",
            " https://shop.example.com/",
            "https://shop.example.com/hooks\n",
            "https://shop.exa\tmple.com/",
            "https://shop.example.com/a b",
            "https://@shop.example.com/",
            "https://:@shop.example.com/",
        ] {
            assert!(PUBLIC.read(text).is_err(), "{text}");
            assert!(LOCAL.read(text).is_err(), "{text}");
        }
        let long = format!("https://shop.example.com/{}", "x".repeat(MAX_URL_LENGTH));
        assert!(PUBLIC.read(&long).is_err());
    }

    #[test]
    fn a_developers_stack_takes_its_own_machine_over_http() {
        for text in
            ["http://127.0.0.1:80/", "http://localhost:4000/", "http://[::1]:9/", "https://127.0.0.1:8443/"]
        {
            assert!(LOCAL.read(text).is_ok(), "{text}");
            assert!(PUBLIC.read(text).is_err(), "{text}");
        }
        for text in [
            "http://shop.example.com/",
            "http://169.254.169.254/",
            "http://10.0.0.1/",
            "http://93.184.216.34/",
            "http://a.localhost/",
            "http://u@127.0.0.1/",
        ] {
            assert!(LOCAL.read(text).is_err(), "{text}");
        }
    }

    proptest! {
        /// However an address is spelled, it is judged as the address that it is.
        #[test]
        fn every_spelling_of_an_address_is_judged_alike(bits: u32) {
            let four = std::net::Ipv4Addr::from_bits(bits);
            let public = crate::address::is_public(four.into());
            let [a, b, c, d] = four.octets();
            for host in [
                four.to_string(), bits.to_string(), format!("{bits:#x}"), format!("{bits:#o}").replace("0o", "0"),
                format!("{a}.{b}.{}", u32::from(c) * 256 + u32::from(d)), format!("{a:#x}.{b}.{c}.{d}"),
            ] {
                prop_assert_eq!(PUBLIC.read(&format!("https://{host}/")).is_ok(), public, "{}", host);
            }
        }

        #[test]
        fn nothing_makes_it_panic(text: String) {
            let _ = PUBLIC.read(&text);
            let _ = LOCAL.read(&format!("http://{text}"));
        }
    }
}
