//! The networks that the policy knows, as constants, and the IPv4 addresses inside IPv6 addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Where clouds hand credentials and configuration to their machines.
pub(super) const METADATA: &[IpAddr] = &[
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)), // most clouds
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),   // AWS, for containers
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),   // Azure
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)), // Alibaba Cloud
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),     // Oracle Cloud
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)), // AWS
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),  // AWS, for pods
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)), // AWS, for pods
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)), // Google Cloud
    IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe)), // OpenStack
];

/// The addresses that are given out to networks: IANA's registry of the IPv6 address space.
pub(super) const GLOBAL_UNICAST: Ipv6Net = ipv6_net([0x2000, 0, 0], 3);

/// What is refused unless it is allowed, and the name of each network. The first network that
/// contains an address gives the reason, so one stands before another that contains it.
pub(super) const REFUSED: &[(IpNet, &str)] = &[
    ipv4([0, 0, 0, 0], 8, "the network that means this host"), // RFC 1122, 3.2.1.3
    ipv4([10, 0, 0, 0], 8, "a private network"),               // RFC 1918
    ipv4([100, 64, 0, 0], 10, "carrier-grade NAT"),            // RFC 6598
    ipv4([127, 0, 0, 0], 8, "loopback"),                       // RFC 1122, 3.2.1.3
    ipv4([169, 254, 0, 0], 16, "link-local addresses"),        // RFC 3927
    ipv4([172, 16, 0, 0], 12, "a private network"),            // RFC 1918
    ipv4([192, 0, 0, 0], 24, "IETF protocol assignments"),     // RFC 6890
    ipv4([192, 0, 2, 0], 24, "documentation"),                 // RFC 5737
    ipv4([192, 31, 196, 0], 24, "AS112 name servers"),         // RFC 7535
    ipv4([192, 52, 193, 0], 24, "multicast tunnels"),          // RFC 7450
    ipv4([192, 88, 99, 0], 24, "6to4 relays"),                 // RFC 7526
    ipv4([192, 168, 0, 0], 16, "a private network"),           // RFC 1918
    ipv4([192, 175, 48, 0], 24, "AS112 name servers"),         // RFC 7534
    ipv4([198, 18, 0, 0], 15, "benchmarking"),                 // RFC 2544
    ipv4([198, 51, 100, 0], 24, "documentation"),              // RFC 5737
    ipv4([203, 0, 113, 0], 24, "documentation"),               // RFC 5737
    ipv4([224, 0, 0, 0], 4, "multicast"),                      // RFC 5771
    ipv4([240, 0, 0, 0], 4, "reserved addresses"),             // RFC 1112, 4
    (single(Ipv6Addr::UNSPECIFIED), "the unspecified address"), // RFC 4291, 2.5.2
    (single(Ipv6Addr::LOCALHOST), "loopback"),                 // RFC 4291, 2.5.3
    (IpNet::V6(IPV4_COMPATIBLE), "IPv4-compatible addresses"),
    (IpNet::V6(IPV4_MAPPED), "IPv4-mapped addresses"),
    (IpNet::V6(IPV4_TRANSLATED), "IPv4-translated addresses"),
    (IpNet::V6(NAT64), "IPv4 addresses behind NAT64"),
    (IpNet::V6(NAT64_LOCAL), "IPv4 addresses behind NAT64"),
    ipv6([0, 0, 0], 8, "reserved addresses"), // RFC 4291
    ipv6([0x100, 0, 0], 64, "discarded addresses"), // RFC 6666
    ipv6([0x2001, 0, 0], 32, "Teredo tunnels"), // RFC 4380
    ipv6([0x2001, 0, 0], 23, "IETF protocol assignments"), // RFC 2928
    ipv6([0x2001, 0xdb8, 0], 32, "documentation"), // RFC 3849
    (IpNet::V6(SIX_TO_FOUR), "6to4 tunnels"),
    ipv6([0x2620, 0x4f, 0x8000], 48, "AS112 name servers"), // RFC 7534
    ipv6([0x3fff, 0, 0], 20, "documentation"),              // RFC 9637
    ipv6([0x5f00, 0, 0], 16, "segment routing"),            // RFC 9602
    ipv6([0xfc00, 0, 0], 7, "unique local addresses"),      // RFC 4193
    ipv6([0xfe80, 0, 0], 10, "link-local addresses"),       // RFC 4291, 2.5.6
    ipv6([0xfec0, 0, 0], 10, "site-local addresses"),       // RFC 3879
    ipv6([0xff00, 0, 0], 8, "multicast"),                   // RFC 4291, 2.7
];

/// RFC 4291, 2.5.5.1.
const IPV4_COMPATIBLE: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 96);
/// RFC 4291, 2.5.5.2.
const IPV4_MAPPED: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96);
/// RFC 2765, 2.1.
const IPV4_TRANSLATED: Ipv6Net =
    Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96);
/// The well-known prefix of RFC 6052.
pub(super) const NAT64: Ipv6Net = ipv6_net([0x64, 0xff9b, 0], 96);
/// RFC 8215. Where a translator takes a /96 of it, the IPv4 address is at the end.
const NAT64_LOCAL: Ipv6Net = ipv6_net([0x64, 0xff9b, 1], 48);
/// RFC 3056. The IPv4 address follows the first 16 bits.
const SIX_TO_FOUR: Ipv6Net = ipv6_net([0x2002, 0, 0], 16);

/// The networks whose addresses end in an IPv4 address.
const EMBEDDED_AT_END: &[Ipv6Net] =
    &[IPV4_COMPATIBLE, IPV4_MAPPED, IPV4_TRANSLATED, NAT64, NAT64_LOCAL];

/// The IPv4 addresses that a translator or a tunnel may make of `address`. There can be two: a
/// 6to4 address may have an ISATAP interface id as well.
pub(super) fn embedded_ipv4(address: Ipv6Addr) -> Vec<IpAddr> {
    let mut embedded = Vec::new();
    let ends_in_ipv4 = EMBEDDED_AT_END.iter().any(|network| network.contains(&address));
    if ends_in_ipv4 || has_isatap_interface_id(address) {
        embedded.push(IpAddr::V4(last_four_octets(address)));
    }
    if SIX_TO_FOUR.contains(&address) {
        let [_, _, a, b, c, d, ..] = address.octets();
        embedded.push(IpAddr::V4(Ipv4Addr::new(a, b, c, d)));
    }
    embedded
}

/// RFC 5214, 6.1: `0:5efe:a.b.c.d`, or `200:5efe:a.b.c.d` where a.b.c.d is globally unique.
pub(super) fn has_isatap_interface_id(address: Ipv6Addr) -> bool {
    matches!(address.segments(), [_, _, _, _, 0 | 0x200, 0x5efe, _, _])
}

pub(super) fn last_four_octets(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}

const fn ipv4(octets: [u8; 4], prefix: u8, name: &str) -> (IpNet, &str) {
    let network = Ipv4Net::new_assert(Ipv4Addr::from_octets(octets), prefix);
    (IpNet::V4(network), name)
}

const fn ipv6(start: [u16; 3], prefix: u8, name: &str) -> (IpNet, &str) {
    (IpNet::V6(ipv6_net(start, prefix)), name)
}

const fn ipv6_net([a, b, c]: [u16; 3], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

const fn single(address: Ipv6Addr) -> IpNet {
    IpNet::V6(Ipv6Net::new_assert(address, 128))
}
