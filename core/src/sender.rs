//! Sends events over HTTP: one POST, judged by its status.

mod answer;
mod builder;
mod check;
mod client;
mod error;
mod guard;
mod permit;
mod resolve;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::Utc;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::time::{Instant, timeout_at};

use self::answer::Answer;
pub use self::builder::SenderBuilder;
use self::client::Clients;
pub use self::error::{SendError, SenderError};
pub(crate) use self::permit::Permit;
use self::permit::Permitted;
pub use self::resolve::Resolve;
use crate::endpoint::Endpoint;
use crate::event::parts::Parts;
use crate::event::{BodyError, Event, EventData, EventId};
use crate::format::Format;
use crate::retry::{Jitter, RetrySchedule};
use crate::signature::{HeaderPrefix, Nonce, WEBHOOK_ATTEMPT, WEBHOOK_ID};

/// The header of W3C's Trace Context.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What requests say of their sender.
pub(crate) const AGENT: &str = concat!("hookwright/", env!("CARGO_PKG_VERSION"));

/// Sends events to endpoints.
///
/// It keeps connections alive, so that an application makes one and clones it, which is cheap. It
/// runs on Tokio.
/// Redirects are never followed, answers are not decompressed, the environment's proxies are
/// ignored, and of an answer at most 16 KiB are read.
///
/// Addresses of private networks, of this machine and of special purposes are refused, as
/// [`AddressPolicy`](crate::AddressPolicy) says, at each connection: a literal address before it is dialled, every
/// address that a name resolves to, and the address that the connection has in the end.
///
/// # Examples
///
/// ```no_run
/// use hookwright::{Endpoint, Secret, Sender, WebhookObject};
///
/// #[derive(serde::Serialize, WebhookObject)]
/// struct Person {
///     id: String,
///     email: String,
/// }
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new("a secret of 16 bytes or more")?;
/// let endpoint = Endpoint::new("https://example.com/hooks")?.secret(secret);
/// let person = Person { id: "1".into(), email: "alice@example.com".into() };
///
/// let receipt = Sender::new()?.send(&endpoint, &person.created()).await?;
/// println!("{} in {:?}", receipt.status(), receipt.duration());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Sender {
    clients: Arc<Clients>,
    prefix: HeaderPrefix,
    body_limit: usize,
}

impl Sender {
    /// A sender that dials public addresses by `https` only.
    ///
    /// # Errors
    ///
    /// [`SenderError`] when TLS cannot be set up, such as on a machine without root certificates.
    pub fn new() -> Result<Self, SenderError> {
        Self::builder().build()
    }

    /// A sender that is set up by the operator.
    pub fn builder() -> SenderBuilder {
        SenderBuilder::default()
    }

