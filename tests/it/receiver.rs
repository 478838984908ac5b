//! The extractor of axum, over real sockets.

mod layer;
mod seen;

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use chrono::{TimeDelta, Utc};
use hookwright::receiver::axum::Verified;
use hookwright::{Event, Secret, Signer, Verifier, WebhookObject};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Serialize, Deserialize, WebhookObject)]
struct Person {
    id: String,
    email: String,
}

fn secret() -> Secret {
    Secret::imported("your-secret").expect("a secret")
}

async fn hook(Verified(event): Verified<Event<Person>>) -> (StatusCode, String) {
    let id = event.id().map(ToString::to_string).unwrap_or_default();
    (StatusCode::OK, format!("{} {} {id}", event.name(), event.data().email))
}

async fn serve(verifier: Verifier) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let app = Router::new().route("/hooks", post(hook)).with_state(verifier);
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/hooks")
}

/// A request that is signed now, and may then be spoilt.
struct Request {
    timestamp: String,
    signature: String,
    id: Option<&'static str>,
    body: Vec<u8>,
}

fn signed_at(time: chrono::DateTime<Utc>, body: impl Into<Vec<u8>>) -> Request {
    let body = body.into();
    let timestamp_ms = time.timestamp_millis();
    let signature = Signer::new(&secret()).sign(timestamp_ms, &body).to_string();
    Request { timestamp: timestamp_ms.to_string(), signature, id: None, body }
}

fn signed(body: impl Into<Vec<u8>>) -> Request {
    signed_at(Utc::now(), body)
}

const CREATED: &str = r#"{"event":"person.created","data":{"id":"1","email":"a@example.com"},"timestamp":"2025-02-10T15:30:50Z"}"#;

async fn check(request: Request, status: u16, answer: &str) {
    let url = serve(Verifier::new(&secret())).await;
    check_at(&url, request, status, answer).await;
}

async fn check_at(url: &str, request: Request, status: u16, answer: &str) {
    let mut post = reqwest::Client::new()
        .post(url)
        .header("X-Twenty-Webhook-Timestamp", request.timestamp)
        .header("X-Twenty-Webhook-Signature", request.signature)
        .body(request.body);
    if let Some(id) = request.id {
        post = post.header("webhook-id", id);
    }
    let response = post.send().await.expect("an answer");
    assert_eq!(response.status(), status);
    if status != 200 {
        assert_eq!(response.headers()["content-type"], "application/json");
    }
    assert_eq!(response.text().await.expect("a text"), answer);
}

#[tokio::test]
async fn a_verified_event_reaches_the_handler() {
    check(signed(CREATED), 200, "person.created a@example.com ").await;
    let with_id = Request { id: Some("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk"), ..signed(CREATED) };
    check(with_id, 200, "person.created a@example.com msg_27UH4WbU6Z5A5EzD8u03UvzRbpk").await;
}

#[tokio::test]
async fn a_wrong_signature_is_401() {
    let signature = "0".repeat(64);
    let reason = r#"{"error":"the signature does not match"}"#;
    check(Request { signature, ..signed(CREATED) }, 401, reason).await;
    check(Request { signature: String::new(), ..signed(CREATED) }, 401, reason).await;
    let changed = Request { body: CREATED.replace("a@", "b@").into(), ..signed(CREATED) };
    check(changed, 401, reason).await;
    // What is not verified is not parsed.
    check(Request { body: b"{".into(), ..signed(CREATED) }, 401, reason).await;
}

