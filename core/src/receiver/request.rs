use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::{ReceiveError, Verifier};
use crate::event::{EventId, Incoming, ReadEvent};
use crate::signature::WEBHOOK_ID;

/// Verifies a request without reading its event.
///
/// [`verify`](super::verify) does both. This is for those who remember what they have
/// [seen](super::seen), and who read the event afterwards.
///
/// # Errors
///
/// [`ReceiveError`] when the request cannot be verified.
pub fn verify_request(
    verifier: &Verifier,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<VerifiedRequest, ReceiveError> {
    if body.len() > verifier.max_body() {
        return Err(ReceiveError::TooLarge { limit: verifier.max_body() });
    }
    let keys = verifier.identify(headers, body).map_err(ReceiveError::Unverified)?;
    Ok(VerifiedRequest { id: event_id(headers)?, keys })
}

/// The id that a request names.
pub(super) fn event_id(headers: &HeaderMap) -> Result<Option<EventId>, ReceiveError> {
    let read = |id: &http::HeaderValue| id.to_str().ok().and_then(|id| id.parse().ok());
    headers.get(WEBHOOK_ID).map(|id| read(id).ok_or(ReceiveError::MalformedId)).transpose()
}

/// What is known of a request that was verified. The tower layer puts it into the request's
/// extensions.
#[derive(Debug, Clone)]
pub struct VerifiedRequest {
    id: Option<EventId>,
    keys: SeenKeys,
}

impl VerifiedRequest {
    /// The id of the header `webhook-id`, where there is one.
    pub fn event_id(&self) -> Option<&EventId> {
        self.id.as_ref()
    }

    /// What the request is known again by.
    pub fn keys(&self) -> &SeenKeys {
        &self.keys
    }

    /// Reads the event of the body that was verified.
    ///
    /// # Errors
    ///
    /// [`ReceiveError::Body`] when the body is not such an event.
    pub fn read<E: ReadEvent>(&self, body: &[u8]) -> Result<E, ReceiveError> {
        let incoming = Incoming::parse(body).map_err(ReceiveError::Body)?;
        E::read(incoming.with_id(self.id.clone())).map_err(ReceiveError::Body)
    }
}

/// What a request is known again by: one or two hashes, of which each is enough.
///
/// - Standard Webhooks' signature covers `webhook-id`, which is the same at every attempt: the id.
/// - The documented signature covers the timestamp and the body, and both it and the timestamp are
///   new at every attempt. A request that is sent again as it was is known by them, and another
///   attempt by its `webhook-id` together with its body. By the id alone whoever can change a header
///   could have an event passed over that was never handled.
/// - A request that is signed both ways is known by the id, and by timestamp and signature, so that it
///   is known though the headers of one way are taken away.
#[derive(Clone, PartialEq, Eq)]
pub struct SeenKeys {
    hashes: [Option<[u8; 32]>; 2],
    valid_for: Option<Duration>,
}

impl SeenKeys {
    /// Of a request whose signature covers the id, and of its other signature where that is right too.
    pub(super) fn of_standard(id: Option<&[u8]>, signature: Option<(&[u8], &[u8])>) -> Self {
        let id = id.map(|id| hash("id", &[id]));
        Self { hashes: [id, signature.map(of_signature)], valid_for: None }
    }

    /// Of a request whose signature covers the timestamp and the body.
    pub(super) fn of_documented(
        signature: Option<(&[u8], &[u8])>,
        id: Option<&[u8]>,
        body: &[u8],
    ) -> Self {
        let id = id.map(|id| hash("body", &[id, body]));
        Self { hashes: [signature.map(of_signature), id], valid_for: None }
    }

    pub(super) fn valid_for(mut self, time: Option<Duration>) -> Self {
        self.valid_for = time;
        self
    }

    /// The hashes.
    pub fn iter(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.hashes.iter().flatten()
    }

    /// For how long the request could be verified again, so that it is remembered as long at least:
    /// twice the verifier's tolerance. `None` when it is for ever.
    pub fn least(&self) -> Option<Duration> {
        self.valid_for
    }
}

fn of_signature((timestamp, signature): (&[u8], &[u8])) -> [u8; 32] {
    hash("signature", &[timestamp, signature])
}

/// Of parts that cannot be shifted into each other.
fn hash(kind: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new().chain_update(kind);
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

impl fmt::Debug for SeenKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter().map(hex::encode)).finish()
    }
}
