//! Judges addresses where they appear: in a URL, in a resolver's answer, and at the end of a
//! connection.

use std::error::Error;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io};

use hyper_util::client::legacy::connect::{Connection, HttpInfo};
use tower_layer::Layer;
use tower_service::Service;

use super::permit::Permit;
use super::resolve::ErasedResolve;
use crate::address::{AddressPolicy, RefusedAddress};

type BoxError = Box<dyn Error + Send + Sync>;
type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// By which rule the addresses of a request are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// Public addresses, and those that the operator allows.
    Https,
    /// Nothing but what the operator allows.
    Plain,
    /// The operator allows the name: everything but cloud metadata.
    AllowedName,
}

impl Guard {
    pub(super) const ALL: [Self; 3] = [Self::Https, Self::Plain, Self::AllowedName];

    pub(super) fn judge(
        self,
        policy: &AddressPolicy,
        address: IpAddr,
    ) -> Result<(), RefusedAddress> {
        match self {
            Self::Https => policy.judge(address),
            Self::Plain => policy.judge_plain(address),
            Self::AllowedName => AddressPolicy::judge_metadata(address),
        }
    }
}

/// How long the look-up of a name may take.
const LOOK_UP_LIMIT: Duration = Duration::from_secs(3);
/// How many addresses a name may have.
const MAX_ADDRESSES: usize = 256;

/// Looks names up, and refuses a name if any of its addresses is refused.
pub(super) struct GuardedResolver {
    pub(super) guard: Guard,
    pub(super) policy: Arc<AddressPolicy>,
    pub(super) resolver: Arc<dyn ErasedResolve>,
}

impl reqwest::dns::Resolve for GuardedResolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let (guard, policy, resolver) = (self.guard, self.policy.clone(), self.resolver.clone());
        Box::pin(async move {
            let look_up = resolver.resolve_boxed(name.as_str());
            let addresses = tokio::time::timeout(LOOK_UP_LIMIT, look_up)
                .await
                .map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))??;
            if addresses.is_empty() || addresses.len() > MAX_ADDRESSES {
                return Err(AddressCount(addresses.len()).into());
            }
            for address in &addresses {
                guard.judge(&policy, *address)?;
            }
            // The port is that of the URL.
            let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as reqwest::dns::Addrs)
        })
    }
}

/// A name with no address, or with more than are looked at.
#[derive(Debug)]
struct AddressCount(usize);

impl fmt::Display for AddressCount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the name has {} addresses, and 1 to {MAX_ADDRESSES} are taken", self.0)
    }
}

impl Error for AddressCount {}

/// Checks the address that a new connection has, before anything of HTTP is written to it.
#[derive(Clone)]
pub(super) struct PeerCheck {
    pub(super) guard: Guard,
    pub(super) policy: Arc<AddressPolicy>,
}

impl<S> Layer<S> for PeerCheck {
    type Service = PeerChecked<S>;

    fn layer(&self, connector: S) -> PeerChecked<S> {
        PeerChecked { connector, check: self.clone() }
    }
}

#[derive(Clone)]
pub(super) struct PeerChecked<S> {
    connector: S,
    check: PeerCheck,
}

impl<S, Request> Service<Request> for PeerChecked<S>
where
    S: Service<Request>,
    S::Response: Connection,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = BoxFuture<Result<S::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let connecting = self.connector.call(request);
        let PeerCheck { guard, policy } = self.check.clone();
        Box::pin(async move {
            Permit::ask_current()?;
            let connection = connecting.await.map_err(Into::into)?;
            Permit::ask_current()?;
            let mut extensions = http::Extensions::new();
            connection.connected().get_extras(&mut extensions);
            let peer =
                extensions.get::<HttpInfo>().ok_or("the peer of the connection is unknown")?;
            guard.judge(&policy, peer.remote_addr().ip())?;
            Ok(connection)
        })
    }
}

#[cfg(test)]
mod tests;
