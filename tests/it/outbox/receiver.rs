//! A receiver on loopback, for many endpoints: each is a path of its own.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Request, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::fixture::until;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) at: DateTime<Utc>,
}

impl Arrival {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).expect(name).to_str().expect("a text")
    }

    /// The event's id.
    pub(super) fn id(&self) -> String {
        self.header("webhook-id").to_owned()
    }

    pub(super) fn attempt(&self) -> usize {
        self.header("webhook-attempt").parse().expect("a number")
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The event's name.
    pub(super) fn name(&self) -> String {
        self.json()["event"].as_str().expect("a name").to_owned()
    }

    /// The id of the record.
    pub(super) fn object_id(&self) -> String {
        self.json()["data"]["id"].as_str().expect("an id").to_owned()
    }
}

/// Answers as it is told, and logs what arrives.
#[derive(Debug, Clone)]
pub(super) struct Receiver {
    address: SocketAddr,
    log: Arc<Log>,
}

#[derive(Debug, Default)]
struct Log {
    arrivals: Mutex<Vec<Arrival>>,
    /// Requests that are under way, and the most that ever were.
    under_way: Mutex<(usize, usize)>,
}

impl Log {
    fn under_way(&self) -> MutexGuard<'_, (usize, usize)> {
        self.under_way.lock().expect("no test panicked")
    }
}

/// Counts a request for as long as it lives, however it ends.
struct UnderWay(Arc<Log>);

impl UnderWay {
    fn begin(log: &Arc<Log>) -> Self {
        let mut under_way = log.under_way();
        under_way.0 += 1;
        under_way.1 = under_way.1.max(under_way.0);
        Self(log.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way().0 -= 1;
    }
}

impl Receiver {
    /// Answers each request with what `answer` makes of it.
    pub(super) async fn playing<F>(
        answer: impl Fn(Arrival) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Response> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let receiver = Self { address, log: Arc::default() };
        let log = receiver.log.clone();
        let handle = move |request: Request<Body>| {
            let (log, answer) = (log.clone(), answer.clone());
            async move {
                let (head, body) = request.into_parts();
                let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
                let path = head.uri.path().to_owned();
                let arrival = Arrival { path, headers: head.headers, body, at: Utc::now() };
                let _under_way = UnderWay::begin(&log);
                log.arrivals.lock().expect("no test panicked").push(arrival.clone());
                answer(arrival).await
            }
        };
        let router = Router::new().fallback(handle);
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    /// Answers each request at once.
    pub(super) async fn answering(
        answer: impl Fn(&Arrival) -> Response + Clone + Send + Sync + 'static,
    ) -> Self {
        Self::playing(move |arrival| std::future::ready(answer(&arrival))).await
    }

    /// Acknowledges everything.
    pub(super) async fn new() -> Self {
        Self::with_status(200).await
    }

    /// Answers everything with one status.
    pub(super) async fn with_status(code: u16) -> Self {
        Self::answering(move |_| status(code)).await
    }

    /// Answers the attempts of each delivery with these statuses in turn, and with the last one for
    /// ever.
    pub(super) async fn with_statuses(codes: &'static [u16]) -> Self {
        Self::answering(|arrival| {
            status(codes[arrival.attempt().saturating_sub(1).min(codes.len() - 1)])
        })
        .await
    }

    /// Acknowledges each request when the gate lets it pass.
    pub(super) async fn behind(gate: &Arc<Semaphore>) -> Self {
        let gate = gate.clone();
        Self::playing(move |_| {
            let gate = gate.clone();
            async move {
                gate.acquire().await.expect("it is never closed").forget();
                status(200)
            }
        })
        .await
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What has arrived so far.
    pub(super) fn arrivals(&self) -> Vec<Arrival> {
        self.log.arrivals.lock().expect("no test panicked").clone()
    }

    /// What has arrived at one path.
    pub(super) fn arrivals_at(&self, path: &str) -> Vec<Arrival> {
        self.arrivals().into_iter().filter(|arrival| arrival.path == path).collect()
    }

    /// Waits until so many requests have arrived, and gives them.
    pub(super) async fn wait_for(&self, count: usize) -> Vec<Arrival> {
        until(&format!("{count} arrivals"), || async { self.arrivals().len() >= count }).await;
        self.arrivals()
    }

    /// Waits until so many requests have arrived at a path, and gives them.
    pub(super) async fn wait_for_at(&self, path: &str, count: usize) -> Vec<Arrival> {
        let what = format!("{count} arrivals at {path}");
        until(&what, || async { self.arrivals_at(path).len() >= count }).await;
        self.arrivals_at(path)
    }

    /// How many requests are under way.
    pub(super) fn under_way(&self) -> usize {
        self.log.under_way().0
    }

    /// How many requests were under way at once.
    pub(super) fn most_under_way(&self) -> usize {
        self.log.under_way().1
    }
}

/// An answer of a status and nothing else.
pub(super) fn status(code: u16) -> Response {
    let status = StatusCode::from_u16(code).expect("a status");
    Response::builder().status(status).body(Body::empty()).expect("a response")
}

/// An answer of a status with a header.
pub(super) fn status_with(code: u16, name: &str, value: &str) -> Response {
    let mut response = status(code);
    let name = http::HeaderName::try_from(name).expect("a name");
    response.headers_mut().insert(name, value.parse().expect("a value"));
    response
}
