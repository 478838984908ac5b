//! The HTTP clients: one for each rule of addresses, and one for each private authority.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::Client;
use reqwest::tls::Version;

use super::error::SenderError;
use super::guard::{Guard, GuardedResolver, PeerCheck};
use super::resolve::ErasedResolve;
use crate::address::AddressPolicy;
use crate::endpoint::PrivateCa;

/// For the look-up of the name, connecting and TLS together.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long a connection is kept that is not used.
const IDLE_LIMIT: Duration = Duration::from_secs(30);
/// How many unused connections are kept for one host.
const MAX_IDLE: usize = 128;
/// How many headers an answer may have.
const MAX_HEADERS: usize = 64;
/// How many clients with a private authority are kept.
const MAX_PRIVATE: usize = 64;

/// Each client keeps its own connections: one that was made under one rule is never used under
/// another.
pub(super) struct Clients {
    policy: Arc<AddressPolicy>,
    resolver: Arc<dyn ErasedResolve>,
    /// One for each [`Guard`], made when it is first needed.
    public: [OnceLock<Client>; Guard::ALL.len()],
    /// Those used last stand last.
    private: Mutex<Vec<(Guard, PrivateCa, Client)>>,
}

impl Clients {
    pub(super) fn new(
        policy: AddressPolicy,
        resolver: Arc<dyn ErasedResolve>,
    ) -> Result<Self, SenderError> {
        let clients = Self {
            policy: Arc::new(policy),
            resolver,
            public: Default::default(),
            private: Mutex::default(),
        };
        // What keeps TLS from working is told now, and not at the first event.
        clients.get(Guard::Https, None)?;
        Ok(clients)
    }

    pub(super) fn policy(&self) -> &AddressPolicy {
        &self.policy
    }

    pub(super) fn get(
        &self,
        guard: Guard,
        authority: Option<&PrivateCa>,
    ) -> Result<Client, SenderError> {
        match authority {
            Some(authority) => self.private(guard, authority),
            None => self.public(guard),
        }
    }

    fn public(&self, guard: Guard) -> Result<Client, SenderError> {
        let place = &self.public[guard as usize];
        if let Some(client) = place.get() {
            return Ok(client.clone());
        }
        let client = self.build(guard, None)?;
        Ok(place.get_or_init(|| client).clone())
    }

    fn private(&self, guard: Guard, authority: &PrivateCa) -> Result<Client, SenderError> {
        let mut private = self.private.lock().unwrap_or_else(PoisonError::into_inner);
        let is_wanted = |(other_guard, other, _): &(Guard, PrivateCa, _)| {
            *other_guard == guard && other == authority
        };
        if let Some(index) = private.iter().position(is_wanted) {
            private[index..].rotate_left(1);
        } else {
            let client = self.build(guard, Some(authority))?;
            if private.len() == MAX_PRIVATE {
                private.remove(0);
            }
            private.push((guard, authority.clone(), client));
        }
        let (.., client) = private.last().expect("one was found or pushed");
        Ok(client.clone())
    }

    fn build(&self, guard: Guard, authority: Option<&PrivateCa>) -> Result<Client, SenderError> {
        let resolver =
            GuardedResolver { guard, policy: self.policy.clone(), resolver: self.resolver.clone() };
        let builder = Client::builder()
            // Said in full, since another crate of the same build may have switched them on.
            .tls_backend_rustls()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only()
            .http1_max_headers(MAX_HEADERS)
            .tls_version_min(Version::TLS_1_2)
            .connect_timeout(CONNECT_LIMIT)
            .pool_idle_timeout(IDLE_LIMIT)
            .pool_max_idle_per_host(MAX_IDLE)
            .dns_resolver(resolver)
            .connector_layer(PeerCheck { guard, policy: self.policy.clone() });
        let builder = match authority {
            Some(authority) => builder.tls_certs_only(authority.certificates()),
            None => builder,
        };
        builder.build().map_err(SenderError::tls)
    }
}
