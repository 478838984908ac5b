use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;

use super::Sender;
use super::client::Clients;
use super::error::SenderError;
use super::resolve::{ErasedResolve, Resolve, SystemResolver};
use crate::address::AddressPolicy;
use crate::event::Body;
use crate::signature::HeaderPrefix;

/// Sets up a [`Sender`]: what the operator decides, and no endpoint can.
///
/// # Examples
///
/// ```
/// use hookwright::Sender;
///
/// let sender = Sender::builder()
///     .allow("127.0.0.0/8".parse()?)
///     .header_prefix("X-Acme-Webhook-".parse()?)
///     .body_limit(1024 * 1024)
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct SenderBuilder {
    policy: AddressPolicy,
    resolver: Arc<dyn ErasedResolve>,
    prefix: HeaderPrefix,
    body_limit: usize,
}

impl SenderBuilder {
    /// Sets which addresses may be dialled, in place of what was allowed so far: for an application
    /// that judges addresses elsewhere too, such as when an endpoint is saved.
    pub fn addresses(mut self, policy: AddressPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Allows a network that is refused by default, for internal receivers and tests, and plain
    /// `http://` to it.
    pub fn allow(mut self, network: IpNet) -> Self {
        self.policy = self.policy.allow(network);
        self
    }

    /// Allows every address that the name `host` resolves to, except those of cloud metadata, and
    /// plain `http://` to it.
    pub fn allow_host(mut self, host: &str) -> Self {
        self.policy = self.policy.allow_host(host);
        self
    }

    /// Sets what the names of the signature's headers begin with.
    pub fn header_prefix(mut self, prefix: HeaderPrefix) -> Self {
        self.prefix = prefix;
        self
    }

    /// Sets the largest body, in bytes: [`Body::DEFAULT_LIMIT`] unless set, and at most
    /// [`Body::MAX_LIMIT`].
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Looks names up by `resolver` in place of the system's. What it answers is judged as ever.
    pub fn resolver(mut self, resolver: impl Resolve) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// Makes the sender.
    ///
    /// # Errors
    ///
    /// [`SenderError`] when TLS cannot be set up, such as on a machine without root certificates,
    /// and when the limit of the body is over [`Body::MAX_LIMIT`].
    pub fn build(self) -> Result<Sender, SenderError> {
        if self.body_limit > Body::MAX_LIMIT {
            return Err(SenderError::body_limit(self.body_limit));
        }
        let clients = Clients::new(self.policy, self.resolver)?;
        Ok(Sender { clients: Arc::new(clients), prefix: self.prefix, body_limit: self.body_limit })
    }
}

impl Default for SenderBuilder {
    fn default() -> Self {
        Self {
            policy: AddressPolicy::default(),
            resolver: Arc::new(SystemResolver::default()),
            prefix: HeaderPrefix::default(),
            body_limit: Body::DEFAULT_LIMIT,
        }
    }
}

impl fmt::Debug for SenderBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SenderBuilder")
            .field("policy", &self.policy)
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}
