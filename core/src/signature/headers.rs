//! The headers of a signed attempt.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Key, Signer};
use crate::event::EventId;

/// The event's id, the same over all attempts (Standard Webhooks).
pub(crate) const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
/// The time of the attempt, in seconds (Standard Webhooks).
pub(crate) const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
/// The signatures, separated by spaces (Standard Webhooks).
pub(crate) const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// Which attempt it is: 1, 2, …
#[cfg(feature = "http")]
pub(crate) const WEBHOOK_ATTEMPT: HeaderName = HeaderName::from_static("webhook-attempt");

/// What the names of the signature's headers begin with: `X-Twenty-Webhook-` unless the
/// application has its own.
///
/// # Examples
///
/// ```
/// use hookwright::HeaderPrefix;
///
/// let prefix: HeaderPrefix = "X-Acme-".parse()?;
/// assert_eq!(prefix.timestamp(), "x-acme-timestamp");
/// assert_eq!(HeaderPrefix::default().signature(), "x-twenty-webhook-signature");
///
/// let error = "webhook-".parse::<HeaderPrefix>().unwrap_err();
/// assert_eq!(error.to_string(), "`webhook-` begins the headers of Standard Webhooks: choose another prefix");
/// # Ok::<(), hookwright::HeaderPrefixError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderPrefix {
    timestamp: HeaderName,
    signature: HeaderName,
    nonce: HeaderName,
}

impl HeaderPrefix {
    /// The header with the time of the attempt, in milliseconds since the epoch.
    pub fn timestamp(&self) -> &HeaderName {
        &self.timestamp
    }

    /// The header with the signature, in hex digits.
    pub fn signature(&self) -> &HeaderName {
        &self.signature
    }

    /// The header with the nonce, which is new at each attempt.
    pub fn nonce(&self) -> &HeaderName {
        &self.nonce
    }
}

impl Default for HeaderPrefix {
    fn default() -> Self {
        Self {
            timestamp: HeaderName::from_static("x-twenty-webhook-timestamp"),
            signature: HeaderName::from_static("x-twenty-webhook-signature"),
            nonce: HeaderName::from_static("x-twenty-webhook-nonce"),
        }
    }
}

impl FromStr for HeaderPrefix {
    type Err = HeaderPrefixError;

    fn from_str(prefix: &str) -> Result<Self, Self::Err> {
        if prefix.eq_ignore_ascii_case("webhook-") {
            return Err(HeaderPrefixError::StandardWebhooks);
        }
        let is_name = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_name || !prefix.ends_with('-') || prefix.len() > 64 || prefix.starts_with('-') {
            return Err(HeaderPrefixError::NotAName);
        }
        let header = |name: &str| {
            let name = format!("{prefix}{name}").to_ascii_lowercase();
            HeaderName::try_from(name).map_err(|_| HeaderPrefixError::NotAName)
        };
        Ok(Self {
            timestamp: header("timestamp")?,
            signature: header("signature")?,
            nonce: header("nonce")?,
        })
    }
}

/// A text that cannot begin the names of headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderPrefixError {
    /// It is the prefix of Standard Webhooks' own headers.
    StandardWebhooks,
    /// It is not 1 to 64 letters, digits and `-` that end with `-`.
    NotAName,
}

impl fmt::Display for HeaderPrefixError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::StandardWebhooks => {
                "`webhook-` begins the headers of Standard Webhooks: choose another prefix"
            }
            Self::NotAName => {
                "a header prefix is at most 64 letters, digits and `-`, and ends with `-`: such as `X-Acme-Webhook-`"
            }
        })
    }
}

impl Error for HeaderPrefixError {}

/// A number that is new at each attempt: 32 lower-case hex digits. The signature does not cover it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce(u128);

impl Nonce {
    /// A random one.
    #[must_use]
    pub fn random() -> Self {
        Self(rand::random())
    }

    fn hex(self) -> [u8; 32] {
        let mut digits = [0; 32];
        hex::encode_to_slice(self.0.to_be_bytes(), &mut digits).expect("each byte has two digits");
        digits
    }
}

