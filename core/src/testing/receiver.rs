use std::collections::VecDeque;
use std::fmt::Write;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::connection::{Arrived, Connection};
use crate::endpoint::Endpoint;
use crate::event::ReadEvent;
use crate::outbox::EndpointSettings;
use crate::receiver::{ReceiveError, VerifiedRequest, Verifier, verify_request};
use crate::signature::Secret;

/// How long requests are waited for that nobody makes.
const NEVER: Duration = Duration::from_secs(30);

/// A receiver on loopback that answers as it is told, and keeps what arrives.
///
/// It acknowledges everything with 200 unless told otherwise, has a secret of its own, and ends when
/// the last clone is dropped.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use hookwright::testing::{Reply, TestReceiver};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let receiver = TestReceiver::start().await;
/// receiver.reply([
///     Reply::status(500),
///     Reply::status(503).retry_after(Duration::from_mins(10)),
///     Reply::status(200).after(Duration::from_millis(50)),
///     Reply::reset(),
/// ]);
/// receiver.reply_always(Reply::status(204));
/// let settings = receiver.settings();
/// # assert_eq!(settings.url().path(), "/");
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TestReceiver {
    address: SocketAddr,
    secret: Secret,
    shared: Arc<Shared>,
    _task: Arc<Task>,
}

#[derive(Debug)]
struct Shared {
    verifier: Verifier,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    replies: VecDeque<Reply>,
    always: Reply,
    requests: Vec<ReceivedRequest>,
}

/// Ends with the last of the receivers that hold it.
#[derive(Debug)]
struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a receiver does with one request.
#[derive(Debug, Clone)]
#[must_use]
pub struct Reply {
    /// `None` resets the connection.
    status: Option<StatusCode>,
    headers: HeaderMap,
    body: Bytes,
    after: Duration,
}

impl Reply {
    /// Answers with a status.
    ///
    /// # Panics
    ///
    /// When it is not of 200 to 999, which are answers.
    pub fn status(code: u16) -> Self {
        let status = StatusCode::from_u16(code).ok().filter(|status| status.as_u16() >= 200);
        let status = status.unwrap_or_else(|| panic!("{code} is not the status of an answer"));
        Self { status: Some(status), ..Self::reset() }
    }

    /// Resets the connection in place of an answer.
    pub fn reset() -> Self {
        Self { status: None, headers: HeaderMap::new(), body: Bytes::new(), after: Duration::ZERO }
    }

    /// Asks by `Retry-After` to be left alone for so many seconds, rounded up.
    pub fn retry_after(self, time: Duration) -> Self {
        let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        self.header("retry-after", &seconds.to_string())
    }

    /// Adds a header to the answer.
    ///
    /// # Panics
    ///
    /// When the name or the value is not one of HTTP.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("the name of a header");
        self.headers.append(name, HeaderValue::from_str(value).expect("the value of a header"));
        self
    }

    /// Sets the body of the answer.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Waits so long before: real time, as an attempt's deadline is.
    pub fn after(mut self, time: Duration) -> Self {
        self.after = time;
        self
    }

    /// The bytes of the answer; `None` for a reset.
    fn written(&self) -> Option<Vec<u8>> {
        let status = self.status?;
        let mut head = format!("HTTP/1.1 {status}\r\n");
        let has_body = status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED;
        if has_body {
            write!(head, "content-length: {}\r\n", self.body.len()).expect("a String takes it");
        }
        let mut bytes = head.into_bytes();
        for (name, value) in &self.headers {
            bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        if has_body {
            bytes.extend(&self.body);
        }
        Some(bytes)
    }
}

impl TestReceiver {
    /// A receiver with a new secret of `whsec_`, so that requests are signed both ways.
    ///
    /// # Panics
    ///
    /// When no port of loopback is free.
    pub async fn start() -> Self {
        Self::with_secret(Secret::generate()).await
    }

