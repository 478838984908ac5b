use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{AddressPolicy, RefusedAddress};

/// The tables a second time, as text, so that a slip in them shows.
const REFUSED_IPV4: &str = "\
    0.0.0.0/8 the network that means this host
    10.0.0.0/8 a private network
    100.64.0.0/10 carrier-grade NAT
    127.0.0.0/8 loopback
    169.254.0.0/16 link-local addresses
    172.16.0.0/12 a private network
    192.0.0.0/24 IETF protocol assignments
    192.0.2.0/24 documentation
    192.31.196.0/24 AS112 name servers
    192.52.193.0/24 multicast tunnels
    192.88.99.0/24 6to4 relays
    192.168.0.0/16 a private network
    192.175.48.0/24 AS112 name servers
    198.18.0.0/15 benchmarking
    198.51.100.0/24 documentation
    203.0.113.0/24 documentation
    224.0.0.0/4 multicast
    240.0.0.0/4 reserved addresses";

const REFUSED_IPV6: &str = "\
    ::/128 the unspecified address
    ::1/128 loopback
    ::/96 IPv4-compatible addresses
    ::ffff:0.0.0.0/96 IPv4-mapped addresses
    ::ffff:0:0:0/96 IPv4-translated addresses
    64:ff9b::/96 IPv4 addresses behind NAT64
    64:ff9b:1::/48 IPv4 addresses behind NAT64
    ::/8 reserved addresses
    100::/64 discarded addresses
    2001::/32 Teredo tunnels
    2001::/23 IETF protocol assignments
    2001:db8::/32 documentation
    2002::/16 6to4 tunnels
    2620:4f:8000::/48 AS112 name servers
    3fff::/20 documentation
    5f00::/16 segment routing
    fc00::/7 unique local addresses
    fe80::/10 link-local addresses
    fec0::/10 site-local addresses
    ff00::/8 multicast";

const GLOBAL_UNICAST: &str = "2000::/3";

const METADATA: [&str; 10] = [
    "169.254.169.254",
    "169.254.170.23",
    "fd00:ec2::23",
    "fd20:ce::254",
    "fe80::a9fe:a9fe",
    "169.254.170.2",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "fd00:ec2::254",
];

/// The forms in which an IPv6 address has an IPv4 address inside, each for 169.254.169.254, and
/// for 169.254.169.253 beside it, which is no metadata address.
const EMBEDDED: [(&str, &str); 13] = [
    ("::169.254.169.254", "::169.254.169.253"),
    ("::ffff:169.254.169.254", "::ffff:169.254.169.253"),
    ("::ffff:0:169.254.169.254", "::ffff:0:169.254.169.253"),
    ("64:ff9b::169.254.169.254", "64:ff9b::169.254.169.253"),
    ("64:ff9b:1::169.254.169.254", "64:ff9b:1::169.254.169.253"),
    ("64:ff9b:1:fffe::a9fe:a9fe", "64:ff9b:1:fffe::a9fe:a9fd"),
    ("2002:a9fe:a9fe::1", "2002:a9fe:a9fd::1"),
    ("2002:a9fe:a9fe:1:2:3:4:5", "2002:a9fe:a9fd:1:2:3:4:5"),
    ("2a00:1:2:3:0:5efe:a9fe:a9fe", "2a00:1:2:3:0:5efe:a9fe:a9fd"),
    ("2a00:1:2:3:200:5efe:a9fe:a9fe", "2a00:1:2:3:200:5efe:a9fe:a9fd"),
    ("fe80::5efe:169.254.169.254", "fe80::5efe:169.254.169.253"),
    // 6to4 and ISATAP in one.
    ("2002:a9fe:a9fe::5efe:8.8.8.8", "2002:a9fe:a9fd::5efe:8.8.8.8"),
    ("2002:808:808::5efe:169.254.169.254", "2002:808:808::5efe:169.254.169.253"),
];

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn allowing(networks: &[&str]) -> AddressPolicy {
    networks
        .iter()
        .fold(AddressPolicy::default(), |policy, network| policy.allow(network.parse().unwrap()))
}