impl From<u128> for Nonce {
    fn from(number: u128) -> Self {
        Self(number)
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// The values of the headers that sign one attempt, for any HTTP client.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignatureHeaders {
    /// `X-Twenty-Webhook-Timestamp`.
    pub timestamp: HeaderValue,
    /// `X-Twenty-Webhook-Signature`. It is not [put into headers](Self::insert_into) when every secret
    /// is one of `whsk_`, since no receiver has the key that it needs.
    pub signature: HeaderValue,
    /// `X-Twenty-Webhook-Nonce`.
    pub nonce: HeaderValue,
    /// `webhook-timestamp` and `webhook-signature`, when a secret is one of `whsec_` or `whsk_`.
    pub standard: Option<(HeaderValue, HeaderValue)>,
    /// Whether a receiver has the key of `signature`.
    is_shared: bool,
}

impl SignatureHeaders {
    /// Puts the values into the headers of a request, under the names that begin with `prefix`.
    pub fn insert_into(self, headers: &mut HeaderMap, prefix: &HeaderPrefix) {
        headers.insert(&prefix.timestamp, self.timestamp);
        if self.is_shared {
            headers.insert(&prefix.signature, self.signature);
        }
        headers.insert(&prefix.nonce, self.nonce);
        if let Some((timestamp, signature)) = self.standard {
            headers.insert(WEBHOOK_TIMESTAMP, timestamp);
            headers.insert(WEBHOOK_SIGNATURE, signature);
        }
    }
}

impl Signer {
    /// Signs one attempt at `timestamp_ms`, in milliseconds since the epoch.
    ///
    /// # Examples
    ///
    /// ```
    /// use hookwright::{Nonce, Secret, Signer};
    ///
    /// let signer = Signer::new(&Secret::generate());
    /// let id = "01890a5d-ac96-774b-bcce-b302099a8057".parse()?;
    /// let headers = signer.headers(&id, 1735066639761, Nonce::random(), b"{}");
    /// assert_eq!(headers.timestamp, "1735066639761");
    /// let (timestamp, signature) = headers.standard.expect("a generated secret is one of `whsec_`");
    /// assert_eq!(timestamp, "1735066639");
    /// assert!(signature.as_bytes().starts_with(b"v1,"));
    /// # Ok::<(), hookwright::EventIdError>(())
    /// ```
    pub fn headers(
        &self,
        id: &EventId,
        timestamp_ms: i64,
        nonce: Nonce,
        body: &[u8],
    ) -> SignatureHeaders {
        let mut digits = itoa::Buffer::new();
        let timestamp = digits.format(timestamp_ms);
        let shared = self.keys().find(|key| key.is_shared());
        let signature = shared.unwrap_or(&self.current).sign(self.signing, timestamp, body);
        SignatureHeaders {
            timestamp: visible(timestamp.as_bytes()),
            signature: visible(&signature.hex()),
            nonce: visible(&nonce.hex()),
            standard: self.standard_headers(id, timestamp_ms.div_euclid(1000), body),
            is_shared: shared.is_some(),
        }
    }

    fn standard_headers(
        &self,
        id: &EventId,
        timestamp_s: i64,
        body: &[u8],
    ) -> Option<(HeaderValue, HeaderValue)> {
        if !self.keys().any(Key::is_standard) {
            return None;
        }
        let mut digits = itoa::Buffer::new();
        let timestamp = digits.format(timestamp_s);
        let mut buffer = EventId::buffer();
        let id = id.encode(&mut buffer);
        let signatures = self
            .keys()
            .filter_map(|key| key.standard_signature(id, timestamp, body))
            .reduce(|all, signature| format!("{all} {signature}"))?;
        Some((visible(timestamp.as_bytes()), visible(signatures.as_bytes())))
    }
}

/// The value of a header, of text that we have written.
pub(crate) fn visible(text: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(text).expect("digits, letters and base64 are visible ASCII")
}
