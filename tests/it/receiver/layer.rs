//! The layer of tower, before axum over real sockets and before a service of its own.

use std::convert::Infallible;
use std::future::Ready;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use chrono::Utc;
use hookwright::receiver::VerifiedRequest;
use hookwright::receiver::axum::Verified;
use hookwright::receiver::seen::{SeenIds, SqliteSeenIds};
use hookwright::receiver::tower::VerifyLayer;
use hookwright::{
    Event, EventId, HeaderPrefix, Nonce, ObjectEvent, RawEvent, Signer, Verifier, WebhookEvents,
};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower_layer::Layer;
use tower_service::Service;

use super::{CREATED, Person, secret};

#[derive(WebhookEvents)]
enum CrmEvent {
    Person(ObjectEvent<Person>),
    #[webhook(other)]
    Other(RawEvent),
}

/// What the handler does, and how often it was asked.
#[derive(Clone)]
struct App {
    verifier: Verifier,
    handled: Arc<AtomicUsize>,
    /// Taken in turn, and the last one for ever.
    statuses: Arc<Mutex<Vec<u16>>>,
    gate: Arc<Semaphore>,
}

impl axum::extract::FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

impl App {
    fn new(statuses: &[u16]) -> Self {
        Self {
            verifier: Verifier::new(&secret()),
            handled: Arc::default(),
            statuses: Arc::new(Mutex::new(statuses.to_vec())),
            gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
        }
    }

    fn handled(&self) -> usize {
        self.handled.load(Ordering::SeqCst)
    }

    async fn serve<M: hookwright::receiver::seen::SeenStore>(&self, seen: M) -> String {
        let layer = VerifyLayer::new(self.verifier.clone()).remember(seen);
        let router = Router::new().route("/", post(hook).layer(layer)).with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/")
    }
}

async fn hook(State(app): State<App>, Verified(event): Verified<CrmEvent>) -> (StatusCode, String) {
    app.handled.fetch_add(1, Ordering::SeqCst);
    app.gate.acquire().await.expect("it is never closed").forget();
    let mut statuses = app.statuses.lock().expect("no test panicked");
    let status = if statuses.len() > 1 { statuses.remove(0) } else { statuses[0] };
    let answer = match event {
        CrmEvent::Person(event) => {
            let id = event.id().map(ToString::to_string).unwrap_or_default();
            format!("{} {} {id}", event.name(), event.data().email)
        }
        CrmEvent::Other(event) => format!("{} is not known", event.name()),
    };
    (StatusCode::from_u16(status).expect("a status"), answer)
}

/// A new attempt of an event.
fn attempt(id: &str, body: &str) -> http::HeaderMap {
    let id: EventId = id.parse().expect("an id");
    let now = Utc::now().timestamp_millis();
    let signed = Signer::new(&secret()).headers(&id, now, Nonce::random(), body.as_bytes());
    let mut headers = http::HeaderMap::new();
    signed.insert_into(&mut headers, &HeaderPrefix::default());
    headers.insert("webhook-id", id.to_string().parse().expect("a value"));
    headers
}

async fn send(url: &str, headers: http::HeaderMap, body: &'static str) -> (u16, String) {
    let request = reqwest::Client::new().post(url).headers(headers).body(body);
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.text().await.expect("a text"))
}

async fn send_created(url: &str, id: &str) -> (u16, String) {
    send(url, attempt(id, CREATED), CREATED).await
}

#[tokio::test]
async fn a_repeat_is_acknowledged_and_not_handled() {
    let app = App::new(&[202]);
    let url = app.serve(SeenIds::new()).await;
    let first = send_created(&url, "event-1").await;
    assert_eq!(first, (202, "person.created a@example.com event-1".into()));
    assert_eq!(send_created(&url, "event-1").await, (200, String::new()));
    assert_eq!(app.handled(), 1);
    assert_eq!(send_created(&url, "event-2").await.0, 202);
    let other = r#"{"event":"note.created","data":{},"timestamp":"2025-02-10T15:30:50Z"}"#;
    let answer = send(&url, attempt("event-3", other), other).await;
    assert_eq!(answer, (202, "note.created is not known".into()));
    assert_eq!(app.handled(), 3);
}

#[tokio::test]
async fn what_has_failed_is_handled_when_it_comes_again() {
    let app = App::new(&[500, 302, 410, 204]);
    let directory = std::env::temp_dir().join(format!("hookwright_layer_{}", std::process::id()));
    std::fs::create_dir(&directory).expect("a new directory");
    let path = directory.join("seen.db");
    let seen = SqliteSeenIds::open(path.to_str().expect("ASCII")).await.expect("a file");
    let url = app.serve(seen).await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(send_created(&url, "event-1").await.0);
    }
    std::fs::remove_dir_all(&directory).expect("it is there");
    assert_eq!(statuses, [500, 302, 410, 204, 200, 200]);
    assert_eq!(app.handled(), 4);
}

