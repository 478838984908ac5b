//! What holds for every request.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header, uri};

use crate::console::Console;
use crate::problem::Problem;

/// Nothing from elsewhere is loaded, run, or sent to; nobody else shows the page in a frame.
const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// What is asked by whoever knows an address alone, such as a probe of Kubernetes: it tells nothing
/// that a page elsewhere may not know.
const PROBES: [&str; 2] = ["/health/live", "/health/ready"];

/// Refuses requests that were meant for another name: of a page that had its own name lead here.
pub(crate) async fn check_host(
    State(console): State<Arc<Console>>,
    request: Request,
    next: Next,
) -> Response {
    if PROBES.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = header.or_else(|| request.uri().authority().map(uri::Authority::as_str));
    let is_known = authority
        .and_then(|authority| authority.parse::<uri::Authority>().ok())
        .is_some_and(|authority| is_of(&console, authority.host()));
    if is_known {
        return next.run(request).await;
    }
    let detail = "the Host header names another server: add the name with --host or Console::host";
    Problem::new(StatusCode::MISDIRECTED_REQUEST, detail).into_response()
}

fn is_of(console: &Console, host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    host == "localhost"
        || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        || console.hosts.contains(&host)
}

/// Adds what browsers and caches are told.
pub(crate) async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
