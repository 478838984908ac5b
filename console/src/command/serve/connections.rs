//! Who connects has a limited time: a stranger without a key could hold connections otherwise.

use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::map_request;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::time::Sleep;

/// How long who connects may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For the handshake of TLS, and for the head of a request, from the time on at which it is
    /// waited for.
    pub(super) head: Duration,
    /// For the body of a request, all of it.
    pub(super) body: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head: Duration::from_secs(10), body: Duration::from_secs(30) }
    }
}

/// Serves HTTP/1.1, until the handle ends it.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    router: Router,
    handle: axum_server::Handle<SocketAddr>,
    limits: Limits,
) -> std::io::Result<()> {
    let timed = move |request: Request| std::future::ready(within(limits.body, request));
    let service = router.layer(map_request(timed));
    let service = service.into_make_service_with_connect_info::<SocketAddr>();
    let mut server = axum_server::from_tcp(listener)?.handle(handle);
    limit_head(server.http_builder(), limits.head);
    // By one version alone: while it is still to be told which one is spoken, no time counts.
    match tls {
        Some(tls) => {
            offer_one_version(&tls);
            let acceptor = RustlsAcceptor::new(tls).handshake_timeout(limits.head);
            server.acceptor(acceptor).http1_only().serve(service).await
        }
        None => server.http1_only().serve(service).await,
    }
}

fn limit_head(http: &mut Builder<TokioExecutor>, limit: Duration) {
    http.http1().timer(TokioTimer::new()).header_read_timeout(limit);
}

/// Does not offer HTTP/2 to who asks by TLS.
fn offer_one_version(tls: &RustlsConfig) {
    let mut config = (*tls.get_inner()).clone();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    tls.reload_from_config(Arc::new(config));
}

/// The request with a body that fails when it takes longer.
fn within(limit: Duration, request: Request) -> Request {
    request.map(|body| Body::new(TimedBody { body, deadline: Box::pin(tokio::time::sleep(limit)) }))
}

/// A body that fails when the deadline is over.
struct TimedBody {
    body: Body,
    deadline: Pin<Box<Sleep>>,
}

impl http_body::Body for TimedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(axum::Error::new("the body took too long to come"))));
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use axum::routing::post;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(400);
    /// Far above the limit, and below those that hold for a server.
    const PATIENCE: Duration = Duration::from_secs(5);

    fn start(tls: Option<RustlsConfig>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", post(|body: String| async move { body }));
        let limits = Limits { head: LIMIT, body: LIMIT };
        tokio::spawn(serve(listener, tls, router, axum_server::Handle::new(), limits));
        address
    }

    /// What is answered to these bytes until the connection ends, a few more coming all the time.
    async fn answered(address: SocketAddr, bytes: &str, drip: &str) -> String {
        let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
        writer.write_all(bytes.as_bytes()).await.unwrap();
        let dripping = async {
            loop {
                tokio::time::sleep(LIMIT / 4).await;
                // It may have been closed.
                let _ = writer.write_all(drip.as_bytes()).await;
            }
        };
        let mut answer = Vec::new();
        let begun = Instant::now();
        tokio::select! {
            () = dripping => {}
            // A reset is an end too.
            _ = tokio::time::timeout(PATIENCE, reader.read_to_end(&mut answer)) => {}
        }
        assert!(begun.elapsed() < PATIENCE, "{bytes:?} with {drip:?} holds the connection");
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn who_is_slow_to_ask_is_cut_off() {
        let address = start(None);
        let head = "GET / HTTP/1.1\r\nHost: localhost\r\n";
        for (bytes, drip) in [("", ""), ("PRI * HTT", ""), (head, ""), (head, "A: b\r\n")] {
            answered(address, bytes, drip).await;
        }
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let address = start(None);
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n";
        for drip in ["", "a"] {
            let answer = answered(address, head, drip).await;
            assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        }
        let chunked = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
        let answer = answered(address, chunked, "1\r\na\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }

    #[tokio::test]
    async fn what_comes_in_time_is_answered() {
        let address = start(None);
        let request = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nab";
        let answer = answered(address, request, "c").await;
        assert!(answer.ends_with("\r\n\r\nabcc"), "{answer}");
    }

    #[tokio::test]
    async fn who_is_slow_by_tls_is_cut_off_and_http_2_is_not_offered() {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = made.signing_key.serialize_pem().into_bytes();
        let certificate = made.cert.pem().into_bytes();
        let tls = RustlsConfig::from_pem(certificate, key).await.unwrap();
        let address = start(Some(tls.clone()));
        answered(address, "", "").await;
        // The beginning of a hello.
        answered(address, "\u{16}\u{3}\u{1}\u{2}", "").await;
        assert_eq!(tls.get_inner().alpn_protocols, [b"http/1.1"]);
    }
}
