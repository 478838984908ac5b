//! One attempt that is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use http::HeaderValue;
use tokio::sync::mpsc::UnboundedSender;
use tracing::{Instrument, field};

use crate::endpoint::Endpoint;
use crate::event::EventId;
use crate::outbox::EndpointId;
use crate::outbox::queue::Claimed;
use crate::sender::{Message, Receipt, SendError, Sender};

/// What came of a claim.
pub(super) struct Landed {
    pub(super) claimed: Claimed,
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
}

pub(super) enum Outcome {
    Sent(Result<Receipt, SendError>),
    /// It was not dialled, since the lease may have been lost.
    NotDialled,
    /// The request was broken off, or its task died.
    BrokenOff,
}

/// Holds a slot, which is free when this is dropped, however that comes about.
struct Slot {
    claimed: Option<Claimed>,
    outcome: Outcome,
    start: Instant,
    landed: UnboundedSender<Landed>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(claimed) = self.claimed.take() {
            let outcome = std::mem::replace(&mut self.outcome, Outcome::BrokenOff);
            // Nobody is there when the dispatcher has ended: its leases run out.
            let _ = self.landed.send(Landed { claimed, outcome, took: self.start.elapsed() });
        }
    }
}

/// When leases were last known to be held: the start of the claim, or of the last heartbeat that the
/// database acknowledged.
///
/// Two clocks are asked, since one of them stands still while the machine sleeps, and the other can
/// be set.
#[derive(Debug, Clone)]
pub(super) struct Held {
    since: Instant,
    since_by_clock: SystemTime,
    heartbeat: Arc<Heartbeat>,
}

/// The last heartbeat that was acknowledged, in milliseconds from the start.
#[derive(Debug)]
pub(super) struct Heartbeat {
    start: Instant,
    start_by_clock: SystemTime,
    acknowledged: AtomicU64,
    /// After this time without one nothing is dialled: three quarters of the lease.
    patience: Duration,
}

impl Heartbeat {
    pub(super) fn new(lease: Duration) -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            start_by_clock: SystemTime::now(),
            acknowledged: AtomicU64::new(0),
            patience: lease / 4 * 3,
        })
    }

    /// A claim, or a heartbeat, that begins now.
    pub(super) fn begin(self: &Arc<Self>) -> Held {
        Held { since: Instant::now(), since_by_clock: SystemTime::now(), heartbeat: self.clone() }
    }
}

impl Held {
    /// The database has confirmed the heartbeat that began here.
    pub(super) fn acknowledge(&self) {
        let since = self.since.duration_since(self.heartbeat.start).as_millis();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        self.heartbeat.acknowledged.fetch_max(since, Ordering::Relaxed);
    }

    /// Whether the lease is surely held still.
    fn is_sure(&self) -> bool {
        let heartbeat = &self.heartbeat;
        let acknowledged = Duration::from_millis(heartbeat.acknowledged.load(Ordering::Relaxed));
        let last = self.since.max(heartbeat.start + acknowledged);
        let last_by_clock = self.since_by_clock.max(heartbeat.start_by_clock + acknowledged);
        let by_clock = SystemTime::now().duration_since(last_by_clock).unwrap_or_default();
        last.elapsed() < heartbeat.patience && by_clock < heartbeat.patience
    }
}

/// Sends a claimed delivery.
pub(super) async fn fly(
    sender: Sender,
    endpoint: Arc<Endpoint>,
    endpoint_id: EndpointId,
    claimed: Claimed,
    held: Held,
    landed: UnboundedSender<Landed>,
) {
    let attempt = claimed.attempt;
    let message = message(&claimed);
    let span = tracing::info_span!(
        "hookwright.attempt",
        event.id = %claimed.message.event_id,
        event.name = %format_args!("{}.{}", claimed.object, claimed.operation),
        endpoint.id = %endpoint_id,
        endpoint.host = endpoint.host(),
        attempt,
        status = field::Empty,
        error = field::Empty,
    );
    let mut slot =
        Slot { claimed: Some(claimed), outcome: Outcome::BrokenOff, start: Instant::now(), landed };
    let Some(message) = message else {
        // An id that no sender of ours wrote: it is logged as broken off, and runs out of attempts.
        return;
    };
    if !held.is_sure() {
        slot.outcome = Outcome::NotDialled;
        return;
    }
    let result = sender.post(&endpoint, &message, attempt).instrument(span.clone()).await;
    match &result {
        Ok(receipt) => span.record("status", receipt.status().as_u16()),
        Err(error) => {
            if let Some(status) = error.status() {
                span.record("status", status.as_u16());
            }
            span.record("error", error.class())
        }
    };
    slot.outcome = Outcome::Sent(result);
}

fn message(claimed: &Claimed) -> Option<Message> {
    let id: EventId = claimed.message.event_id.parse().ok()?;
    let traceparent = traceparent(&id);
    Some(Message { id, body: claimed.message.body.clone(), traceparent })
}

/// The trace of an event is its id, the same for every attempt; each attempt is a span of its own
/// (W3C Trace Context, section 3.2).
fn traceparent(id: &EventId) -> Option<HeaderValue> {
    let trace = id.as_uuid()?.simple();
    let span: u64 = rand::random_range(1..=u64::MAX);
    HeaderValue::try_from(format!("00-{trace}-{span:016x}-01")).ok()
}
