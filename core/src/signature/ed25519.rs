//! Keys of ed25519 (RFC 8032), written as Standard Webhooks writes them.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_compact::{KeyPair, Seed, Signature};
use zeroize::Zeroizing;

/// A private key, with the public one that belongs to it.
#[derive(Clone)]
pub(crate) struct PrivateKey(KeyPair);

impl PrivateKey {
    /// Reads what stands behind `whsk_`: the 32 bytes of which a key is made, as Standard Webhooks'
    /// own libraries take them, or 64, which are these and the public key.
    pub(super) fn decode(base64: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(base64).ok()?);
        let seed = bytes.first_chunk::<32>()?;
        let key = KeyPair::from_seed(Seed::new(*seed));
        let public = &bytes[32..];
        (public.is_empty() || public == key.pk.as_ref()).then_some(Self(key))
    }

    pub(crate) fn public_key(&self) -> PublicKey {
        PublicKey(self.0.pk)
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        *self.0.sk.sign(message, None)
    }
}

/// The public key of an endpoint's private one: receivers verify by it, and cannot sign.
///
/// As text it begins with `whpk_`, and goes on with its 32 bytes in base64
/// (Standard Webhooks, "Signature scheme").
///
/// # Examples
///
/// ```
/// use hookwright::{PublicKey, Secret, Verifier};
///
/// let secret = Secret::new("whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")?;
/// let key = secret.public_key().expect("it is one of ed25519");
/// assert_eq!(key.to_string(), "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
///
/// let verifier = Verifier::from_public_key(&key.to_string().parse()?);
/// # let _ = verifier;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicKey(ed25519_compact::PublicKey);

impl PublicKey {
    /// What begins one.
    pub(super) const PREFIX: &str = "whpk_";

    /// The bytes of the key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether it is a right signature of the message, which is of several parts.
    pub(super) fn verifies(&self, message: &[&[u8]], signature: &[u8; 64]) -> bool {
        let Ok(mut state) = self.0.verify_incremental(&Signature::new(*signature)) else {
            return false;
        };
        for part in message {
            state.absorb(part);
        }
        state.verify().is_ok()
    }
}

impl FromStr for PublicKey {
    type Err = PublicKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let base64 = text.strip_prefix(Self::PREFIX).ok_or(PublicKeyError)?;
        let bytes = STANDARD.decode(base64).map_err(|_| PublicKeyError)?;
        let key = ed25519_compact::PublicKey::from_slice(&bytes).map_err(|_| PublicKeyError)?;
        // A key of which anybody can make signatures is none.
        key.validate().map_err(|_| PublicKeyError)?;
        Ok(Self(key))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", Self::PREFIX, STANDARD.encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({self})")
    }
}

/// A text that is not a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKeyError;

impl fmt::Display for PublicKeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .write_str("a public key is `whpk_` and the 32 bytes of a key of ed25519 in base64")
    }
}

impl Error for PublicKeyError {}
