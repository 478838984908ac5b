use std::error::Error;
use std::fmt;

use super::Endpoint;
use super::headers::{MAX_HEADERS, MAX_NAME_LENGTH, MAX_VALUE_LENGTH};

/// Why something cannot be an endpoint's. The text shows neither the URL nor a header's value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointError {
    /// The URL has more than [`Endpoint::MAX_URL_LENGTH`] bytes.
    UrlTooLong,
    /// The URL has a control character, a space or a backslash.
    UrlCharacter,
    /// The URL begins with neither `https://` nor `http://`.
    Scheme,
    /// The URL has a user or a password.
    Userinfo,
    /// The URL has a fragment, which is never sent.
    Fragment,
    /// The port is 0.
    Port,
    /// There is no host, or what stands there is not one.
    NotAUrl,
    /// The deadline is not 1 to 30 seconds.
    Deadline,
    /// There are more than 20 headers.
    TooManyHeaders,
    /// The name of a header is not of letters, digits and `-`, or has more than 64.
    HeaderName,
    /// The header is one that HTTP, this crate or a cloud's metadata service uses.
    #[non_exhaustive]
    HeaderReserved {
        /// The name of the header, in small letters.
        name: String,
    },
    /// The header is set already.
    #[non_exhaustive]
    HeaderTwice {
        /// The name of the header, in small letters.
        name: String,
    },
    /// The value of a header is not visible ASCII, or has more than 4 KiB.
    #[non_exhaustive]
    HeaderValue {
        /// The name of the header, in small letters.
        name: String,
    },
}

impl fmt::Display for EndpointError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UrlTooLong => write!(
                formatter,
                "the URL of an endpoint has at most {} bytes",
                Endpoint::MAX_URL_LENGTH
            ),
            Self::UrlCharacter => formatter.write_str(
                "the URL of an endpoint has no spaces, control characters or backslashes: percent-encode them",
            ),
            Self::Scheme => {
                formatter.write_str("the URL of an endpoint begins with https:// or http://")
            }
            Self::Userinfo => formatter.write_str(
                "the URL of an endpoint has no user and password: set the header `Authorization`",
            ),
            Self::Fragment => formatter
                .write_str("the URL of an endpoint has no fragment: remove `#` and what follows"),
            Self::Port => formatter.write_str("the port of an endpoint is 1 to 65535"),
            Self::NotAUrl => formatter.write_str(
                "the URL of an endpoint has a host: write it as https://example.com/path",
            ),
            Self::Deadline => formatter.write_str("the deadline of an endpoint is 1 to 30 seconds"),
            Self::TooManyHeaders => {
                write!(formatter, "an endpoint has at most {MAX_HEADERS} headers of its own")
            }
            Self::HeaderName => {
                write!(formatter, "the name of a header is of letters, digits and `-`, at most {MAX_NAME_LENGTH}")
            }
            Self::HeaderReserved { name } => write!(
                formatter,
                "the header `{name}` cannot be set: the sender sets it itself, or keeps it out"
            ),
            Self::HeaderTwice { name } => write!(formatter, "the header `{name}` is set twice"),
            Self::HeaderValue { name } => write!(
                formatter,
                "the value of the header `{name}` is of visible ASCII, at most {MAX_VALUE_LENGTH} bytes"
            ),
        }
    }
}

impl Error for EndpointError {}
