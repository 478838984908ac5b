use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// The certificates of a private authority, which are trusted in place of the system's.
///
/// # Examples
///
/// ```
/// use hookwright::PrivateCa;
///
/// let error = PrivateCa::from_pem(b"not a certificate").unwrap_err();
/// assert_eq!(error.to_string(), "there is no certificate here: give PEM, from `-----BEGIN CERTIFICATE-----` on");
/// ```
#[derive(Clone)]
pub struct PrivateCa {
    pem: Arc<[u8]>,
    certificates: Arc<[reqwest::Certificate]>,
}

impl PrivateCa {
    /// Takes one certificate or several, as PEM.
    ///
    /// # Errors
    ///
    /// [`PrivateCaError`] when there is none, or one that cannot be used.
    pub fn from_pem(pem: &[u8]) -> Result<Self, PrivateCaError> {
        let unusable = |source| PrivateCaError { source: Some(source) };
        let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(unusable)?;
        if certificates.is_empty() {
            return Err(PrivateCaError { source: None });
        }
        // Only a client looks into them.
        reqwest::Client::builder()
            .tls_backend_rustls()
            .tls_certs_only(certificates.iter().cloned())
            .build()
            .map_err(unusable)?;
        Ok(Self { pem: pem.into(), certificates: certificates.into() })
    }

    /// The certificates as they were given.
    #[cfg(feature = "_outbox")]
    pub(crate) fn pem(&self) -> &[u8] {
        &self.pem
    }

    pub(crate) fn certificates(&self) -> impl Iterator<Item = reqwest::Certificate> {
        self.certificates.iter().cloned()
    }
}

impl PartialEq for PrivateCa {
    fn eq(&self, other: &Self) -> bool {
        self.pem == other.pem
    }
}

impl Eq for PrivateCa {}

impl fmt::Debug for PrivateCa {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PrivateCa").finish_non_exhaustive()
    }
}

/// Why certificates cannot be used.
#[derive(Debug)]
pub struct PrivateCaError {
    source: Option<reqwest::Error>,
}

impl fmt::Display for PrivateCaError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.source {
            None => "there is no certificate here: give PEM, from `-----BEGIN CERTIFICATE-----` on",
            Some(_) => "a certificate of the private authority cannot be used",
        })
    }
}

impl Error for PrivateCaError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
