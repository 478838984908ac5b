//! Which addresses may be dialled.
//!
//! The URL of an endpoint is somebody else's choice, so a request to it must never become a
//! request into the sender's own network. [`AddressPolicy`] says of one address whether it may be
//! dialled. It is pure: whoever dials asks it about every address of a name.
//!
//! Refused are the networks of the IANA special-purpose registries for
//! [IPv4](https://www.iana.org/assignments/iana-ipv4-special-registry) and
//! [IPv6](https://www.iana.org/assignments/iana-ipv6-special-registry) (RFC 6890), multicast and
//! reserved addresses. Of IPv6 only `2000::/3` is
//! [given out](https://www.iana.org/assignments/ipv6-address-space) at all.

mod networks;

use std::error::Error;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use self::networks::{
    GLOBAL_UNICAST, METADATA, NAT64, REFUSED, embedded_ipv4, has_isatap_interface_id,
    last_four_octets,
};

/// Which addresses may be dialled.
///
/// By default these are the public ones. An operator allows more, by network or by host name;
/// cloud metadata stays refused whatever is allowed.
///
/// ```
/// use hookwright::AddressPolicy;
///
/// let policy = AddressPolicy::default();
/// assert!(policy.allows("1.1.1.1".parse()?));
/// assert!(!policy.allows("192.168.1.20".parse()?));
///
/// let policy = policy.allow("192.168.1.0/24".parse()?);
/// assert!(policy.allows("192.168.1.20".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct AddressPolicy {
    networks: Vec<IpNet>,
    /// In lower case, without a trailing dot.
    hosts: Vec<String>,
}

impl AddressPolicy {
    /// Allows a network that is refused by default: the operator's choice, never an endpoint's.
    ///
    /// An IPv4 network does not allow the IPv6 addresses that embed its addresses. Where
    /// `64:ff9b::/96` (NAT64, RFC 6052) is allowed, the embedded IPv4 address is judged instead.
    ///
    /// ```
    /// use hookwright::AddressPolicy;
    ///
    /// let policy = AddressPolicy::default().allow("64:ff9b::/96".parse()?);
    /// assert!(policy.allows("64:ff9b::1.1.1.1".parse()?));
    /// assert!(!policy.allows("64:ff9b::10.0.0.5".parse()?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn allow(mut self, network: IpNet) -> Self {
        self.networks.push(network);
        self
    }

    /// Allows every address that the host name `host` resolves to, except cloud metadata.
    ///
    /// It is one name, without its subdomains, in the ASCII form that a URL has. Neither ASCII case
    /// nor a trailing dot makes a difference. An address is allowed by [`allow`](Self::allow).
    ///
    /// ```
    /// use hookwright::AddressPolicy;
    ///
    /// let policy = AddressPolicy::default().allow_host("receiver.internal");
    /// assert!(policy.allows_host("Receiver.Internal."));
    /// ```
    #[must_use]
    pub fn allow_host(mut self, host: &str) -> Self {
        self.hosts.push(normalized(host));
        self
    }

    /// Whether `address` may be dialled: [`judge`](Self::judge) without the reason.
    ///
    /// ```
    /// use hookwright::AddressPolicy;
    ///
    /// assert!(!AddressPolicy::default().allows("::1".parse()?));
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        self.judge(address).is_ok()
    }

    /// Whether [`allow_host`](Self::allow_host) has allowed the name `host`. Of its addresses
    /// [`judge_metadata`](Self::judge_metadata) is then all that is asked.
    ///
    /// ```
    /// use hookwright::AddressPolicy;
    ///
    /// assert!(!AddressPolicy::default().allows_host("localhost"));
    /// ```
    #[must_use]
    pub fn allows_host(&self, host: &str) -> bool {
        !self.hosts.is_empty() && self.hosts.contains(&normalized(host))
    }

    /// Judges an address that is to be dialled over TLS.
    ///
    /// # Errors
    /// Says why `address` may not be dialled.
    ///
    /// # Examples
    /// ```
    /// use hookwright::AddressPolicy;
    ///
    /// let refused = AddressPolicy::default().judge("10.0.0.5".parse()?).unwrap_err();
    /// assert_eq!(refused.to_string(), "10.0.0.5 is in 10.0.0.0/8, a private network");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub fn judge(&self, address: IpAddr) -> Result<(), RefusedAddress> {
        Self::judge_metadata(address)?;
        let judged = self.destination(address);
        if self.lists(judged) {
            return Ok(());
        }
        match reason_to_refuse(judged) {
            Some(reason) => Err(RefusedAddress::new(address, judged, reason)),
            None => Ok(()),
        }
    }

    /// Judges an address that is to be dialled without TLS, for a plain `http://` URL: of those
    /// that [`judge`](Self::judge) lets through, only what the operator has allowed.
    ///
    /// # Errors
    /// Says why `address` may not be dialled.
    ///
    /// # Examples
    /// ```
    /// use hookwright::AddressPolicy;
    ///
    /// let policy = AddressPolicy::default().allow("127.0.0.0/8".parse()?);
    /// assert!(policy.judge_plain("127.0.0.1".parse()?).is_ok());
    /// assert!(policy.judge_plain("1.1.1.1".parse()?).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn judge_plain(&self, address: IpAddr) -> Result<(), RefusedAddress> {
        // Comes first: who may not dial an address at all is not helped by "use https://".
        self.judge(address)?;
        let judged = self.destination(address);
        if self.lists(judged) {
            return Ok(());
        }
        Err(RefusedAddress::new(address, judged, Reason::PlainHttp))
    }

    /// Judges an address by the only list that nothing overrides: cloud metadata, also where an
    /// IPv6 address embeds it.
    ///
    /// # Errors
    /// Says that `address` is a cloud metadata address.
    ///
    /// # Examples
    /// ```
    /// use hookwright::AddressPolicy;
    ///
    /// assert!(AddressPolicy::judge_metadata("10.0.0.5".parse()?).is_ok());
    /// assert!(AddressPolicy::judge_metadata("::ffff:169.254.169.254".parse()?).is_err());
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub fn judge_metadata(address: IpAddr) -> Result<(), RefusedAddress> {
        let embedded = match address {
            IpAddr::V6(ipv6) => embedded_ipv4(ipv6),
            IpAddr::V4(_) => Vec::new(),
        };
        let mut reached = std::iter::once(address).chain(embedded);
        let metadata = reached.find(|one| METADATA.contains(one));
        match metadata {
            Some(judged) => Err(RefusedAddress::new(address, judged, Reason::Metadata)),
            None => Ok(()),
        }
    }

    /// The address whose network counts: behind an allowed NAT64 it is the embedded one.
    fn destination(&self, address: IpAddr) -> IpAddr {
        match address {
            IpAddr::V6(ipv6) if NAT64.contains(&ipv6) && self.lists(address) => {
                IpAddr::V4(last_four_octets(ipv6))
            }
            _ => address,
        }
    }

    /// Whether [`allow`](Self::allow) has allowed a network, so that plain http may have a target.
    pub(crate) fn allows_any_network(&self) -> bool {
        !self.networks.is_empty()
    }

    fn lists(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }
}

