use proptest::prelude::*;

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Every special network with its first and last address, and the neighbours on both sides where those are public.
#[test]
fn each_special_network_is_refused_up_to_its_edges() {
    let cases = [
        // first, last, before, after; empty where the neighbour is special too
        ("0.0.0.0", "0.255.255.255", "", "1.0.0.0"),
        ("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
        ("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
        ("127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"),
        ("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
        ("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
        ("192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"),
        ("192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
        ("192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"),
        ("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
        ("198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
        ("198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
        ("203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
        ("224.0.0.0", "255.255.255.255", "223.255.255.255", ""),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2000:ffff::", "2001:200::"),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7::", "2001:db9::"),
        ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:ffff::", "2003::"),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe:ffff::", "3fff:1000::"),
    ];
    for (first, last, before, after) in cases {
        for refused in [first, last] {
            assert_eq!(AddressPolicy::Public.check(ip(refused)), Err(NotPublic(ip(refused))));
        }
        for public in [before, after].into_iter().filter(|text| !text.is_empty()) {
            assert_eq!(AddressPolicy::Public.check(ip(public)), Ok(()), "{public}");
        }
    }
}

#[test]
fn what_an_attacker_would_try_is_refused() {
    for text in [
        "169.254.169.254",        // the metadata service
        "169.254.170.2",          // the container credentials
        "169.254.169.253",        // the resolver of a VPC
        "fd00:ec2::254",          // the metadata service over IPv6
        "::",                     // unspecified
        "::1",                    // loopback
        "::7f00:1",               // IPv4-compatible loopback
        "::ffff:127.0.0.1",       // IPv4-mapped loopback
        "::ffff:169.254.169.254", // IPv4-mapped metadata
        "::ffff:10.0.0.1",
        "::ffff:93.184.216.34", // IPv4-mapped and public: nobody needs to write it so
        "::ffff:0:127.0.0.1",   // IPv4-translated
        "64:ff9b::7f00:1",      // NAT64 of loopback
        "64:ff9b::a9fe:a9fe",   // NAT64 of the metadata service
        "64:ff9b:1::a00:1",     // local NAT64
        "2002:7f00:1::",        // 6to4 of loopback
        "2002:a9fe:a9fe::1",    // 6to4 of the metadata service
        "2001:0:a9fe:a9fe::1",  // Teredo
        "100::1",               // discard only
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "5f00::1",
        "4000::1",
    ] {
        assert!(AddressPolicy::Public.check(ip(text)).is_err(), "{text}");
    }
}

#[test]
fn public_addresses_are_reached() {
    for text in ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a02:6b8::2:242"] {
        assert_eq!(AddressPolicy::Public.check(ip(text)), Ok(()));
        assert_eq!(AddressPolicy::PublicAndLoopback.check(ip(text)), Ok(()));
    }
}

#[test]
fn a_developers_machine_reaches_itself_and_nothing_else_more() {
    for text in ["127.0.0.1", "127.8.9.10", "::1"] {
        assert_eq!(AddressPolicy::PublicAndLoopback.check(ip(text)), Ok(()));
    }
    for text in [
        "169.254.169.254",
        "fe80::1",
        "10.0.0.1",
        "192.168.1.1",
        "0.0.0.0",
        "::",
        "::ffff:127.0.0.1",
        "fd00:ec2::254",
    ] {
        assert!(AddressPolicy::PublicAndLoopback.check(ip(text)).is_err(), "{text}");
    }
}

proptest! {
    /// The standard library's own view of what is special, as far as it is stable, is never wider than ours.
    #[test]
    fn whatever_the_library_calls_special_is_refused(bits: u32, wide: u128) {
        let four = Ipv4Addr::from_bits(bits);
        if four.is_private() || four.is_loopback() || four.is_link_local() || four.is_multicast()
            || four.is_broadcast() || four.is_documentation() || four.is_unspecified()
        {
            prop_assert!(!is_public(IpAddr::V4(four)), "{}", four);
        }
        let six = Ipv6Addr::from_bits(wide);
        if six.is_loopback() || six.is_multicast() || six.is_unspecified() || six.is_unique_local()
            || six.is_unicast_link_local()
        {
            prop_assert!(!is_public(IpAddr::V6(six)), "{}", six);
        }
    }

    /// No IPv6 address that carries an IPv4 address reaches further than a plain one.
    #[test]
    fn no_embedded_address_is_reached(bits: u32, low: u64) {
        let four = Ipv4Addr::from_bits(bits);
        let embedded = u128::from(bits);
        let mapped = IpAddr::V6(four.to_ipv6_mapped());
        let compatible = IpAddr::V6(Ipv6Addr::from_bits(embedded));
        let nat64 = IpAddr::V6(Ipv6Addr::from_bits((0x0064_ff9b_u128 << 96) | embedded));
        let local_nat64 = IpAddr::V6(Ipv6Addr::from_bits((0x0064_ff9b_0001_u128 << 80) | u128::from(low)));
        let six_to_four = IpAddr::V6(Ipv6Addr::from_bits((0x2002_u128 << 112) | (embedded << 80) | u128::from(low)));
        for address in [mapped, compatible, nat64, local_nat64, six_to_four] {
            prop_assert!(!is_public(address), "{}", address);
        }
    }

    #[test]
    fn an_address_of_ipv4_is_public_exactly_when_no_special_network_has_it(bits: u32) {
        let [a, b, c, _] = Ipv4Addr::from_bits(bits).octets();
        let special = matches!(
            (a, b, c),
            (0 | 10 | 127 | 224..=255, _, _) | (100, 64..=127, _) | (169, 254, _) | (172, 16..=31, _)
                | (192, 0, 0 | 2) | (192, 88, 99) | (192, 168, _) | (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113)
        );
        prop_assert_eq!(is_public(IpAddr::V4(Ipv4Addr::from_bits(bits))), !special);
    }
}
