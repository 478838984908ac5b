use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::request::SeenKeys;
use crate::event::Body;
use crate::signature::{
    Claim, HeaderPrefix, Key, PublicKey, Secret, Terms, VerifyError, WEBHOOK_ID, WEBHOOK_SIGNATURE,
    WEBHOOK_TIMESTAMP, verify_at,
};

/// Tells the sender's requests from all others.
///
/// It takes the raw bytes of the body: a body that was parsed and written again has another
/// signature. The time of the request may be 300 seconds from the clock in both directions, the
/// tolerance of Standard Webhooks' libraries, so that a request that was overheard cannot be sent
/// again later.
///
/// Within that time, a receiver that must not handle an event twice remembers what it has handled,
/// as [`receiver::seen`](crate::receiver::seen) does. The header `webhook-id` is covered by Standard
/// Webhooks' signature alone, the documented one covers the timestamp and the body.
///
/// Requests of the documented scheme are verified, and those of Standard Webhooks when a secret is
/// one of `whsec_` or `whsk_`, or a public key is there. Cloning is cheap.
///
/// # Examples
///
/// ```
/// use hookwright::{Secret, Signer, Verifier, VerifyError};
/// use http::HeaderMap;
///
/// let secret = Secret::imported("your-secret")?;
/// let body = br#"{"event":"person.created"}"#;
/// let now = chrono::Utc::now().timestamp_millis();
///
/// let mut headers = HeaderMap::new();
/// headers.insert("x-twenty-webhook-timestamp", now.to_string().parse()?);
/// headers.insert("x-twenty-webhook-signature", Signer::new(&secret).sign(now, body).to_string().parse()?);
///
/// let verifier = Verifier::new(&secret);
/// assert_eq!(verifier.verify(&headers, body), Ok(()));
/// assert_eq!(verifier.verify(&headers, b"{}"), Err(VerifyError::Mismatch));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Verifier {
    keys: Arc<[Key]>,
    /// `None` when the documented scheme is not accepted.
    prefix: Option<HeaderPrefix>,
    terms: Terms,
    clock: Option<Clock>,
    max_body: usize,
}

type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

impl Verifier {
    /// How far the time of a request may be from the clock, in both directions.
    pub const DEFAULT_TOLERANCE: Duration = Duration::from_mins(5);

    /// A verifier that accepts the signatures of `secret`.
    pub fn new(secret: &Secret) -> Self {
        Self::of_key(Key::new(secret))
    }

    /// A verifier that accepts the signatures of the private key that belongs to this public one.
    ///
    /// They are Standard Webhooks', by ed25519.
    pub fn from_public_key(key: &PublicKey) -> Self {
        Self::of_key(Key::public(key.clone()))
    }

    fn of_key(key: Key) -> Self {
        Self {
            keys: Arc::new([key]),
            prefix: Some(HeaderPrefix::default()),
            terms: Terms {
                tolerance_ms: Some(milliseconds(Self::DEFAULT_TOLERANCE)),
                accepts_double_encoded: false,
            },
            clock: None,
            max_body: Body::MAX_LIMIT,
        }
    }

    /// Also accepts the signatures of another secret, such as the old one while it is rotated out.
    #[must_use]
    pub fn and(self, secret: &Secret) -> Self {
        self.and_key(Key::new(secret))
    }

    /// Also accepts the signatures of another public key's private one.
    #[must_use]
    pub fn and_public_key(self, key: &PublicKey) -> Self {
        self.and_key(Key::public(key.clone()))
    }

    fn and_key(mut self, key: Key) -> Self {
        self.keys = self.keys.iter().cloned().chain([key]).collect();
        self
    }