#[tokio::test]
async fn a_stale_signature_is_401() {
    let old = Utc::now() - TimeDelta::seconds(310);
    check(signed_at(old, CREATED), 401, r#"{"error":"the timestamp is too old"}"#).await;
    let future = Utc::now() + TimeDelta::seconds(310);
    check(signed_at(future, CREATED), 401, r#"{"error":"the timestamp is from the future"}"#).await;
    let malformed = Request { timestamp: "yesterday".into(), ..signed(CREATED) };
    check(malformed, 401, r#"{"error":"the timestamp is malformed"}"#).await;
}

#[tokio::test]
async fn a_missing_header_is_401_and_named() {
    let url = serve(Verifier::new(&secret())).await;
    let response = reqwest::Client::new().post(url).body(CREATED).send().await.expect("an answer");
    assert_eq!(response.status(), 401);
    let answer = response.text().await.expect("a text");
    assert_eq!(answer, r#"{"error":"the header `x-twenty-webhook-timestamp` is missing"}"#);
}

#[tokio::test]
async fn a_body_that_is_no_such_event_is_400() {
    let deep = CREATED.replace(r#""1""#, &"[".repeat(100_000));
    for (body, reason) in [
        ("", "the body is not JSON, at line 1 column 0"),
        ("{", "the body is not JSON, at line 1 column 1"),
        ("[]", "the body is not an event: it is a list, where another type is expected"),
        (
            "{}",
            "the body is not of one format: it has `event`, or `eventName`, or `type`, or `specversion` with `type`",
        ),
        ("\u{0}", "the body is not JSON, at line 1 column 1"),
        (r#"{"event":"person.created"}"#, "the body is not an event: `data` is missing"),
        (&CREATED.replace("person.", "company."), "`company.created` is not read here"),
        (
            &CREATED.replace("person.created", "person"),
            "the body is not an event: `event` has a value that is not taken",
        ),
        (&CREATED.replace(r#""email""#, r#""mail""#), "`person.created`: `data.email` is missing"),
        (
            &CREATED.replace("2025-02-10T15:30:50Z", "yesterday"),
            "the body is not an event: `timestamp` has a value that is not taken",
        ),
        (&deep, "the body is not JSON, at line 1 column 100040"),
    ] {
        let reason = serde_json::json!({ "error": format!("the event is not taken: {reason}") });
        check(signed(body), 400, &reason.to_string()).await;
    }
    let reason = r#"{"error":"the event is not taken: the body is not JSON, at line 1 column 1"}"#;
    check(signed(b"\xff\xfe".as_slice()), 400, reason).await;
    let malformed = Request { id: Some("two words"), ..signed(CREATED) };
    check(malformed, 400, r#"{"error":"the header `webhook-id` is malformed"}"#).await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_before_it_is_verified() {
    let url = serve(Verifier::new(&secret()).body_limit(CREATED.len())).await;
    check_at(&url, signed(CREATED), 200, "person.created a@example.com ").await;
    let reason = format!(r#"{{"error":"the body is over {} bytes"}}"#, CREATED.len());
    check_at(&url, signed(format!("{CREATED} ")), 413, &reason).await;
    let unsigned = Request { signature: String::new(), ..signed(format!("{CREATED} ")) };
    check_at(&url, unsigned, 413, &reason).await;
}

/// The head of a request whose headers are right as far as can be told without its body.
fn head(header: &str) -> String {
    let timestamp = Utc::now().timestamp_millis();
    format!(
        "POST /hooks HTTP/1.1\r\nHost: x\r\n{header}\r\nX-Twenty-Webhook-Timestamp: {timestamp}\r\nX-Twenty-Webhook-Signature: x\r\n\r\n"
    )
}

#[tokio::test]
async fn a_body_that_does_not_end_is_held_up_to_the_limit_only() {
    let url = serve(Verifier::new(&secret())).await;
    let address = url.trim_start_matches("http://").trim_end_matches("/hooks");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = head("Transfer-Encoding: chunked");
    stream.write_all(head.as_bytes()).await.expect("a head");
    let chunk = [b"10000\r\n".as_slice(), &vec![b'x'; 0x10000], b"\r\n"].concat();
    for _ in 0..17 {
        // It may hang up while the last of them are written.
        let _ = stream.write_all(&chunk).await;
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_event() {
    let url = serve(Verifier::new(&secret())).await;
    let address = url.trim_start_matches("http://").trim_end_matches("/hooks");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = head("Content-Length: 100") + "{";
    stream.write_all(head.as_bytes()).await.expect("a head");
    stream.shutdown().await.expect("half a connection");
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut answer));
    read.await.expect("an end").expect("a text");
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn without_the_headers_of_a_signature_no_body_is_waited_for() {
    let url = serve(Verifier::new(&secret())).await;
    let address = url.trim_start_matches("http://").trim_end_matches("/hooks");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = "POST /hooks HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("a head");
    let mut answer = [0; 12];
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_exact(&mut answer));
    read.await.expect("an answer before the body").expect("a connection");
    assert_eq!(&answer, b"HTTP/1.1 401");
}

#[test]
fn an_error_of_receiving_shows_nothing_of_the_body() {
    let now = Utc::now().timestamp_millis();
    let hidden = "iban DE02 1203";
    for body in [
        CREATED.replace("\"a@example.com\"", &format!("{{\"{hidden}\":1}}")),
        CREATED.replace("person.created", hidden),
        format!("{{\"event\":\"person.created\",\"timestamp\":\"{hidden}\"}}"),
        format!("\"{hidden}\""),
    ] {
        let mut headers = http::HeaderMap::new();
        let signature = Signer::new(&secret()).sign(now, body.as_bytes()).to_string();
        headers.insert("x-twenty-webhook-timestamp", now.to_string().parse().expect("digits"));
        headers.insert("x-twenty-webhook-signature", signature.parse().expect("digits"));
        let received: Result<Event<Person>, _> =
            hookwright::receiver::verify(&Verifier::new(&secret()), &headers, body.as_bytes());
        let error = received.map(|_event| ()).expect_err("no such event");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("the body ") || shown.contains("data.email"), "{shown}");
        assert!(!shown.contains("DE02"), "{shown}");
    }
}
