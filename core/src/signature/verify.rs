//! The pure judgement of a signature: no clock, no headers.

use std::error::Error;
use std::fmt;

use http::HeaderName;

use super::key::StandardSignatures;
use super::{Key, Signing};

/// What a request says of itself: untrusted text.
#[derive(Clone, Copy)]
pub(crate) enum Claim<'a> {
    /// The documented scheme: milliseconds, and hex digits.
    Documented { timestamp: &'a [u8], signature: &'a [u8] },
    /// Standard Webhooks: the id, seconds, and signatures separated by spaces.
    Standard { id: &'a [u8], timestamp: &'a [u8], signatures: &'a [u8] },
}

/// How a claim is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// How far the claimed time may be from the clock, in milliseconds; `None` is any time.
    pub(crate) tolerance_ms: Option<i64>,
    pub(crate) accepts_double_encoded: bool,
}

/// Judges a claim at the time `now_ms`, in milliseconds since the epoch.
///
/// Every key is tried, whether or not one before it matched, so that the time taken does not tell
/// which did.
pub(crate) fn verify_at(
    keys: &[Key],
    claim: &Claim<'_>,
    body: &[u8],
    terms: Terms,
    now_ms: i64,
) -> Result<(), VerifyError> {
    claim.check_time(terms, now_ms)?;
    let matched = match *claim {
        Claim::Documented { timestamp, signature } => signature.try_into().is_ok_and(|digits| {
            keys.iter().fold(false, |matched, key| {
                let documented = key.verify(Signing::Documented, timestamp, body, digits);
                let double_encoded = terms.accepts_double_encoded
                    && key.verify(Signing::DoubleEncoded, timestamp, body, digits);
                matched | documented | double_encoded
            })
        }),
        Claim::Standard { id, timestamp, signatures } => {
            let signatures = StandardSignatures::read(signatures);
            keys.iter().fold(false, |matched, key| {
                matched | key.verify_standard(id, timestamp, body, &signatures)
            })
        }
    };
    if matched { Ok(()) } else { Err(VerifyError::Mismatch) }
}

impl Claim<'_> {
    /// Judges the claimed time, which needs neither a key nor the body.
    pub(crate) fn check_time(&self, terms: Terms, now_ms: i64) -> Result<(), VerifyError> {
        let (timestamp, digits, unit) = match *self {
            Claim::Documented { timestamp, .. } => (timestamp, 13, 1),
            Claim::Standard { timestamp, .. } => (timestamp, 10, 1000),
        };
        let claimed = decimal(timestamp, digits).ok_or(VerifyError::MalformedTimestamp)? * unit;
        let Some(tolerance) = terms.tolerance_ms else {
            return Ok(());
        };
        if claimed < now_ms.saturating_sub(tolerance) {
            Err(VerifyError::TooOld)
        } else if claimed > now_ms.saturating_add(tolerance) {
            Err(VerifyError::FromTheFuture)
        } else {
            Ok(())
        }
    }
}

/// A number of exactly so many digits.
fn decimal(text: &[u8], digits: usize) -> Option<i64> {
    if text.len() != digits {
        return None;
    }
    text.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

/// Why a request is not taken for the sender's.
///
/// The text tells neither the secret nor which of several was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// A header that the signature needs is not there.
    #[non_exhaustive]
    MissingHeader {
        /// The name of the header.
        header: HeaderName,
    },
    /// The timestamp is not 13 digits of milliseconds (10 of seconds by Standard Webhooks).
    MalformedTimestamp,
    /// The timestamp is further in the past than the tolerance: a replay, or a slow clock.
    TooOld,
    /// The timestamp is further in the future than the tolerance: a clock that is wrong.
    FromTheFuture,
    /// No secret gives this signature for this body: a wrong secret, or a body that was changed on
    /// the way, such as by parsing it and writing it again.
    Mismatch,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader { header } => write!(formatter, "the header `{header}` is missing"),
            Self::MalformedTimestamp => formatter.write_str("the timestamp is malformed"),
            Self::TooOld => formatter.write_str("the timestamp is too old"),
            Self::FromTheFuture => formatter.write_str("the timestamp is from the future"),
            Self::Mismatch => formatter.write_str("the signature does not match"),
        }
    }
}

impl Error for VerifyError {}