#[track_caller]
fn check(policy: &AddressPolicy, address: &str, allowed: bool) {
    let judged = policy.judge(ip(address));
    assert_eq!(judged.is_ok(), allowed, "{address}: {judged:?}");
    assert_eq!(policy.allows(ip(address)), allowed, "{address}");
}

#[track_caller]
fn check_plain(policy: &AddressPolicy, address: &str, allowed: bool) {
    let judged = policy.judge_plain(ip(address));
    assert_eq!(judged.is_ok(), allowed, "{address}: {judged:?}");
}

#[track_caller]
fn check_text(judged: Result<(), RefusedAddress>, expected: &str) {
    assert_eq!(judged.unwrap_err().to_string(), expected);
}

/// A line of the lists above, with the first and the last address of its network as numbers.
struct Refused<N> {
    network: &'static str,
    name: &'static str,
    first: N,
    last: N,
}

fn refused<N>(text: &'static str, bounds: fn(&str) -> (N, N)) -> Vec<Refused<N>> {
    let parse = |line: &'static str| {
        let (network, name) = line.trim().split_once(' ').unwrap();
        let (first, last) = bounds(network);
        Refused { network, name, first, last }
    };
    text.lines().map(parse).collect()
}

fn bounds_ipv4(network: &str) -> (u32, u32) {
    let (first, prefix) = network.split_once('/').unwrap();
    let first = u32::from(first.parse::<Ipv4Addr>().unwrap());
    let rest = u32::MAX.checked_shr(prefix.parse().unwrap()).unwrap_or(0);
    (first, first | rest)
}

fn bounds_ipv6(network: &str) -> (u128, u128) {
    let (first, prefix) = network.split_once('/').unwrap();
    let first = u128::from(first.parse::<Ipv6Addr>().unwrap());
    let rest = u128::MAX.checked_shr(prefix.parse().unwrap()).unwrap_or(0);
    (first, first | rest)
}

fn is_in<N: PartialOrd + Copy>(networks: &[Refused<N>], address: N) -> bool {
    networks.iter().any(|network| network.first <= address && address <= network.last)
}

#[track_caller]
fn check_ipv4(networks: &[Refused<u32>], address: u32) {
    let ip = Ipv4Addr::from(address);
    let allowed = AddressPolicy::default().allows(ip.into());
    assert_eq!(allowed, !is_in(networks, address), "{ip}");
}

#[track_caller]
fn check_ipv6(networks: &[Refused<u128>], address: u128) {
    let ip = Ipv6Addr::from(address);
    let allowed = AddressPolicy::default().allows(ip.into());
    let (first, last) = bounds_ipv6(GLOBAL_UNICAST);
    let expected = first <= address && address <= last && !is_in(networks, address);
    assert_eq!(allowed, expected, "{ip}");
}

#[test]
fn an_ipv4_network_is_refused_from_its_first_to_its_last_address_and_no_further() {
    let networks = refused(REFUSED_IPV4, bounds_ipv4);
    assert_eq!(networks.len(), 18);
    for Refused { network, name, first, last } in &networks {
        let policy = AddressPolicy::default();
        assert!(!policy.allows(Ipv4Addr::from(*first).into()), "{network}");
        let last_address = Ipv4Addr::from(*last);
        let expected = format!("{last_address} is in {network}, {name}");
        check_text(policy.judge(last_address.into()), &expected);
        for beside in [first.checked_sub(1), last.checked_add(1)].into_iter().flatten() {
            check_ipv4(&networks, beside);
        }
    }
}

#[test]
fn an_ipv6_network_is_refused_from_its_first_to_its_last_address_and_no_further() {
    let networks = refused(REFUSED_IPV6, bounds_ipv6);
    assert_eq!(networks.len(), 20);
    for Refused { network, name, first, last } in &networks {
        let policy = AddressPolicy::default();
        assert!(!policy.allows(Ipv6Addr::from(*first).into()), "{network}");
        let last_address = Ipv6Addr::from(*last);
        let expected = format!("{last_address} is in {network}, {name}");
        check_text(policy.judge(last_address.into()), &expected);
        for beside in [first.checked_sub(1), last.checked_add(1)].into_iter().flatten() {
            check_ipv6(&networks, beside);
        }
    }
}

