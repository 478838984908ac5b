//! Random tokens, of which digests alone are stored.

use chrono::Utc;
use rand::Rng;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How many random bytes a token is made of.
const BYTES: usize = 32;

/// A new token: 64 hexadecimal digits behind a prefix that says what it is.
pub(super) fn generate(prefix: &str) -> String {
    let mut bytes = [0_u8; BYTES];
    rand::rng().fill_bytes(&mut bytes);
    format!("{prefix}{}", hex::encode(bytes))
}

/// What is stored of a token. It is random throughout, so that a slow digest would add nothing.
pub(super) fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}

/// A new id: `UUIDv7` (RFC 9562, section 5.7), so that later ones sort after it.
pub(super) fn id() -> Uuid {
    let mut random = [0_u8; 10];
    rand::rng().fill_bytes(&mut random);
    let milliseconds = u64::try_from(Utc::now().timestamp_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid()
}