    /// A receiver with a secret of the test's own.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub async fn with_secret(secret: Secret) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port of loopback is free");
        let address = listener.local_addr().expect("it has an address");
        let state =
            State { replies: VecDeque::new(), always: Reply::status(200), requests: Vec::new() };
        let verifier = Verifier::new(&secret);
        let shared = Arc::new(Shared { verifier, state: Mutex::new(state) });
        let serving = shared.clone();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, serving.clone()));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, secret, shared, _task: Arc::new(Task(task.abort_handle())) }
    }

    /// The URL of a path that begins with `/`: each is answered alike.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The secret that requests are to be signed with.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The endpoint of an outbox that this receiver is, at `/`.
    ///
    /// # Panics
    ///
    /// Never: the URL is one.
    pub fn settings(&self) -> EndpointSettings {
        let settings = EndpointSettings::new(&self.url("/")).expect("an address of loopback");
        settings.secret(self.secret.clone())
    }

    /// The endpoint of a [`Sender`](crate::Sender) that this receiver is, at `/`.
    ///
    /// # Panics
    ///
    /// Never: the URL is one.
    pub fn endpoint(&self) -> Endpoint {
        let endpoint = Endpoint::new(&self.url("/")).expect("an address of loopback");
        endpoint.secret(self.secret.clone())
    }

    /// Answers the next requests so, in this order, after those that were told before.
    pub fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.state().replies.extend(replies);
    }

    /// Answers so when no other reply is left.
    pub fn reply_always(&self, reply: Reply) {
        self.shared.state().always = reply;
    }

    /// What has arrived, in order.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.shared.state().requests.clone()
    }

    /// Waits until so many requests have arrived, and gives them.
    ///
    /// # Panics
    ///
    /// When they do not arrive within half a minute.
    pub async fn wait_for(&self, count: usize) -> Vec<ReceivedRequest> {
        let start = Instant::now();
        loop {
            let requests = self.requests();
            if requests.len() >= count {
                return requests;
            }
            let arrived = requests.len();
            assert!(start.elapsed() < NEVER, "{arrived} of {count} requests have arrived");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Answers the requests of a connection.
async fn serve(stream: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    let mut connection = Connection::new(stream);
    while let Some(arrived) = connection.read().await? {
        let request = ReceivedRequest::new(arrived, &shared.verifier);
        let reply = {
            let mut state = shared.state();
            state.requests.push(request);
            state.replies.pop_front().unwrap_or_else(|| state.always.clone())
        };
        tokio::time::sleep(reply.after).await;
        match reply.written() {
            Some(bytes) => connection.write(&bytes).await?,
            None => return connection.reset(),
        }
    }
    Ok(())
}

/// A request as it arrived, and whether it was verified.
#[derive(Debug, Clone)]
pub struct ReceivedRequest {
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Bytes,
    at: DateTime<Utc>,
    verdict: Result<VerifiedRequest, ReceiveError>,
}

impl ReceivedRequest {
    fn new(arrived: Arrived, verifier: &Verifier) -> Self {
        let Arrived { method, target, headers, body } = arrived;
        let verdict = verify_request(verifier, &headers, &body);
        Self { method, target, headers, body, at: Utc::now(), verdict }
    }

    /// The method: `POST` of ours.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path and the query.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The text of a header; an empty one when it is not there, or is no text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The exact bytes of the body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// When it arrived, by the machine's clock.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// Which attempt it was, by the header `webhook-attempt`.
    pub fn attempt(&self) -> Option<usize> {
        self.header("webhook-attempt").parse().ok()
    }

    /// What the receiver's verifier said as it arrived.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`] when it was not verified.
    pub fn verdict(&self) -> Result<&VerifiedRequest, &ReceiveError> {
        self.verdict.as_ref()
    }

    /// Whether it was signed with the receiver's secret, at the time that it was.
    pub fn is_verified(&self) -> bool {
        self.verdict.is_ok()
    }

    /// Reads the event, as a receiver does.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`] when it was not verified, and when it is another event.
    pub fn read<E: ReadEvent>(&self) -> Result<E, ReceiveError> {
        self.verdict.as_ref().map_err(Clone::clone)?.read(&self.body)
    }
}
