use std::error::Error;
use std::fmt;
use std::time::Duration;

use http::StatusCode;
use url::Url;

use super::answer::Answer;
use super::permit::Withdrawn;
use crate::address::RefusedAddress;
use crate::endpoint::Endpoint;
use crate::event::{Body, BodyError};

type BoxError = Box<dyn Error + Send + Sync>;

/// Why an event was not acknowledged.
///
/// Of the URL the text has the host only, and never a secret or a body.
pub struct SendError {
    host: Box<str>,
    kind: Kind,
    duration: Option<Duration>,
}

enum Kind {
    /// The event has no body, so that nothing was sent.
    Body(BodyError),
    /// The URL itself has the address.
    RefusedLiteral(RefusedAddress),
    /// A name led to the address, which another look-up may not.
    RefusedAnswer(BoxError),
    /// No address of the name can be allowed.
    RefusedName(PlainName),
    Client(SenderError),
    Connect(BoxError),
    Transport(BoxError),
    Timeout(Option<BoxError>),
    LargeHead,
    Status(Answer),
    Withdrawn(Withdrawn),
}

impl SendError {
    pub(crate) fn body(endpoint: &Endpoint, error: BodyError) -> Self {
        Self::new(endpoint, Kind::Body(error))
    }

    pub(super) fn refused_literal(url: &Url, refused: RefusedAddress) -> Self {
        Self::of_host(url.host_str().unwrap_or_default(), Kind::RefusedLiteral(refused))
    }

    pub(super) fn refused_name(host: &str) -> Self {
        Self::of_host(host, Kind::RefusedName(PlainName(host.into())))
    }

    pub(super) fn client(endpoint: &Endpoint, error: SenderError) -> Self {
        Self::new(endpoint, Kind::Client(error))
    }

    pub(super) fn timeout(endpoint: &Endpoint) -> Self {
        Self::new(endpoint, Kind::Timeout(None))
    }

    pub(super) fn large_head(endpoint: &Endpoint) -> Self {
        Self::new(endpoint, Kind::LargeHead)
    }

    pub(super) fn answered(endpoint: &Endpoint, answer: Answer) -> Self {
        Self::new(endpoint, Kind::Status(answer))
    }

    /// Sorts what the HTTP client said.
    pub(super) fn transport(endpoint: &Endpoint, error: reqwest::Error) -> Self {
        let error = error.without_url();
        if let Some(withdrawn) = find::<Withdrawn>(&error) {
            return Self::new(endpoint, Kind::Withdrawn(*withdrawn));
        }
        let kind = if find::<RefusedAddress>(&error).is_some() {
            Kind::RefusedAnswer
        } else if error.is_timeout() {
            |error| Kind::Timeout(Some(error))
        } else if error.is_connect() {
            Kind::Connect
        } else {
            Kind::Transport
        };
        Self::new(endpoint, kind(error.into()))
    }

    fn new(endpoint: &Endpoint, kind: Kind) -> Self {
        Self::of_host(endpoint.host(), kind)
    }

    fn of_host(host: &str, kind: Kind) -> Self {
        Self { host: host.into(), kind, duration: None }
    }

    /// The same error, with how long the attempt took.
    pub(super) fn after(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// The host of the endpoint.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the permit to send had ended, before anything was written.
    #[cfg(feature = "_outbox")]
    pub(crate) fn is_withdrawn(&self) -> bool {
        matches!(self.kind, Kind::Withdrawn(_))
    }

    /// Whether the endpoint did not answer in time.
    pub fn is_timeout(&self) -> bool {
        matches!(self.kind, Kind::Timeout(_))
    }

    /// Whether the operator does not allow the address, which [`source`](Error::source) tells.
    pub fn is_refused_address(&self) -> bool {
        matches!(self.kind, Kind::RefusedLiteral(_) | Kind::RefusedAnswer(_) | Kind::RefusedName(_))
    }

    /// The status of the answer, when there was one and it was not of 200 to 299.
    pub fn status(&self) -> Option<StatusCode> {
        match &self.kind {
            Kind::Status(answer) => Some(answer.status()),
            _ => None,
        }
    }

    /// How long the endpoint asks to be left alone, by the header `Retry-After` of a 429 or 503: at
    /// most a day.
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.kind {
            Kind::Status(answer) => answer.retry_after(),
            _ => None,
        }
    }

    /// The first 2 KiB of the answer's body: whatever the endpoint wrote, to be shown as such.
    pub fn answer(&self) -> &[u8] {
        match &self.kind {
            Kind::Status(answer) => answer.body(),
            _ => &[],
        }
    }

