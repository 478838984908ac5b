mod error;
mod headers;
mod private_ca;

use std::fmt;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use url::Url;

pub use self::error::EndpointError;
use self::headers::CustomHeaders;
pub use self::private_ca::{PrivateCa, PrivateCaError};
use crate::format::Format;
use crate::signature::{Secret, Signer, Signing};

/// Where events go: a URL, the secrets that sign, and limits.
///
/// An endpoint is judged by its text alone. Which addresses may be dialled is the operator's
/// choice, and is judged by the [`Sender`](crate::Sender) each time that it connects.
///
/// `Debug` shows the host of the URL only, since the paths and queries of webhooks hold tokens.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use hookwright::{Endpoint, Secret};
///
/// let endpoint = Endpoint::new("https://example.com/hooks?token=t0k3n")?
///     .secret(Secret::generate())
///     .header("Authorization", "Bearer t0k3n")?
///     .deadline(Duration::from_secs(5))?;
/// assert_eq!(format!("{endpoint:?}"), r#"Endpoint { host: "example.com", .. }"#);
///
/// let error = Endpoint::new("ftp://example.com/").unwrap_err();
/// assert_eq!(error.to_string(), "the URL of an endpoint begins with https:// or http://");
/// # Ok::<(), hookwright::EndpointError>(())
/// ```
#[derive(Clone)]
pub struct Endpoint {
    url: Url,
    signer: Option<Signer>,
    signing: Signing,
    format: Format,
    headers: CustomHeaders,
    deadline: Duration,
    private_ca: Option<PrivateCa>,
}

impl Endpoint {
    /// The longest URL, in bytes.
    pub const MAX_URL_LENGTH: usize = 2048;
    /// The deadline unless another is set.
    pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(15);

    /// Takes the URL of an endpoint, of the scheme `https` (or `http`, which is dialled only at
    /// addresses that the operator allows).
    ///
    /// # Errors
    ///
    /// [`EndpointError`] when the URL has another scheme, no host, the port 0, a user or password,
    /// a fragment, spaces, control characters or backslashes, or more than
    /// [`MAX_URL_LENGTH`](Self::MAX_URL_LENGTH) bytes.
    pub fn new(url: &str) -> Result<Self, EndpointError> {
        Ok(Self {
            url: parse_url(url)?,
            signer: None,
            signing: Signing::default(),
            format: Format::default(),
            headers: CustomHeaders::default(),
            deadline: Self::DEFAULT_DEADLINE,
            private_ca: None,
        })
    }

    /// Adds a secret that signs: the newest first, then those that are being rotated out.
    ///
    /// The header of the documented scheme holds the signature of the first that is shared; Standard
    /// Webhooks' holds one for every secret of `whsec_` or `whsk_`. Without a secret nothing is signed.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "the endpoint takes the secret over")]
    pub fn secret(mut self, secret: Secret) -> Self {
        self.signer = Some(match self.signer {
            Some(signer) => signer.and(&secret),
            None => Signer::new(&secret).signing(self.signing),
        });
        self
    }

    /// Chooses how the body becomes the message that is signed.
    #[must_use]
    pub fn signing(mut self, signing: Signing) -> Self {
        self.signing = signing;
        self.signer = self.signer.map(|signer| signer.signing(signing));
        self
    }

    /// Chooses how a body is written.
    ///
    /// ```
    /// use hookwright::{Endpoint, Format, Secret};
    ///
    /// let endpoint = Endpoint::new("https://example.com/hooks")?
    ///     .secret(Secret::generate())
    ///     .format(Format::Standard);
    /// # Ok::<(), hookwright::EndpointError>(())
    /// ```
    #[must_use]
    pub fn format(mut self, format: impl Into<Format>) -> Self {
        self.format = format.into();
        self
    }

    /// Adds a header to every request. The value is taken for a secret.
    ///
    /// # Errors
    ///
    /// [`EndpointError`] for a name that is not of letters, digits and `-`, that HTTP, this crate
    /// or a cloud's metadata service uses, or that is set already; for a value that is not visible
    /// ASCII or has more than 4 KiB; and for more than 20 headers.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, EndpointError> {
        self.headers.add(name, value)?;
        Ok(self)
    }

    /// Sets the deadline of one attempt: over the look-up of the name, connecting, TLS, the request
    /// and the whole response. It is 1 to 30 seconds.
    ///
    /// # Errors
    ///
    /// [`EndpointError::Deadline`] when it is less or more.
    pub fn deadline(mut self, deadline: Duration) -> Result<Self, EndpointError> {
        if !(Duration::from_secs(1)..=Duration::from_secs(30)).contains(&deadline) {
            return Err(EndpointError::Deadline);
        }
        self.deadline = deadline;
        Ok(self)
    }

    /// Trusts the certificates of this authority, and no others.
    #[must_use]
    pub fn private_ca(mut self, authority: PrivateCa) -> Self {
        self.private_ca = Some(authority);
        self
    }

    /// The same endpoint at another URL.
    #[cfg(feature = "_outbox")]
    pub(crate) fn with_url(mut self, url: &str) -> Result<Self, EndpointError> {
        self.url = parse_url(url)?;
        Ok(self)
    }

    /// The same endpoint with those headers whose names, in small letters, are to stay.
    #[cfg(feature = "_outbox")]
    pub(crate) fn retain_headers(mut self, stays: impl Fn(&str) -> bool) -> Self {
        self.headers.retain(stays);
        self
    }

    /// The same endpoint, with the system's authorities trusted.
    #[cfg(feature = "_outbox")]
    pub(crate) fn without_private_ca(mut self) -> Self {
        self.private_ca = None;
        self
    }

    /// The URL. Its path and query may hold a token of the receiver's.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The host of the URL, which is what may stand in a log.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    pub(crate) fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    pub(crate) fn chosen_format(&self) -> &Format {
        &self.format
    }

    pub(crate) fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        self.headers.as_slice()
    }

    pub(crate) fn time_limit(&self) -> Duration {
        self.deadline
    }

    pub(crate) fn authority(&self) -> Option<&PrivateCa> {
        self.private_ca.as_ref()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Endpoint").field("host", &self.host()).finish_non_exhaustive()
    }
}

/// Reads a URL, and refuses what browsers, and so the `url` crate, would read as something else than
/// it looks: control characters that are dropped, backslashes that are turned round.
fn parse_url(text: &str) -> Result<Url, EndpointError> {
    if text.len() > Endpoint::MAX_URL_LENGTH {
        return Err(EndpointError::UrlTooLong);
    }
    if text.contains(|letter: char| letter.is_control() || letter.is_whitespace() || letter == '\\')
    {
        return Err(EndpointError::UrlCharacter);
    }
    let (scheme, rest) = text.split_once("://").ok_or(EndpointError::Scheme)?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return Err(EndpointError::Scheme);
    }
    if rest.contains('#') {
        return Err(EndpointError::Fragment);
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(EndpointError::Userinfo);
    }
    if authority.is_empty() {
        return Err(EndpointError::NotAUrl);
    }
    let url = Url::parse(text).map_err(|_| EndpointError::NotAUrl)?;
    if url.port() == Some(0) {
        return Err(EndpointError::Port);
    }
    // The HTTP client takes less for a host than a browser does.
    http::Uri::try_from(url.as_str()).map_err(|_| EndpointError::NotAUrl)?;
    // Percent-encoding may have made it longer.
    if url.as_str().len() > Endpoint::MAX_URL_LENGTH {
        return Err(EndpointError::UrlTooLong);
    }
    Ok(url)
}

#[cfg(test)]
mod tests;
