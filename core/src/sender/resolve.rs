use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;

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

/// The system's resolver.
pub(super) struct SystemResolver;

impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let addresses = tokio::net::lookup_host((host, 0)).await?;
        Ok(addresses.map(|address| address.ip()).collect())
    }
}
