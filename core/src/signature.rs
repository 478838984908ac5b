//! Signatures: pure functions of a secret, a time and a body. Nothing here reads the clock.

mod headers;
mod key;
mod secret;

use std::error::Error;
use std::fmt;
use std::str::FromStr;

pub use self::headers::{HeaderPrefix, HeaderPrefixError, Nonce, SignatureHeaders};
#[cfg(feature = "http")]
pub(crate) use self::headers::{WEBHOOK_ATTEMPT, visible};
pub(crate) use self::headers::{WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP};
pub(crate) use self::key::Key;
pub use self::secret::{Secret, SecretError};
use crate::event::EventId;

/// How a body becomes the message that is signed.
///
/// A secret that begins with `whsec_` signs by [Standard Webhooks] as well, whichever is chosen.
///
/// [Standard Webhooks]: https://www.standardwebhooks.com
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signing {
    /// `{timestamp}:{body}`, as Twenty's documents say and its server does.
    #[default]
    Documented,
    /// `{timestamp}:{JSON string of the body}`, as the sample in Twenty's documents computes it
    /// when it is copied literally: the sample stringifies its payload a second time.
    DoubleEncoded,
}

/// Signs bodies with the secret of an endpoint.
///
/// The key is prepared once, when the signer is made.
///
/// # Examples
///
/// ```
/// use hookwright::{Secret, Signer};
///
/// let secret = Secret::imported("your-secret")?;
/// let signature = Signer::new(&secret).sign(1735066639761, b"{}");
/// assert_eq!(
///     signature.to_string(),
///     "3c75332dc09cc3cbdc0eb604062cd81de3683b23e3d3c843393eedd8081d89bb",
/// );
/// # Ok::<(), hookwright::SecretError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Signer {
    current: Key,
    /// Secrets that are being rotated out.
    previous: Vec<Key>,
    signing: Signing,
}

impl Signer {
    /// A signer by the documented scheme.
    pub fn new(secret: &Secret) -> Self {
        Self { current: Key::new(secret), previous: Vec::new(), signing: Signing::default() }
    }

    /// Also signs with a secret that is being rotated out.
    ///
    /// The header of the documented scheme holds one signature, which is that of the newest secret.
    /// Standard Webhooks' header holds one for every `whsec_` secret.
    #[must_use]
    pub fn and(mut self, previous: &Secret) -> Self {
        self.previous.push(Key::new(previous));
        self
    }

    /// Chooses how the body becomes the message.
    #[must_use]
    pub fn signing(mut self, signing: Signing) -> Self {
        self.signing = signing;
        self
    }

    /// The signature of `body` at `timestamp_ms`, in milliseconds since the epoch.
    pub fn sign(&self, timestamp_ms: i64, body: &[u8]) -> Signature {
        let mut digits = itoa::Buffer::new();
        self.current.sign(self.signing, digits.format(timestamp_ms), body)
    }

    /// Standard Webhooks' signature of `body` at `timestamp_s`, in seconds since the epoch; `None`
    /// when the secret is not one of `whsec_`.
    pub fn sign_standard(&self, id: &EventId, timestamp_s: i64, body: &[u8]) -> Option<Signature> {
        let mut digits = itoa::Buffer::new();
        let mut buffer = EventId::buffer();
        self.current.sign_standard(id.encode(&mut buffer), digits.format(timestamp_s), body)
    }

    /// All keys, the newest first.
    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

/// An HMAC-SHA256 (RFC 2104, FIPS 180-4). As text it is 64 lower-case hex digits.
#[derive(Clone, Copy)]
pub struct Signature([u8; 32]);

impl Signature {
    /// The bytes of the HMAC.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Lower-case hex digits.
    pub(crate) fn hex(&self) -> [u8; 64] {
        let mut digits = [0; 64];
        hex::encode_to_slice(self.0, &mut digits).expect("each byte has two digits");
        digits
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(str::from_utf8(&self.hex()).expect("hex digits are ASCII"))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Signature({self})")
    }
}

impl FromStr for Signature {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

/// What a request says of itself: untrusted text.
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

/// Standard Webhooks' header may hold many signatures; this many are looked at.
const MAX_SIGNATURES: usize = 10;

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
    let (timestamp, digits, unit) = match *claim {
        Claim::Documented { timestamp, .. } => (timestamp, 13, 1),
        Claim::Standard { timestamp, .. } => (timestamp, 10, 1000),
    };
    let claimed = decimal(timestamp, digits).ok_or(VerifyError::MalformedTimestamp)? * unit;
    if let Some(tolerance) = terms.tolerance_ms {
        if claimed < now_ms.saturating_sub(tolerance) {
            return Err(VerifyError::TooOld);
        }
        if claimed > now_ms.saturating_add(tolerance) {
            return Err(VerifyError::FromTheFuture);
        }
    }
    let matched = match *claim {
        Claim::Documented { timestamp, signature } => {
            let mut expected = [0; 32];
            let is_hex = hex::decode_to_slice(signature, &mut expected).is_ok();
            is_hex
                && keys.iter().fold(false, |matched, key| {
                    let documented = key.verify(Signing::Documented, timestamp, body, &expected);
                    let double_encoded = terms.accepts_double_encoded
                        && key.verify(Signing::DoubleEncoded, timestamp, body, &expected);
                    matched | documented | double_encoded
                })
        }
        Claim::Standard { id, timestamp, signatures } => signatures
            .split(|byte| *byte == b' ')
            .take(MAX_SIGNATURES)
            .filter_map(|signature| signature.strip_prefix(b"v1,"))
            .filter_map(key::decode_base64)
            .fold(false, |matched, signature| {
                keys.iter().fold(matched, |matched, key| {
                    matched | key.verify_standard(id, timestamp, body, &signature)
                })
            }),
    };
    if matched { Ok(()) } else { Err(VerifyError::Mismatch) }
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
        /// The name of the header, in small letters.
        header: String,
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
