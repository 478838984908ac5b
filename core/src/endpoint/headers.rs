//! The headers that an endpoint adds to every request.

use http::{HeaderName, HeaderValue};

use super::EndpointError;

/// How many headers an endpoint may add.
pub(super) const MAX_HEADERS: usize = 20;
/// How long the name of one may be, in bytes.
pub(super) const MAX_NAME_LENGTH: usize = 64;
/// How long the value of one may be, in bytes.
pub(super) const MAX_VALUE_LENGTH: usize = 4096;

/// Hop-by-hop headers (RFC 9110 section 7.6.1), and those that the sender or HTTP itself sets.
const RESERVED: &[&str] = &[
    "accept-encoding",
    "connection",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "traceparent",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    // With these a request would be one that a cloud's metadata service answers.
    "metadata",
    "metadata-flavor",
    "x-aws-ec2-metadata-token",
    "x-aws-ec2-metadata-token-ttl-seconds",
    "x-google-metadata-request",
];

/// What reserved names begin with.
const RESERVED_PREFIXES: &[&str] = &["content-", "webhook-", "x-twenty-webhook-"];

#[derive(Clone, Default)]
pub(super) struct CustomHeaders(Vec<(HeaderName, HeaderValue)>);

impl CustomHeaders {
    pub(super) fn add(&mut self, name: &str, value: &str) -> Result<(), EndpointError> {
        if self.0.len() == MAX_HEADERS {
            return Err(EndpointError::TooManyHeaders);
        }
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_name || name.len() > MAX_NAME_LENGTH {
            return Err(EndpointError::HeaderName);
        }
        let name = HeaderName::try_from(name).map_err(|_| EndpointError::HeaderName)?;
        if is_reserved(name.as_str()) {
            return Err(EndpointError::HeaderReserved { name: name.to_string() });
        }
        if self.0.iter().any(|(other, _)| *other == name) {
            return Err(EndpointError::HeaderTwice { name: name.to_string() });
        }
        let is_visible = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        match HeaderValue::from_str(value) {
            Ok(mut value) if is_visible && value.len() <= MAX_VALUE_LENGTH => {
                value.set_sensitive(true);
                self.0.push((name, value));
                Ok(())
            }
            _ => Err(EndpointError::HeaderValue { name: name.to_string() }),
        }
    }

    #[cfg(feature = "_outbox")]
    pub(super) fn retain(&mut self, stays: impl Fn(&str) -> bool) {
        self.0.retain(|(name, _)| stays(name.as_str()));
    }

    pub(super) fn as_slice(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0
    }
}

fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
