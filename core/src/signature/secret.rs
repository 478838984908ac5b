use std::error::Error;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::ed25519::{PrivateKey, PublicKey};

/// The key of the signature.
///
/// It is shared with the receiver, and its text is used as its bytes. A secret that begins with
/// `whsec_` is one of [Standard Webhooks], whose key is the base64 behind that; it signs by both
/// schemes.
///
/// One that begins with `whsk_` is a private key of ed25519, in base64 its 32 bytes of RFC 8032, or
/// these and the public key behind them. It is not shared: the receiver has its
/// [public key](Self::public_key), and it signs by Standard Webhooks alone.
///
/// `Debug` shows nothing of it, and its memory is overwritten when it is dropped.
///
/// [Standard Webhooks]: https://www.standardwebhooks.com
///
/// # Examples
///
/// ```
/// use hookwright::{Secret, SecretError};
///
/// let secret = Secret::new("a secret of 16 bytes or more")?;
/// assert_eq!(format!("{secret:?}"), "Secret([redacted])");
///
/// assert_eq!(Secret::new("your-secret").unwrap_err(), SecretError::TooShort);
/// assert!(Secret::imported("your-secret").is_ok());
/// # Ok::<(), SecretError>(())
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// What begins a secret of Standard Webhooks, and what a private key (its specification, "Signature
/// scheme").
const STANDARD_PREFIX: &str = "whsec_";
const PRIVATE_PREFIX: &str = "whsk_";

impl Secret {
    /// The shortest secret that is not imported, in bytes.
    pub const MIN_LENGTH: usize = 16;

    /// Takes a secret of at least [`MIN_LENGTH`](Self::MIN_LENGTH) bytes.
    ///
    /// # Errors
    ///
    /// [`SecretError`] when the secret is empty or too short, when there is no base64 behind
    /// `whsec_` or no private key behind `whsk_`, and when it is a public key.
    pub fn new(text: impl Into<String>) -> Result<Self, SecretError> {
        let secret = Self::imported(text)?;
        let length = secret.standard_key().map_or(secret.0.len(), |key| key.len());
        if length < Self::MIN_LENGTH { Err(SecretError::TooShort) } else { Ok(secret) }
    }

    /// Takes a secret that was made elsewhere, however short.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), but only an empty secret is too short.
    pub fn imported(text: impl Into<String>) -> Result<Self, SecretError> {
        let text = Zeroizing::new(text.into());
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if let Some(base64) = text.strip_prefix(STANDARD_PREFIX) {
            let key =
                STANDARD.decode(base64).map(Zeroizing::new).map_err(|_| SecretError::NotBase64)?;
            if key.is_empty() {
                return Err(SecretError::Empty);
            }
        } else if let Some(base64) = text.strip_prefix(PRIVATE_PREFIX) {
            PrivateKey::decode(base64).ok_or(SecretError::NotAPrivateKey)?;
        } else if text.starts_with(PublicKey::PREFIX) {
            return Err(SecretError::PublicKey);
        }
        Ok(Self(text))
    }

    /// Makes a secret: 32 random bytes, as `whsec_` and base64.
    #[must_use]
    pub fn generate() -> Self {
        let key = Zeroizing::new(rand::random::<[u8; 32]>());
        let mut text = Zeroizing::new(String::with_capacity(STANDARD_PREFIX.len() + 44));
        text.push_str(STANDARD_PREFIX);
        STANDARD.encode_string(key.as_slice(), &mut text);
        Self(text)
    }

    /// Makes a private key of ed25519, as `whsk_` and base64.
    ///
    /// ```
    /// use hookwright::Secret;
    ///
    /// let secret = Secret::generate_ed25519();
    /// let public = secret.public_key().expect("it is one of ed25519");
    /// assert!(secret.expose().starts_with("whsk_"));
    /// assert!(public.to_string().starts_with("whpk_"));
    /// ```
    #[must_use]
    pub fn generate_ed25519() -> Self {
        let seed = Zeroizing::new(rand::random::<[u8; 32]>());
        let mut text = Zeroizing::new(String::with_capacity(PRIVATE_PREFIX.len() + 44));
        text.push_str(PRIVATE_PREFIX);
        STANDARD.encode_string(seed.as_slice(), &mut text);
        Self(text)
    }

    /// Generates a secret that signs in the same ways: by ed25519 where this one does, and else by
    /// HMAC, as [`generate`](Self::generate).
    #[must_use]
    pub fn generate_alike(&self) -> Self {
        if self.public_key().is_some() { Self::generate_ed25519() } else { Self::generate() }
    }

    /// The public key of a private one, by which receivers verify; `None` of a secret that is shared.
    pub fn public_key(&self) -> Option<PublicKey> {
        self.private_key().map(|key| key.public_key())
    }

    /// The text, to show it to its owner or to store it encrypted. It must not be logged.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it signs by Standard Webhooks.
    #[cfg(feature = "_outbox")]
    pub(crate) fn is_standard(&self) -> bool {
        self.0.starts_with(STANDARD_PREFIX) || self.0.starts_with(PRIVATE_PREFIX)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The key of Standard Webhooks, when the secret is one of theirs.
    pub(crate) fn standard_key(&self) -> Option<Zeroizing<Vec<u8>>> {
        let base64 = self.0.strip_prefix(STANDARD_PREFIX)?;
        STANDARD.decode(base64).ok().map(Zeroizing::new)
    }

    /// The key pair of ed25519, when the secret is one.
    pub(crate) fn private_key(&self) -> Option<PrivateKey> {
        PrivateKey::decode(self.0.strip_prefix(PRIVATE_PREFIX)?)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret([redacted])")
    }
}

/// A text that cannot be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretError {
    /// There is nothing in it, so that anyone could sign.
    Empty,
    /// It has less than [`Secret::MIN_LENGTH`] bytes.
    TooShort,
    /// It begins with `whsec_`, and what stands behind it is not base64.
    NotBase64,
    /// It begins with `whsk_`, and what stands behind it is no private key of ed25519.
    NotAPrivateKey,
    /// It begins with `whpk_`: it is a public key, with which nothing is signed.
    PublicKey,
}

impl fmt::Display for SecretError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("the secret is empty"),
            Self::TooShort => write!(
                formatter,
                "the secret is shorter than {} bytes: take a longer one, or `Secret::imported` for one that was made elsewhere",
                Secret::MIN_LENGTH
            ),
            Self::NotBase64 => formatter
                .write_str("the secret begins with `whsec_`, but what follows is not base64"),
            Self::NotAPrivateKey => formatter.write_str(
                "the secret begins with `whsk_`, but what follows is no private key of ed25519: 32 bytes in base64",
            ),
            Self::PublicKey => formatter.write_str(
                "the secret is a public key, which signs nothing: sign with the one that begins with `whsk_`, and verify with `PublicKey`",
            ),
        }
    }
}

impl Error for SecretError {}
