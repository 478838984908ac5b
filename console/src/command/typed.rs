//! Networks, addresses, URLs and numbers as they are typed.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

use hookwright::IpNet;
use url::Url;

/// What a flag, the environment or the file can set.
pub(super) trait Typed: Sized {
    /// What to write, where it was something else.
    const HELP: &str;

    fn of(text: &str) -> Option<Self>;
}

/// Reads what was typed, or says what to write.
pub(super) fn read<T: Typed>(text: &str) -> Result<T, &'static str> {
    T::of(text).ok_or(T::HELP)
}

impl Typed for IpNet {
    const HELP: &str = "write a network such as 127.0.0.0/8, or an address";

    fn of(text: &str) -> Option<Self> {
        text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(Self::from))
    }
}

impl Typed for SocketAddr {
    const HELP: &str = "write an address and a port, such as 127.0.0.1:8600";

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Typed for Url {
    const HELP: &str = "write a URL such as http://127.0.0.1:3000/hooks";

    fn of(text: &str) -> Option<Self> {
        text.parse().ok().filter(|url: &Self| matches!(url.scheme(), "http" | "https"))
    }
}

impl Typed for bool {
    const HELP: &str = "write true or false";

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Typed for NonZeroU32 {
    const HELP: &str = "write a whole number, 1 or more";

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_network_of_its_own() {
        for (text, network) in [
            ("127.0.0.1", "127.0.0.1/32"),
            ("fd00::1", "fd00::1/128"),
            ("10.0.0.0/8", "10.0.0.0/8"),
        ] {
            assert_eq!(read::<IpNet>(text).map(|read| read.to_string()), Ok(network.to_owned()));
        }
        for wrong in ["", "abc", "10.0.0.0/33", "127.0.0.1:80", "localhost"] {
            assert!(read::<IpNet>(wrong).is_err(), "{wrong}");
        }
    }
}