#[tokio::test]
async fn the_same_request_is_put_off_while_the_first_is_being_handled() {
    let app = App { gate: Arc::new(Semaphore::new(0)), ..App::new(&[204]) };
    let url = app.serve(SeenIds::new()).await;
    let first = tokio::spawn({
        let url = url.clone();
        async move { send_created(&url, "event-1").await }
    });
    while app.handled() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let (status, answer) = send_created(&url, "event-1").await;
    assert_eq!((status, &*answer), (409, r#"{"error":"the same request is being handled"}"#));
    app.gate.add_permits(1);
    assert_eq!(first.await.expect("no panic").0, 204);
    assert_eq!(send_created(&url, "event-1").await.0, 200);
    assert_eq!(app.handled(), 1);
}

#[tokio::test]
async fn a_request_whose_sender_has_gone_is_handled_when_it_comes_again() {
    let app = App { gate: Arc::new(Semaphore::new(0)), ..App::new(&[204]) };
    let url = app.serve(SeenIds::new()).await;
    let request = reqwest::Client::new()
        .post(&url)
        .headers(attempt("event-1", CREATED))
        .timeout(std::time::Duration::from_millis(200))
        .body(CREATED);
    assert!(request.send().await.expect_err("nobody answers").is_timeout());
    let again = tokio::spawn(async move {
        loop {
            match send_created(&url, "event-1").await.0 {
                409 => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
                status => return status,
            }
        }
    });
    while app.handled() < 2 {
        assert!(!again.is_finished(), "it was not handled");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    app.gate.add_permits(1);
    assert_eq!(again.await.expect("no panic"), 204);
}

#[tokio::test]
async fn what_is_not_verified_does_not_reach_the_service() {
    let app = App::new(&[200]);
    let url = app.serve(SeenIds::new()).await;
    let mut unsigned = attempt("event-1", CREATED);
    unsigned.remove("x-twenty-webhook-signature");
    let (status, answer) = send(&url, unsigned, CREATED).await;
    let why = r#"{"error":"the header `x-twenty-webhook-signature` is missing"}"#;
    assert_eq!((status, &*answer), (401, why));
    assert_eq!(send(&url, attempt("event-1", "{}"), CREATED).await.0, 401);
    let mut unnamed = attempt("event-1", CREATED);
    unnamed.insert("webhook-id", "päron".parse().expect("a value"));
    assert_eq!(send(&url, unnamed, CREATED).await.0, 400);
    let short = App { verifier: Verifier::new(&secret()).body_limit(10), ..app.clone() };
    let (status, answer) = send_created(&short.serve(SeenIds::new()).await, "event-1").await;
    assert_eq!((status, &*answer), (413, r#"{"error":"the body is over 10 bytes"}"#));
    assert_eq!(app.handled(), 0);

    // A wrong body is not remembered.
    let wrong =
        r#"{"event":"person.created","data":{"id":"1"},"timestamp":"2025-02-10T15:30:50Z"}"#;
    assert_eq!(send(&url, attempt("event-1", wrong), wrong).await.0, 400);
    assert_eq!(send_created(&url, "event-1").await.0, 200);
    assert_eq!(app.handled(), 1);
}

/// A service that is ready once, and shows what it gets.
#[derive(Clone, Default)]
struct Bare {
    is_ready: bool,
    got: Arc<Mutex<Vec<(Bytes, VerifiedRequest)>>>,
}

impl Service<Request<Full<Bytes>>> for Bare {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "it was not ready");
        let (parts, body) = request.into_parts();
        let mut body = std::pin::pin!(body.collect());
        let mut context = Context::from_waker(std::task::Waker::noop());
        let Poll::Ready(Ok(body)) = body.as_mut().poll(&mut context) else { panic!("all there") };
        let verified = parts.extensions.get::<VerifiedRequest>().expect("the layer put it there");
        self.got.lock().expect("no panic").push((body.to_bytes(), verified.clone()));
        std::future::ready(Ok(Response::new("done".into())))
    }
}

async fn call<S, R>(service: &mut S, headers: http::HeaderMap) -> (u16, Bytes)
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>, Error = Infallible>,
    R: BodyExt<Data = Bytes, Error: std::fmt::Debug>,
{
    std::future::poll_fn(|context| service.poll_ready(context)).await.expect("ready");
    let mut request = Request::new(Full::from(CREATED));
    *request.headers_mut() = headers;
    let response = service.call(request).await.expect("an answer");
    let status = response.status().as_u16();
    (status, response.into_body().collect().await.expect("a body").to_bytes())
}

#[tokio::test]
async fn a_bare_service_gets_the_exact_bytes_and_what_was_verified() {
    let bare = Bare::default();
    let layer = VerifyLayer::new(Verifier::new(&secret())).remember(SeenIds::new());
    let mut service = layer.layer(bare.clone());
    assert_eq!(call(&mut service, attempt("event-1", CREATED)).await, (200, "done".into()));
    assert_eq!(call(&mut service, attempt("event-1", CREATED)).await, (200, Bytes::new()));
    assert_eq!(call(&mut service, http::HeaderMap::new()).await.0, 401);
    let got = bare.got.lock().expect("no panic");
    let [(body, verified)] = &**got else { panic!("{} requests", got.len()) };
    assert_eq!(body, CREATED);
    assert_eq!(verified.event_id().map(ToString::to_string).as_deref(), Some("event-1"));
    let event: Event<Person> = verified.read(body).expect("an event");
    assert_eq!(event.id(), verified.event_id());
    assert_eq!(event.data().email, "a@example.com");
}

#[tokio::test]
async fn without_a_store_every_repeat_is_handled() {
    let bare = Bare::default();
    let mut service = VerifyLayer::new(Verifier::new(&secret())).layer(bare.clone());
    let headers = attempt("event-1", CREATED);
    for _ in 0..2 {
        assert_eq!(call(&mut service, headers.clone()).await, (200, "done".into()));
    }
    assert_eq!(bare.got.lock().expect("no panic").len(), 2);
}