    /// Sends an event once: `Ok` only when the endpoint answered with 200 to 299.
    ///
    /// The body is written at once, so that the event may go before the future does; what its data
    /// borrows must stay. An event that has no id, such as one that was read from a body, is sent
    /// under a new one: give it one by [`Event::with_id`] if it may be sent again.
    ///
    /// # Errors
    ///
    /// [`SendError`] when there is no body, no connection, no answer before the endpoint's
    /// deadline, or one of another status.
    pub fn send<'a, T: EventData>(
        &'a self,
        endpoint: &'a Endpoint,
        event: &Event<T>,
    ) -> impl Future<Output = Result<Receipt, SendError>> + Send + use<'a, T> {
        let message = self.message(endpoint, event);
        async move {
            let message = message.map_err(|error| SendError::body(endpoint, error))?;
            self.post(endpoint, &message, 1, None).await
        }
    }

    /// Sends an event until the endpoint acknowledges it, or the attempts of the schedule have
    /// failed: each time under the same id with the same body, so that a receiver knows a repeat.
    ///
    /// The waits pass in memory: what is under way is lost with the process.
    ///
    /// # Errors
    ///
    /// [`SendError`] of the last attempt, or of one that is not
    /// [retryable](SendError::is_retryable).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use hookwright::{Endpoint, RetrySchedule, Sender, WebhookObject};
    /// # use std::time::Duration;
    /// # #[derive(serde::Serialize, WebhookObject)]
    /// # struct Note { id: u64 }
    /// # async fn example(sender: Sender, endpoint: Endpoint, note: Note) -> Result<(), Box<dyn std::error::Error>> {
    /// let schedule = RetrySchedule::new([1, 5, 25].map(Duration::from_secs));
    /// let receipt = sender.deliver(&endpoint, &note.created(), &schedule).await?;
    /// println!("acknowledged at attempt {}", receipt.attempt());
    /// # Ok(())
    /// # }
    /// ```
    pub fn deliver<'a, T: EventData>(
        &'a self,
        endpoint: &'a Endpoint,
        event: &Event<T>,
        schedule: &'a RetrySchedule,
    ) -> impl Future<Output = Result<Receipt, SendError>> + Send + use<'a, T> {
        let message = self.message(endpoint, event);
        async move {
            let message = message.map_err(|error| SendError::body(endpoint, error))?;
            let mut number = 1;
            loop {
                let error = match self.post(endpoint, &message, number, None).await {
                    Ok(receipt) => return Ok(receipt),
                    Err(error) => error,
                };
                let wait = schedule.wait_after(number, error.retry_after(), Jitter::random());
                match wait {
                    Some(wait) if error.is_retryable() => tokio::time::sleep(wait).await,
                    _ => return Err(error),
                }
                number += 1;
            }
        }
    }

    /// The id and the body of an event, which are the same at every attempt.
    fn message<T: EventData>(
        &self,
        endpoint: &Endpoint,
        event: &Event<T>,
    ) -> Result<Message, BodyError> {
        let format = endpoint.chosen_format();
        if let Format::Documented = format {
            let content_type = HeaderValue::from_static(format.content_type());
            let id = event.id().cloned().unwrap_or_else(|| EventId::at(Utc::now()));
            let body = event.body_within(self.body_limit)?.into_bytes().into();
            return Ok(Message { id, body, content_type, traceparent: None });
        }
        Ok(Message::of_parts(event.parts(self.body_limit)?, endpoint))
    }

    /// The largest body, in bytes.
    #[cfg(feature = "_outbox")]
    pub(crate) fn body_limit(&self) -> usize {
        self.body_limit
    }

    /// Makes one request: the only place that does. With a permit, nothing is dialled or written
    /// that it does not hold for.
    pub(crate) async fn post(
        &self,
        endpoint: &Endpoint,
        message: &Message,
        attempt: usize,
        permit: Option<Permit>,
    ) -> Result<Receipt, SendError> {
        let guard = self.guard(endpoint.url())?;
        let client = self
            .clients
            .get(guard, endpoint.authority())
            .map_err(|error| SendError::client(endpoint, error))?;

        let headers = self.headers(endpoint, message, attempt);
        let mut request = reqwest::Request::new(http::Method::POST, endpoint.url().clone());
        *request.headers_mut() = headers;
        let body = message.body.clone();
        *request.body_mut() = Some(match &permit {
            Some(permit) => {
                reqwest::Body::wrap(Permitted { bytes: Some(body), permit: permit.clone() })
            }
            None => body.into(),
        });

        let start = Instant::now();
        let deadline = start + endpoint.time_limit();
        let executing = timeout_at(deadline, client.execute(request));
        let executed = match permit {
            Some(permit) => permit.over(executing).await,
            None => executing.await,
        };
        let failed = |error: SendError| error.after(start.elapsed());
        let response = match executed {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(failed(SendError::transport(endpoint, error))),
            Err(_elapsed) => return Err(failed(SendError::timeout(endpoint))),
        };
        let mut answer = Answer::of(&response);
        if answer.has_large_head() {
            return Err(failed(SendError::large_head(endpoint)));
        }
        answer.read_body(response, deadline).await;
        let duration = start.elapsed();
        if !answer.status().is_success() {
            return Err(SendError::answered(endpoint, answer).after(duration));
        }
        let (event_id, status) = (message.id.clone(), answer.status());
        Ok(Receipt { event_id, attempt, status, duration, answer: answer.into_body() })
    }

    fn headers(&self, endpoint: &Endpoint, message: &Message, attempt: usize) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(10 + endpoint.headers().len());
        for (name, value) in endpoint.headers() {
            headers.insert(name, value.clone());
        }
        headers.insert(CONTENT_TYPE, message.content_type.clone());
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(WEBHOOK_ID, (&message.id).into());
        headers.insert(WEBHOOK_ATTEMPT, attempt.into());
        if let Some(traceparent) = &message.traceparent {
            headers.insert(TRACEPARENT, traceparent.clone());
        }
        if let Some(signer) = endpoint.signer() {
            let now_ms = Utc::now().timestamp_millis();
            signer
                .headers(&message.id, now_ms, Nonce::random(), &message.body)
                .insert_into(&mut headers, &self.prefix);
        }
        headers
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sender")
            .field("policy", self.clients.policy())
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}

/// What is sent at every attempt.
pub(crate) struct Message {
    pub(crate) id: EventId,
    pub(crate) body: Bytes,
    pub(crate) content_type: HeaderValue,
    /// The trace that the request is part of, by W3C's Trace Context.
    pub(crate) traceparent: Option<HeaderValue>,
}

impl Message {
    /// What an endpoint is sent, in its format.
    pub(crate) fn of_parts(parts: Parts, endpoint: &Endpoint) -> Self {
        let format = endpoint.chosen_format().of_endpoint(endpoint.url().as_str(), None);
        let body = parts.written(&parts.id.to_string()).body(&format);
        let body = body.expect("the time was written when the parts were measured").into();
        let content_type = HeaderValue::from_static(format.content_type());
        Self { id: parts.id, body, content_type, traceparent: None }
    }
}

/// That an endpoint has acknowledged an event.
#[derive(Clone)]
pub struct Receipt {
    event_id: EventId,
    attempt: usize,
    status: StatusCode,
    duration: Duration,
    answer: Vec<u8>,
}

impl Receipt {
    /// The id under which the event was sent.
    pub fn event_id(&self) -> &EventId {
        &self.event_id
    }

    /// Which attempt it was: 1, 2, …
    pub fn attempt(&self) -> usize {
        self.attempt
    }

    /// The status of the answer: 200 to 299.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// From the start of the attempt to the end of the answer.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// The first 2 KiB of the answer's body: whatever the endpoint wrote, to be shown as such.
    pub fn answer(&self) -> &[u8] {
        &self.answer
    }
}

/// Without the answer's body.
impl fmt::Debug for Receipt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Receipt")
            .field("event_id", &self.event_id)
            .field("attempt", &self.attempt)
            .field("status", &self.status)
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}