    /// Where the answer redirects to, when it is of 300 to 399. It is never followed.
    pub fn location(&self) -> Option<&str> {
        match &self.kind {
            Kind::Status(answer) => answer.location(),
            _ => None,
        }
    }

    /// How long the attempt took; `None` when it was given up before anything was dialled.
    pub fn duration(&self) -> Option<Duration> {
        self.duration
    }

    /// What kind of failure it is, in a word or two that never change.
    pub fn class(&self) -> &'static str {
        match self.kind {
            Kind::Body(_) => "body",
            Kind::RefusedLiteral(_) | Kind::RefusedAnswer(_) | Kind::RefusedName(_) => {
                "refused address"
            }
            Kind::Client(_) => "client",
            Kind::Connect(_) => "connect",
            Kind::Transport(_) => "transport",
            Kind::Timeout(_) => "timeout",
            Kind::LargeHead => "large head",
            Kind::Status(_) => "status",
            Kind::Withdrawn(_) => "withdrawn",
        }
    }

    /// Whether the same event may be taken at another attempt.
    ///
    /// It will not when it has no body, when the URL has an address that is refused, and when the
    /// endpoint is gone (410).
    pub fn is_retryable(&self) -> bool {
        match &self.kind {
            Kind::Body(_) | Kind::RefusedLiteral(_) | Kind::RefusedName(_) => false,
            Kind::Status(answer) => answer.status() != StatusCode::GONE,
            Kind::RefusedAnswer(_)
            | Kind::Client(_)
            | Kind::Connect(_)
            | Kind::Transport(_)
            | Kind::Timeout(_)
            | Kind::LargeHead
            | Kind::Withdrawn(_) => true,
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match &self.kind {
            Kind::Body(_) | Kind::Withdrawn(_) => {
                write!(formatter, "nothing was sent to {host}")
            }
            Kind::RefusedLiteral(_) | Kind::RefusedAnswer(_) | Kind::RefusedName(_) => {
                write!(formatter, "the address of {host} is refused")
            }
            Kind::Client(_) => write!(formatter, "no request to {host} can be made"),
            Kind::Connect(_) => write!(formatter, "no connection to {host}"),
            Kind::Transport(_) => write!(formatter, "the connection to {host} broke"),
            Kind::Timeout(_) => write!(formatter, "{host} did not answer in time"),
            Kind::LargeHead => {
                write!(formatter, "the head of the answer of {host} is too large")
            }
            Kind::Status(answer) => write!(formatter, "{host} answered {}", answer.status()),
        }
    }
}

impl fmt::Debug for SendError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("SendError");
        debug.field("message", &self.to_string());
        if let Some(source) = self.source() {
            debug.field("source", &source);
        }
        debug.finish()
    }
}

impl Error for SendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            Kind::Body(error) => Some(error),
            Kind::RefusedLiteral(refused) => Some(refused),
            Kind::RefusedAnswer(error) => {
                find::<RefusedAddress>(&**error).map(|refused| refused as _)
            }
            Kind::RefusedName(refused) => Some(refused),
            Kind::Client(error) => Some(error),
            Kind::Withdrawn(withdrawn) => Some(withdrawn),
            Kind::Connect(error) | Kind::Transport(error) | Kind::Timeout(Some(error)) => {
                Some(&**error)
            }
            Kind::Timeout(None) | Kind::LargeHead | Kind::Status(_) => None,
        }
    }
}

/// A name that is to be dialled by plain http, where no network is allowed.
#[derive(Debug)]
struct PlainName(Box<str>);

impl fmt::Display for PlainName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} is not an allowed host, and plain http:// is only for those: use https://",
            self.0
        )
    }
}

impl Error for PlainName {}

/// The first error of a type, from `error` down its sources.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source())
        .find_map(|error| error.downcast_ref())
}

/// Why a sender cannot be made.
#[derive(Debug)]
pub struct SenderError(SetUp);

#[derive(Debug)]
enum SetUp {
    Tls(reqwest::Error),
    BodyLimit(usize),
}

impl SenderError {
    pub(super) fn tls(error: reqwest::Error) -> Self {
        Self(SetUp::Tls(error))
    }

    pub(super) fn body_limit(bytes: usize) -> Self {
        Self(SetUp::BodyLimit(bytes))
    }
}

impl fmt::Display for SenderError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            SetUp::Tls(_) => formatter.write_str(
                "TLS cannot be set up: are root certificates installed? (Debian's package is ca-certificates)",
            ),
            SetUp::BodyLimit(bytes) => write!(
                formatter,
                "a body limit of {bytes} bytes is over the highest, {} bytes",
                Body::MAX_LIMIT
            ),
        }
    }
}

impl Error for SenderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            SetUp::Tls(error) => Some(error),
            SetUp::BodyLimit(_) => None,
        }
    }
}