#[test]
fn outside_global_unicast_everything_is_refused() {
    let policy = AddressPolicy::default();
    check(&policy, "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false);
    check(&policy, "2000::", true);
    check(&policy, "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true);
    check(&policy, "4000::", false);
    check(&policy, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false);
}

#[test]
fn no_other_network_is_refused() {
    let ipv4 = refused(REFUSED_IPV4, bounds_ipv4);
    let ipv6 = refused(REFUSED_IPV6, bounds_ipv6);
    for half in 0..=u16::MAX {
        check_ipv4(&ipv4, u32::from(half) << 16 | 0x0101);
        check_ipv4(&ipv4, 192 << 24 | u32::from(half) << 8 | 1);
        check_ipv6(&ipv6, u128::from(half) << 112 | 1);
        check_ipv6(&ipv6, 0x2001 << 112 | u128::from(half) << 96 | 1);
    }
}

#[test]
fn the_neighbours_of_refused_networks_are_allowed() {
    let neighbours = "
        1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
        169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0
        192.0.1.255 192.0.3.0 192.31.195.255 192.31.197.0 192.52.192.255 192.52.194.0
        192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 192.175.47.255 192.175.49.0
        198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0
        223.255.255.255
        2000:: 2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2001:200::
        2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db9:: 2003::
        2620:4f:7fff:ffff:ffff:ffff:ffff:ffff 2620:4f:8001::
        3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3fff:1000:: 3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    for address in neighbours.split_whitespace() {
        check(&AddressPolicy::default(), address, true);
    }
}

#[test]
fn an_isatap_interface_id_is_refused_in_any_network() {
    let policy = AddressPolicy::default();
    for address in [
        "2a00:1:2:3:0:5efe:10.0.0.5",
        "2a00:1:2:3:200:5efe:10.0.0.5",
        "2606:4700::5efe:8.8.8.8",
        "2606:4700::200:5efe:8.8.8.8",
    ] {
        check(&policy, address, false);
    }
    for address in
        ["2a00:1:2:3:1:5efe:10.0.0.5", "2a00:1:2:3:0:5eff:10.0.0.5", "2a00:1:0:5efe:1:2:10.0.0.5"]
    {
        check(&policy, address, true);
    }
}

#[test]
fn cloud_metadata_is_refused_whatever_is_allowed() {
    let everything = allowing(&["0.0.0.0/0", "::/0", "64:ff9b::/96", "169.254.169.254/32"]);
    let forms = EMBEDDED.map(|(metadata, _)| metadata);
    for address in METADATA.into_iter().chain(forms) {
        let address = ip(address);
        for refused in [
            everything.judge(address),
            everything.judge_plain(address),
            AddressPolicy::default().judge(address),
            AddressPolicy::judge_metadata(address),
        ] {
            let refused = refused.unwrap_err();
            assert!(refused.is_metadata(), "{refused}");
            assert_eq!(refused.address(), address);
        }
        assert!(!everything.allows(address), "{address}");
    }
}

#[test]
fn every_metadata_address_is_found_in_every_form() {
    let metadata = METADATA.map(ip).into_iter().filter_map(|address| match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    });
    for address in metadata {
        let [high, low] = [0, 2].map(|start| {
            let octets = address.octets();
            u16::from_be_bytes([octets[start], octets[start + 1]])
        });
        for form in [
            format!("::{address}"),
            format!("::ffff:{address}"),
            format!("::ffff:0:{address}"),
            format!("64:ff9b::{address}"),
            format!("64:ff9b:1::{address}"),
            format!("2002:{high:x}:{low:x}::1"),
            format!("2a00::5efe:{address}"),
            format!("2a00::200:5efe:{address}"),
        ] {
            assert!(AddressPolicy::judge_metadata(ip(&form)).is_err(), "{form}");
        }
    }
}

#[test]
fn what_is_beside_cloud_metadata_can_be_allowed() {
    let everything = allowing(&["0.0.0.0/0", "::/0"]);
    let beside = ["169.254.169.253", "169.254.169.255", "fd00:ec2::253", "fd00:ec2::255"];
    for address in beside.into_iter().chain(EMBEDDED.map(|(_, beside)| beside)) {
        check(&everything, address, true);
        check(&AddressPolicy::default(), address, false);
        assert!(AddressPolicy::judge_metadata(ip(address)).is_ok(), "{address}");
    }
}

#[test]
fn metadata_is_not_looked_for_where_nothing_is_embedded() {
    for address in ["2a00::a9fe:a9fe", "2a00:a9fe:a9fe::1"] {
        check(&AddressPolicy::default(), address, true);
    }
}

#[test]
fn an_allowed_network_lets_its_addresses_through_and_no_others() {
    let policy = allowing(&["10.1.0.0/16", "fd12:3456::/32"]);
    check(&policy, "10.1.0.0", true);
    check(&policy, "10.1.255.255", true);
    check(&policy, "10.0.255.255", false);
    check(&policy, "10.2.0.0", false);
    check(&policy, "fd12:3456::1", true);
    check(&policy, "fd12:3457::1", false);
    check(&policy, "8.8.8.8", true);
    check(&AddressPolicy::default(), "10.1.0.0", false);
}

#[test]
fn an_allowed_network_may_be_written_with_host_bits() {
    check(&allowing(&["10.1.2.3/16"]), "10.1.0.0", true);
}

#[test]
fn an_allowed_network_lets_an_isatap_interface_id_through() {
    check(&allowing(&["fe80::/10"]), "fe80::5efe:10.0.0.5", true);
    check(&allowing(&["2a00::/16"]), "2a00::5efe:10.0.0.5", true);
}

#[test]
fn an_allowed_ipv4_network_lets_no_ipv6_form_of_it_through() {
    let policy = allowing(&["0.0.0.0/0"]);
    for address in [
        "::",
        "::1",
        "::10.0.0.5",
        "::ffff:10.0.0.5",
        "::ffff:8.8.8.8",
        "::ffff:0:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
        "2a00::5efe:8.8.8.8",
    ] {
        check(&policy, address, false);
    }
    check(&allowing(&["::ffff:0:0/96"]), "::ffff:10.0.0.5", true);
    check(&allowing(&["::1/128"]), "::1", true);
}

#[test]
fn behind_an_allowed_nat64_the_embedded_address_is_judged() {
    for nat64 in ["64:ff9b::/96", "64:ff9b::/32", "::/0"] {
        let policy = allowing(&[nat64]);
        check(&policy, "64:ff9b::8.8.8.8", true);
        check(&policy, "64:ff9b::10.0.0.5", false);
        check(&policy, "64:ff9b::127.0.0.1", false);
        check(&policy, "64:ff9b::0.0.0.0", false);

        let policy = allowing(&[nat64, "10.0.0.0/8"]);
        check(&policy, "64:ff9b::10.0.0.5", true);
        check(&policy, "64:ff9b::127.0.0.1", false);
        check(&policy, "64:ff9b::169.254.169.254", false);
    }
}

#[test]
fn a_part_of_nat64_allows_that_part_and_nothing_of_what_is_behind_it() {
    let policy = allowing(&["64:ff9b::8.0.0.0/104", "64:ff9b::10.0.0.5/128"]);
    check(&policy, "64:ff9b::8.8.8.8", true);
    check(&policy, "64:ff9b::9.9.9.9", false);
    check(&policy, "64:ff9b::10.0.0.5", false);
    check(&AddressPolicy::default(), "64:ff9b::8.8.8.8", false);
}

#[test]
fn plain_http_is_only_for_what_is_allowed_explicitly() {
    let policy = allowing(&["127.0.0.0/8", "9.9.9.0/24"]);
    check_plain(&policy, "127.0.0.1", true);
    check_plain(&policy, "9.9.9.9", true);
    check_plain(&policy, "8.8.8.8", false);
    check_plain(&policy, "10.0.0.5", false);
    check_plain(&policy, "2606:4700::1", false);
    check_plain(&policy, "::ffff:127.0.0.1", false);
    check_plain(&AddressPolicy::default(), "8.8.8.8", false);
}

#[test]
fn plain_http_through_nat64_needs_both_networks_allowed() {
    check_plain(&allowing(&["64:ff9b::/96"]), "64:ff9b::9.9.9.9", false);
    check_plain(&allowing(&["9.9.9.0/24"]), "64:ff9b::9.9.9.9", false);
    let both = allowing(&["64:ff9b::/96", "9.9.9.0/24"]);
    check_plain(&both, "64:ff9b::9.9.9.9", true);
    check_plain(&both, "64:ff9b::8.8.8.8", false);
}

#[test]
fn a_host_name_is_compared_without_case_and_trailing_dot() {
    let policy = AddressPolicy::default().allow_host("Receiver.Internal.").allow_host("localhost");
    for host in ["receiver.internal", "RECEIVER.internal", "receiver.internal.", "LocalHost."] {
        assert!(policy.allows_host(host), "{host}");
    }
    for host in [
        "internal",
        "a.receiver.internal",
        "receiver.internal.example.com",
        "receiver.internal..",
        "areceiver.internal",
        "",
    ] {
        assert!(!policy.allows_host(host), "{host}");
    }
    assert!(!AddressPolicy::default().allows_host("localhost"));
}

#[test]
fn an_allowed_host_name_allows_no_address_by_itself() {
    let policy = AddressPolicy::default().allow_host("localhost");
    check(&policy, "127.0.0.1", false);
    check_plain(&policy, "127.0.0.1", false);
    assert!(AddressPolicy::judge_metadata(ip("127.0.0.1")).is_ok());
}

#[test]
fn a_refusal_names_the_network_that_it_comes_from() {
    let policy = AddressPolicy::default();
    for (address, expected) in [
        ("10.0.0.5", "10.0.0.5 is in 10.0.0.0/8, a private network"),
        ("::1", "::1 is in ::1/128, loopback"),
        ("64:ff9b::808:808", "64:ff9b::808:808 is in 64:ff9b::/96, IPv4 addresses behind NAT64"),
        ("fe80::5efe:808:808", "fe80::5efe:808:808 is in fe80::/10, link-local addresses"),
        ("4000::1", "4000::1 is outside 2000::/3, the global unicast addresses"),
    ] {
        check_text(policy.judge(ip(address)), expected);
        check_text(policy.judge_plain(ip(address)), expected);
    }
}

#[test]
fn a_refusal_of_an_embedded_address_names_both() {
    check_text(
        allowing(&["64:ff9b::/96"]).judge(ip("64:ff9b::10.0.0.5")),
        "10.0.0.5 (embedded in 64:ff9b::a00:5) is in 10.0.0.0/8, a private network",
    );
    check_text(
        AddressPolicy::judge_metadata(ip("2002:a9fe:a9fe::1")),
        "169.254.169.254 (embedded in 2002:a9fe:a9fe::1) \
         is a cloud metadata address, which is never dialled",
    );
}

#[test]
fn a_refusal_says_what_else_is_wrong() {
    let policy = AddressPolicy::default();
    check_text(
        policy.judge(ip("169.254.169.254")),
        "169.254.169.254 is a cloud metadata address, which is never dialled",
    );
    check_text(
        policy.judge(ip("2a00::5efe:10.0.0.5")),
        "2a00::5efe:a00:5 has an ISATAP interface id, \
         which leads to the IPv4 address embedded in it",
    );
    check_text(
        policy.judge_plain(ip("9.9.9.9")),
        "9.9.9.9 is not in an allowed network, \
         and plain http:// is only for those: use https://",
    );
    assert!(!policy.judge_plain(ip("9.9.9.9")).unwrap_err().is_metadata());
}

#[test]
fn the_types_can_be_shared_between_threads() {
    fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<AddressPolicy>();
    is_shared::<RefusedAddress>();
}
