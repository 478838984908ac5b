use std::future::Future;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// Looks up the addresses of names.
///
/// # Examples
///
/// ```
/// use std::io;
/// use std::net::{IpAddr, Ipv4Addr};
/// use hookwright::{Resolve, Sender};
///
/// /// Knows one name.
/// struct OneName;
///
/// impl Resolve for OneName {
///     async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
///         match host {
///             "hooks.example.com" => Ok(vec![Ipv4Addr::new(93, 184, 216, 34).into()]),
///             _ => Err(io::ErrorKind::NotFound.into()),
///         }
///     }
/// }
///
/// let sender = Sender::builder().resolver(OneName).build()?;
/// # Ok::<(), hookwright::SenderError>(())
/// ```
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of `host`, which is a name and no literal address.
    fn resolve(&self, host: &str) -> impl Future<Output = io::Result<Vec<IpAddr>>> + Send;
}

/// [`Resolve`] behind a pointer.
pub(super) trait ErasedResolve: Send + Sync {
    fn resolve_boxed<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;
}

impl<R: Resolve> ErasedResolve for R {
    fn resolve_boxed<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        Box::pin(self.resolve(host))
    }
}

/// How many look-ups the system does at once. One that has been given up still holds a thread until
/// the system ends it, and these threads are the application's too.
const MAX_LOOK_UPS: usize = 64;

/// The system's resolver.
pub(super) struct SystemResolver {
    places: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(MAX_LOOK_UPS)) }
    }
}

impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let place = self.places.clone().acquire_owned().await.map_err(io::Error::other)?;
        let host = host.to_owned();
        let looking_up = tokio::task::spawn_blocking(move || {
            let addresses = (host.as_str(), 0).to_socket_addrs();
            drop(place);
            addresses
        });
        let addresses = looking_up.await.map_err(io::Error::other)??;
        Ok(addresses.map(|address| address.ip()).collect())
    }
}
