//! A receiver as it should be: it verifies the raw body, answers at once, and works afterwards.
//!
//! What it has answered and not yet worked on is in memory only. A receiver that must not lose it
//! stores the event before it answers, under its id, so that a repeat is known.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hookwright::receiver::seen::{Seen, SeenIds, SeenStore};
use hookwright::receiver::{self, ReceiveError};
use hookwright::{Event, ObjectEvent, ReadEvent, Verifier, WebhookEvents};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::model::{Company, Deal, DealWon, Note, Person, Task};

/// How many events wait to be worked on before the sender is told to come again later.
const QUEUE: usize = 1024;

/// Every event that is handled here.
#[derive(Debug, WebhookEvents)]
pub enum CrmEvent {
    /// Of a person.
    Person(ObjectEvent<Person>),
    /// Of a company.
    Company(ObjectEvent<Company>),
    /// Of a note.
    Note(ObjectEvent<Note>),
    /// Of a task.
    Task(ObjectEvent<Task>),
    /// Of an opportunity.
    Deal(ObjectEvent<Deal>),
    /// That an opportunity was won.
    Won(Event<DealWon>),
}

/// The event and the record's id, but nothing of its data.
impl fmt::Display for CrmEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = match self {
            Self::Person(event) => event.object_id(),
            Self::Company(event) => event.object_id(),
            Self::Note(event) => event.object_id(),
            Self::Task(event) => event.object_id(),
            Self::Deal(event) => event.object_id(),
            Self::Won(event) => event.object_id(),
        };
        write!(formatter, "{} {id}", self.name())
    }
}

/// How many requests came, and how many of them were the sender's.
#[derive(Debug, Default)]
pub struct Counts {
    received: AtomicUsize,
    verified: AtomicUsize,
    repeated: AtomicUsize,
}

impl Counts {
    /// All requests.
    pub fn received(&self) -> usize {
        self.received.load(Ordering::Relaxed)
    }

    /// Those whose signature and event were right.
    pub fn verified(&self) -> usize {
        self.verified.load(Ordering::Relaxed)
    }

    /// Those of events that had been taken before.
    pub fn repeated(&self) -> usize {
        self.repeated.load(Ordering::Relaxed)
    }
}

#[derive(Clone)]
struct App {
    verifier: Verifier,
    queue: mpsc::Sender<CrmEvent>,
    counts: Arc<Counts>,
    /// Delivery is at least once: what has come before is acknowledged, and not worked on again.
    seen: SeenIds,
}

/// A receiver that listens, but does not serve yet.
#[derive(Debug)]
pub struct Receiver {
    listener: TcpListener,
    address: SocketAddr,
    counts: Arc<Counts>,
}

impl Receiver {
    /// Listens on loopback; on a free port when `port` is 0.
    ///
    /// # Errors
    ///
    /// The system's, such as when the port is taken.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, counts: Arc::default() })
    }

    /// The URL to send events to.
    pub fn url(&self) -> String {
        format!("http://{}/hooks", self.address)
    }

    /// What has come so far.
    pub fn counts(&self) -> Arc<Counts> {
        self.counts.clone()
    }

    /// Serves for ever, and hands each event to `work` after its sender has been answered.
    ///
    /// # Errors
    ///
    /// The system's.
    pub async fn serve(
        self,
        verifier: Verifier,
        work: impl Fn(CrmEvent) + Send + 'static,
    ) -> io::Result<()> {
        let (queue, mut waiting) = mpsc::channel(QUEUE);
        tokio::spawn(async move {
            while let Some(event) = waiting.recv().await {
                work(event);
            }
        });
        let app = App { verifier, queue, counts: self.counts, seen: SeenIds::new() };
        let router = Router::new().route("/hooks", post(hook)).with_state(app);
        axum::serve(self.listener, router).await
    }
}

async fn hook(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    app.counts.received.fetch_add(1, Ordering::Relaxed);
    match take(&app, &headers, &body).await {
        Ok(status) => status.into_response(),
        Err(error) => error.into_response(),
    }
}

async fn take(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<StatusCode, ReceiveError> {
    let request = receiver::verify_request(&app.verifier, headers, body)?;
    let event = request.read(body)?;
    app.counts.verified.fetch_add(1, Ordering::Relaxed);
    let handling = match app.seen.begin(&request).await {
        Ok(Seen::New(handling)) => handling,
        Ok(Seen::Handled) => {
            app.counts.repeated.fetch_add(1, Ordering::Relaxed);
            return Ok(StatusCode::OK);
        }
        Ok(Seen::UnderWay) => return Ok(StatusCode::CONFLICT),
        Err(_) => return Ok(StatusCode::SERVICE_UNAVAILABLE),
    };
    if app.queue.try_send(event).is_err() {
        // Full, or closed. What was not taken is not remembered, so that it comes again.
        return Ok(StatusCode::SERVICE_UNAVAILABLE);
    }
    // Taken, whether or not that can be remembered.
    let _ = handling.handled().await;
    Ok(StatusCode::NO_CONTENT)
}
