//! What can be said of a URL before anything is dialled.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::guard::Guard;
use super::{SendError, Sender};

impl Sender {
    /// Refuses a URL that this sender would never dial, whatever its name resolves to: for a form in
    /// which one is saved. Nothing is dialled or looked up.
    ///
    /// Refused are literal addresses that are not allowed, `localhost` where loopback is not, and
    /// plain `http://` to a name where no network is allowed and the name is not either. What passes
    /// is judged again at each connection, when its addresses are known.
    ///
    /// # Errors
    ///
    /// [`SendError`], which [is a refused address](SendError::is_refused_address); its
    /// [`source`](std::error::Error::source) is the reason.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::error::Error;
    /// use hookwright::{Endpoint, Sender};
    ///
    /// let sender = Sender::new()?;
    /// let endpoint = Endpoint::new("https://10.0.0.5/hooks")?;
    /// let error = sender.check(endpoint.url()).unwrap_err();
    /// assert_eq!(error.to_string(), "the address of 10.0.0.5 is refused");
    /// let reason = error.source().ok_or("a reason")?;
    /// assert_eq!(reason.to_string(), "10.0.0.5 is in 10.0.0.0/8, a private network");
    ///
    /// let endpoint = Endpoint::new("https://example.com/hooks")?;
    /// assert!(sender.check(endpoint.url()).is_ok());
    /// # Ok::<(), Box<dyn Error>>(())
    /// ```
    pub fn check(&self, url: &Url) -> Result<(), SendError> {
        let guard = self.guard(url)?;
        let policy = self.clients.policy();
        match url.host() {
            Some(Host::Domain(name)) if is_localhost(name) => {
                let judge = |address: IpAddr| guard.judge(policy, address);
                judge(Ipv4Addr::LOCALHOST.into())
                    .or_else(|refused| judge(Ipv6Addr::LOCALHOST.into()).map_err(|_| refused))
                    .map_err(|refused| SendError::refused_literal(url, refused))
            }
            Some(Host::Domain(name)) if guard == Guard::Plain && !policy.allows_any_network() => {
                Err(SendError::refused_name(name))
            }
            _ => Ok(()),
        }
    }

    /// Judges what can be judged before dialling: a literal address, which no resolver sees.
    pub(super) fn guard(&self, url: &Url) -> Result<Guard, SendError> {
        let host = url.host();
        let is_allowed_name =
            matches!(host, Some(Host::Domain(name)) if self.clients.policy().allows_host(name));
        let guard = match url.scheme() {
            _ if is_allowed_name => Guard::AllowedName,
            "https" => Guard::Https,
            _ => Guard::Plain,
        };
        let literal = match host {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) | None => None,
        };
        if let Some(address) = literal {
            guard
                .judge(self.clients.policy(), address)
                .map_err(|refused| SendError::refused_literal(url, refused))?;
        }
        Ok(guard)
    }
}

/// Whether a name is loopback's (RFC 6761, section 6.3).
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}
