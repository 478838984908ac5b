//! The other side: verify a request, and read its event.
//!
//! A receiver takes the raw bytes of the body, before anything has parsed them, verifies, answers
//! 2xx at once, and works afterwards: a sender waits a few seconds, and sends again what was not
//! acknowledged. The same event may come more than once, with the same id: [`seen`] has it handled
//! once.
//!
//! ```
//! use hookwright::{Event, Secret, Verifier, WebhookObject, receiver};
//!
//! #[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
//! struct Person {
//!     id: String,
//!     email: String,
//! }
//!
//! fn handle(verifier: &Verifier, headers: &http::HeaderMap, body: &[u8]) -> http::StatusCode {
//!     match receiver::verify::<Event<Person>>(verifier, headers, body) {
//!         Ok(event) => {
//!             println!("{} {}", event.name(), event.data().email);
//!             http::StatusCode::NO_CONTENT
//!         }
//!         Err(error) => error.status(),
//!     }
//! }
//!
//! let verifier = Verifier::new(&Secret::imported("your-secret")?);
//! assert_eq!(handle(&verifier, &http::HeaderMap::new(), b"{}"), http::StatusCode::UNAUTHORIZED);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(any(feature = "axum", feature = "tower"))]
mod collect;
mod request;
pub mod seen;
#[cfg(feature = "tower")]
pub mod tower;
mod verifier;

use std::error::Error;
use std::fmt;

use http::{HeaderMap, StatusCode};

pub use self::request::{VerifiedRequest, verify_request};
pub use self::verifier::Verifier;
pub use crate::event::{Claim, Incoming, Problem};
use crate::event::{ReadError, ReadEvent};
use crate::signature::VerifyError;

/// Verifies a request and reads its event: as an [`Event`](crate::Event), as an
/// [`ObjectEvent`](crate::ObjectEvent), or as an enum that derives
/// [`WebhookEvents`](crate::ReadEvent).
///
/// The body may be of any of the formats that a sender can choose. The event has the id of the
/// request's `webhook-id` header, where there is one; that of CloudEvents has its own.
///
/// # Errors
///
/// [`ReceiveError`] when the request cannot be verified, or when its body is not such an event.
pub fn verify<E: ReadEvent>(
    verifier: &Verifier,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<E, ReceiveError> {
    if body.len() > verifier.max_body() {
        return Err(ReceiveError::TooLarge { limit: verifier.max_body() });
    }
    verifier.verify(headers, body).map_err(ReceiveError::Unverified)?;
    let id = request::event_id(headers)?;
    let incoming = Incoming::parse(body).map_err(ReceiveError::Body)?;
    E::read(incoming.with_id(id)).map_err(ReceiveError::Body)
}

/// Why a request is not handled.
///
/// The text can be shown to the sender: it tells nothing of the secret, and of a body that is not
/// read the event and the place, as [`ReadError`] does, and never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The signature, or a header that it needs, is wrong.
    Unverified(VerifyError),
    /// The `webhook-id` is not 1 to 256 visible ASCII characters.
    MalformedId,
    /// The request is the sender's, but its body is not an event that is handled here.
    Body(ReadError),
    /// The body has more bytes than the receiver takes.
    #[non_exhaustive]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The body did not arrive whole.
    Incomplete,
}

impl ReceiveError {
    /// The status to answer with: 401, 400 or 413.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unverified(_) => StatusCode::UNAUTHORIZED,
            Self::MalformedId | Self::Body(_) | Self::Incomplete => StatusCode::BAD_REQUEST,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unverified(error) => error.fmt(formatter),
            Self::MalformedId => formatter.write_str("the header `webhook-id` is malformed"),
            Self::Body(error) => write!(formatter, "the event is not taken: {error}"),
            Self::TooLarge { limit } => write!(formatter, "the body is over {limit} bytes"),
            Self::Incomplete => formatter.write_str("the body did not arrive whole"),
        }
    }
}

impl Error for ReceiveError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // It is in the text already.
            Self::Body(error) => error.source(),
            Self::Unverified(_) | Self::MalformedId | Self::TooLarge { .. } | Self::Incomplete => {
                None
            }
        }
    }
}
