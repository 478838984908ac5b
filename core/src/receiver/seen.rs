//! Requests that were handled are known again, so that a repeat is acknowledged and not handled
//! twice.
//!
//! A sender sends an event again when it has not heard the acknowledgement, and whoever overhears a
//! request can send it again while its timestamp is within the verifier's tolerance. [`SeenIds`]
//! remembers in memory, `SqliteSeenIds` (feature `sqlite`) in a database, and a [`SeenStore`] can be
//! written for any other. What a request is known by, [`SeenKeys`] says. Each sender has a store of
//! its own, since the ids of one say nothing of another's.
//!
//! `receiver::tower::VerifyLayer` (feature `tower`) does this for a service. By hand:
//!
//! ```
//! use hookwright::receiver::seen::{Seen, SeenIds, SeenStore};
//! use hookwright::receiver::{self, ReceiveError};
//! use hookwright::{RawEvent, Verifier};
//! use http::StatusCode;
//!
//! async fn receive(
//!     verifier: &Verifier,
//!     seen: &SeenIds,
//!     headers: &http::HeaderMap,
//!     body: &[u8],
//! ) -> Result<StatusCode, ReceiveError> {
//!     let request = receiver::verify_request(verifier, headers, body)?;
//!     let handling = match seen.begin(&request).await {
//!         Ok(Seen::New(handling)) => handling,
//!         Ok(Seen::Handled) => return Ok(StatusCode::OK),
//!         Ok(Seen::UnderWay) => return Ok(StatusCode::CONFLICT),
//!         Err(_) => return Ok(StatusCode::SERVICE_UNAVAILABLE),
//!     };
//!     // Who returns without `handled` has the event come again.
//!     let event: RawEvent = request.read(body)?;
//!     println!("{}", event.name());
//!     let _ = handling.handled().await;
//!     Ok(StatusCode::NO_CONTENT)
//! }
//! ```

mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::error::Error;
use std::fmt;
use std::future::Future;

pub use self::memory::SeenIds;
#[cfg(feature = "sqlite")]
pub use self::sqlite::SqliteSeenIds;
pub use super::request::SeenKeys;
use super::request::VerifiedRequest;

/// Remembers requests.
///
/// Of two requests of the same keys that come at once, [`claim`](Self::claim) gives one a token, and
/// the other hears that it is under way. A clone is the same store.
pub trait SeenStore: Clone + Send + Sync + 'static {
    /// Takes the keys, unless one of them is taken or was handled: all of them at once.
    fn claim(&self, keys: &SeenKeys) -> impl Future<Output = Result<Claimed, SeenError>> + Send;

    /// Remembers that the request was handled, for [`SeenKeys::least`] at least.
    fn keep(
        &self,
        keys: &SeenKeys,
        token: u64,
    ) -> impl Future<Output = Result<(), SeenError>> + Send;

    /// Forgets the keys that were taken by this token, since the request was not handled.
    fn release(
        &self,
        keys: &SeenKeys,
        token: u64,
    ) -> impl Future<Output = Result<(), SeenError>> + Send;

    /// As [`release`](Self::release), of a request whose handler was dropped: at once, or soon.
    fn abandon(&self, keys: &SeenKeys, token: u64);

    /// Begins to handle a request, unless it is a repeat.
    ///
    /// # Errors
    ///
    /// [`SeenError`] when the store cannot be used. The request is best answered by 503, so that it
    /// comes again.
    fn begin(
        &self,
        request: &VerifiedRequest,
    ) -> impl Future<Output = Result<Seen<Self>, SeenError>> + Send {
        async move {
            let keys = request.keys();
            Ok(match self.claim(keys).await? {
                Claimed::New(token) => Seen::New(Handling {
                    store: self.clone(),
                    keys: keys.clone(),
                    token,
                    is_over: false,
                }),
                Claimed::UnderWay => Seen::UnderWay,
                Claimed::Handled => Seen::Handled,
            })
        }
    }
}

/// What a store knows of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// Nothing: they are taken, by this token.
    New(u64),
    /// They were taken by a request that has not ended.
    UnderWay,
    /// They were handled.
    Handled,
}

/// What is to be done with a request.
#[derive(Debug)]
pub enum Seen<M: SeenStore> {
    /// It is to be handled.
    New(Handling<M>),
    /// The same is being handled just now, and may fail: it is to come again, by an answer of 409.
    /// By 503 and `Retry-After` some senders would let the whole endpoint wait.
    UnderWay,
    /// It was handled: it is acknowledged.
    Handled,
}

/// A request that is being handled. When it is dropped before [`handled`](Self::handled), the request
/// is forgotten, so that the next one is handled.
#[must_use = "the request is forgotten unless it is `handled`"]
pub struct Handling<M: SeenStore> {
    store: M,
    keys: SeenKeys,
    token: u64,
    is_over: bool,
}

impl<M: SeenStore> Handling<M> {
    /// Remembers the request.
    ///
    /// # Errors
    ///
    /// [`SeenError`] when the store cannot be used: it was handled all the same, and a repeat may be
    /// handled again.
    pub async fn handled(mut self) -> Result<(), SeenError> {
        self.is_over = true;
        self.store.keep(&self.keys, self.token).await
    }

    /// Forgets the request, so that the next one is handled.
    ///
    /// # Errors
    ///
    /// [`SeenError`] when the store cannot be used.
    pub async fn failed(mut self) -> Result<(), SeenError> {
        self.is_over = true;
        self.store.release(&self.keys, self.token).await
    }
}

impl<M: SeenStore> Drop for Handling<M> {
    fn drop(&mut self) {
        if !self.is_over {
            self.store.abandon(&self.keys, self.token);
        }
    }
}

impl<M: SeenStore> fmt::Debug for Handling<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Handling").field("keys", &self.keys).finish_non_exhaustive()
    }
}

/// A store of what was seen cannot be used.
#[derive(Debug)]
pub struct SeenError {
    source: Box<dyn Error + Send + Sync>,
}

impl SeenError {
    /// For a store of one's own.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }
}

impl fmt::Display for SeenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("what was seen cannot be remembered")
    }
}

impl Error for SeenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