fn normalized(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

fn reason_to_refuse(address: IpAddr) -> Option<Reason> {
    for &(network, name) in REFUSED {
        if network.contains(&address) {
            return Some(Reason::Network { network, name });
        }
    }
    match address {
        IpAddr::V6(ipv6) if !GLOBAL_UNICAST.contains(&ipv6) => Some(Reason::NotGlobalUnicast),
        IpAddr::V6(ipv6) if has_isatap_interface_id(ipv6) => Some(Reason::Isatap),
        _ => None,
    }
}

/// Why an address may not be dialled.
///
/// ```
/// use hookwright::{AddressPolicy, RefusedAddress};
///
/// let refused: RefusedAddress = AddressPolicy::default().judge("::1".parse()?).unwrap_err();
/// assert_eq!(refused.to_string(), "::1 is in ::1/128, loopback");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedAddress {
    address: IpAddr,
    /// What the reason is about: `address`, or an address that it embeds.
    judged: IpAddr,
    reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    Metadata,
    Network { network: IpNet, name: &'static str },
    NotGlobalUnicast,
    Isatap,
    PlainHttp,
}

impl RefusedAddress {
    /// The address that was to be dialled.
    ///
    /// ```
    /// use hookwright::AddressPolicy;
    ///
    /// let refused = AddressPolicy::default().judge("fe80::1".parse()?).unwrap_err();
    /// assert_eq!(refused.address().to_string(), "fe80::1");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Whether it is a cloud metadata address, which nobody can allow.
    ///
    /// ```
    /// use hookwright::AddressPolicy;
    ///
    /// let refused = AddressPolicy::default().judge("169.254.169.254".parse()?).unwrap_err();
    /// assert!(refused.is_metadata());
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[must_use]
    pub fn is_metadata(&self) -> bool {
        self.reason == Reason::Metadata
    }

    fn new(address: IpAddr, judged: IpAddr, reason: Reason) -> Self {
        Self { address, judged, reason }
    }
}

impl fmt::Display for RefusedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.judged)?;
        if self.judged != self.address {
            write!(f, " (embedded in {})", self.address)?;
        }
        match &self.reason {
            Reason::Metadata => f.write_str(" is a cloud metadata address, which is never dialled"),
            Reason::Network { network, name } => write!(f, " is in {network}, {name}"),
            Reason::NotGlobalUnicast => {
                let network = GLOBAL_UNICAST;
                write!(f, " is outside {network}, the global unicast addresses")
            }
            Reason::Isatap => f.write_str(
                " has an ISATAP interface id, which leads to the IPv4 address embedded in it",
            ),
            Reason::PlainHttp => f.write_str(
                " is not in an allowed network, and plain http:// is only for those: use https://",
            ),
        }
    }
}

impl Error for RefusedAddress {}

#[cfg(test)]
mod tests;
