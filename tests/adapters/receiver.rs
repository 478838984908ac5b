//! A receiver on loopback, which keeps what it is sent.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bytes::Bytes;
use hookwright::{Secret, Verifier};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// After which a test fails that would wait for ever.
const LIMIT: Duration = Duration::from_secs(30);

type Request = (HeaderMap, Bytes);

pub(crate) struct Receiver {
    url: String,
    requests: UnboundedReceiver<Request>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hooks", listener.local_addr().expect("an address"));
        let (sender, requests) = unbounded_channel();
        let router = Router::new().route("/hooks", post(keep)).with_state(sender);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, requests }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Waits for the next request, verifies it, and gives its event's id and its body.
    pub(crate) async fn next_verified(&mut self, secret: &Secret) -> (String, Vec<u8>) {
        let request = timeout(LIMIT, self.requests.recv()).await.expect("a request in time");
        let (headers, body) = request.expect("a server that runs");
        Verifier::new(secret).verify(&headers, &body).expect("a right signature");
        let id = headers["webhook-id"].to_str().expect("a text").to_owned();
        (id, body.to_vec())
    }

    /// Whether every request was taken.
    pub(crate) fn is_idle(&self) -> bool {
        self.requests.is_empty()
    }
}

async fn keep(
    State(requests): State<UnboundedSender<Request>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    match requests.send((headers, body)) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_closed) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