    /// Sets how far the time of a request may be from the clock, in both directions.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.terms.tolerance_ms = Some(milliseconds(tolerance));
        self
    }

    /// Accepts requests of any time, so that whoever has overheard one can send it again for ever.
    #[must_use]
    pub fn dangerously_accept_any_time(mut self) -> Self {
        self.terms.tolerance_ms = None;
        self
    }

    /// Also accepts [`Signing::DoubleEncoded`](crate::Signing::DoubleEncoded).
    #[must_use]
    pub fn accept_double_encoded(mut self) -> Self {
        self.terms.accepts_double_encoded = true;
        self
    }

    /// Sets what the names of the signature's headers begin with.
    #[must_use]
    pub fn header_prefix(mut self, prefix: HeaderPrefix) -> Self {
        self.prefix = Some(prefix);
        self
    }

    /// Accepts Standard Webhooks' signature and no other, so that `webhook-id` is always covered.
    #[must_use]
    pub fn standard_webhooks_only(mut self) -> Self {
        self.prefix = None;
        self
    }

    /// Sets the largest body that [`receiver::verify`](crate::receiver::verify) takes, in bytes:
    /// 1 MiB unless set.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Reads the time from `clock`, for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Verifies a request by its headers and the raw bytes of its body.
    ///
    /// # Errors
    ///
    /// [`VerifyError`], which tells a missing header, a malformed timestamp, a time too old or from
    /// the future, and a mismatch apart.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), VerifyError> {
        let now_ms = self.now_ms();
        self.any_claim(headers, |claim| verify_at(&self.keys, claim, body, self.terms, now_ms))
    }

    /// Verifies a request, and tells what it is known again by.
    pub(super) fn identify(
        &self,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<SeenKeys, VerifyError> {
        let now_ms = self.now_ms();
        let verify = |claim: &Claim<'_>| verify_at(&self.keys, claim, body, self.terms, now_ms);
        let id = headers.get(WEBHOOK_ID).map(HeaderValue::as_bytes);
        let documented = self.documented_claim(headers);
        let signature = match documented {
            Ok(Claim::Documented { timestamp, signature }) => Some((timestamp, signature)),
            Ok(Claim::Standard { .. }) | Err(_) => None,
        };
        let standard =
            self.standard_claim(headers).map(|claim| claim.and_then(|claim| verify(&claim)));
        let keys = if standard == Some(Ok(())) {
            // Its signature covers none of the documented headers, which may be another event's.
            let is_both = documented.as_ref().is_ok_and(|claim| verify(claim).is_ok());
            SeenKeys::of_standard(id, signature.filter(|_| is_both))
        } else {
            let verified = documented.and_then(|claim| verify(&claim));
            verified.map_err(|error| standard.and_then(Result::err).unwrap_or(error))?;
            SeenKeys::of_documented(signature, id, body)
        };
        let tolerance = self.terms.tolerance_ms.map(|tolerance| tolerance.saturating_mul(2));
        let valid_for = tolerance.and_then(|time| u64::try_from(time).ok());
        Ok(keys.valid_for(valid_for.map(Duration::from_millis)))
    }

    /// Judges what can be judged before the body has come: that the headers are there, and the time.
    #[cfg(any(feature = "axum", feature = "tower"))]
    pub(crate) fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        let now_ms = self.now_ms();
        self.any_claim(headers, |claim| claim.check_time(self.terms, now_ms))
    }

    fn now_ms(&self) -> i64 {
        match &self.clock {
            Some(clock) => clock().timestamp_millis(),
            None => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, milliseconds),
        }
    }

    /// Whether one of the claims that the request makes is right. When none is, the reason is that
    /// of Standard Webhooks', if the request makes that claim, and else of the documented scheme's.
    fn any_claim(
        &self,
        headers: &HeaderMap,
        judge: impl Fn(&Claim<'_>) -> Result<(), VerifyError>,
    ) -> Result<(), VerifyError> {
        let documented = || self.documented_claim(headers).and_then(|claim| judge(&claim));
        match self.standard_claim(headers) {
            Some(standard) => standard
                .and_then(|claim| judge(&claim))
                .or_else(|error| documented().or(Err(error))),
            None => documented(),
        }
    }

    pub(crate) fn max_body(&self) -> usize {
        self.max_body
    }

    fn documented_claim<'a>(&self, headers: &'a HeaderMap) -> Result<Claim<'a>, VerifyError> {
        let Some(prefix) = &self.prefix else {
            return Err(VerifyError::MissingHeader { header: WEBHOOK_SIGNATURE });
        };
        // One walk over a dozen headers takes a third of the time of two look-ups.
        let (mut timestamp, mut signature) = (None, None);
        for (name, value) in headers {
            if name == prefix.timestamp() {
                timestamp = timestamp.or(Some(value.as_bytes()));
            } else if name == prefix.signature() {
                signature = signature.or(Some(value.as_bytes()));
            }
            if timestamp.is_some() && signature.is_some() {
                break;
            }
        }
        Ok(Claim::Documented {
            timestamp: timestamp.ok_or_else(|| missing(prefix.timestamp()))?,
            signature: signature.ok_or_else(|| missing(prefix.signature()))?,
        })
    }

    /// `None` when nobody has signed so, or no secret here could tell.
    fn standard_claim<'a>(&self, headers: &'a HeaderMap) -> Option<Result<Claim<'a>, VerifyError>> {
        if !self.keys.iter().any(Key::is_standard) {
            return None;
        }
        let signatures = headers.get(WEBHOOK_SIGNATURE)?.as_bytes();
        Some(required(headers, &WEBHOOK_ID).and_then(|id| {
            let timestamp = required(headers, &WEBHOOK_TIMESTAMP)?;
            Ok(Claim::Standard { id, timestamp, signatures })
        }))
    }
}

fn required<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a [u8], VerifyError> {
    headers.get(name).map(HeaderValue::as_bytes).ok_or_else(|| missing(name))
}

fn missing(header: &HeaderName) -> VerifyError {
    VerifyError::MissingHeader { header: header.clone() }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Verifier")
            .field("keys", &self.keys.len())
            .field("prefix", &self.prefix)
            .field("terms", &self.terms)
            .finish_non_exhaustive()
    }
}
