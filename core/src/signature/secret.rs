use std::error::Error;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// The key of the signature, shared with the receiver.
///
/// Its text is used as its bytes. A secret that begins with `whsec_` is one of
/// [Standard Webhooks], whose key is the base64 behind that; it signs by both schemes.
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

/// What begins a secret of Standard Webhooks.
const STANDARD_PREFIX: &str = "whsec_";

impl Secret {
    /// The shortest secret that is not imported, in bytes.
    pub const MIN_LENGTH: usize = 16;

    /// Takes a secret of at least [`MIN_LENGTH`](Self::MIN_LENGTH) bytes.
    ///
    /// # Errors
    ///
    /// [`SecretError`] when the secret is empty or too short, and when there is no base64 behind
    /// `whsec_`.
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

    /// The text, to show it to its owner or to store it encrypted. It must not be logged.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The key of Standard Webhooks, when the secret is one of theirs.
    pub(crate) fn standard_key(&self) -> Option<Zeroizing<Vec<u8>>> {
        let base64 = self.0.strip_prefix(STANDARD_PREFIX)?;
        STANDARD.decode(base64).ok().map(Zeroizing::new)
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
        }
    }
}

impl Error for SecretError {}
