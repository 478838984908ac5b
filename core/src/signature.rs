//! Signatures: pure functions of a secret, a time and a body. Nothing here reads the clock.

mod ed25519;
mod headers;
mod jwks;
mod key;
mod secret;
mod verify;

use std::fmt;

pub use self::ed25519::{PublicKey, PublicKeyError};
#[cfg(feature = "http")]
pub(crate) use self::headers::WEBHOOK_ATTEMPT;
pub(crate) use self::headers::visible;
pub use self::headers::{HeaderPrefix, HeaderPrefixError, Nonce, SignatureHeaders};
pub(crate) use self::headers::{WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP};
pub use self::jwks::Jwks;
pub(crate) use self::key::Key;
pub use self::secret::{Secret, SecretError};
pub use self::verify::VerifyError;
pub(crate) use self::verify::{Claim, Terms, verify_at};
use crate::event::EventId;

/// How a body becomes the message that is signed.
///
/// A secret that begins with `whsec_` signs by [Standard Webhooks] as well, whichever is chosen, and
/// one that begins with `whsk_` by Standard Webhooks alone.
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
    /// The header of the documented scheme holds one signature, which is that of the newest secret
    /// that is shared. Standard Webhooks' header holds one for every secret of `whsec_` or `whsk_`.
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

    /// The documented signature of `body` at `timestamp_ms`, in milliseconds since the epoch.
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
