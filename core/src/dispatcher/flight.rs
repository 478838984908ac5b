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
        // An id that no sender of ours wrote, or a format that this program cannot read: it is logged
        // as broken off, and runs out of attempts.
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
    let content_type = HeaderValue::from_static(claimed.message.content_type);
    Some(Message { id, body: claimed.message.body.clone()?, content_type, traceparent })
}

/// The trace of an event is its id, the same for every attempt; each attempt is a span of its own
/// (W3C Trace Context, section 3.2).
fn traceparent(id: &EventId) -> Option<HeaderValue> {
    let trace = id.as_uuid()?.simple();
    let span: u64 = rand::random_range(1..=u64::MAX);
    HeaderValue::try_from(format!("00-{trace}-{span:016x}-01")).ok()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    use super::*;
    use crate::outbox::queue::{Lease, Message};

    /// What becomes of a claim that is sent when `held` is what is known of its lease, and whether
    /// the endpoint was dialled.
    async fn check(held: Held) -> (Outcome, bool) {
        let canary = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = canary.local_addr().expect("an address");
        let endpoint = Endpoint::new(&format!("http://{address}/")).expect("a URL");
        let endpoint = endpoint.deadline(Duration::from_secs(1)).expect("a deadline");
        let claimed = Claimed {
            lease: Lease { event: 1, endpoint: 1, token: 1 },
            attempt: 1,
            order_key: None,
            object: "person".into(),
            operation: "created".into(),
            message: Message {
                event_id: "evt_1".into(),
                body: Some(Bytes::from_static(b"{}")),
                content_type: "application/json",
            },
            due: 0,
        };
        let sender = Sender::builder().allow("127.0.0.0/8".parse().expect("a network"));
        let sender = sender.build().expect("a sender");
        let (landed, mut results) = mpsc::unbounded_channel();
        let id = "0193f7f4-3b5c-7bd0-a5f7-6b8b1d0f5f11".parse().expect("an id");
        fly(sender, Arc::new(endpoint), id, claimed, held, landed).await;
        let landed = results.recv().await.expect("the slot is freed");
        let dialled = tokio::time::timeout(Duration::from_millis(50), canary.accept()).await;
        (landed.outcome, dialled.is_ok())
    }

    #[tokio::test]
    async fn nothing_is_dialled_when_the_last_heartbeat_is_too_old() {
        let heartbeat = Heartbeat::new(Duration::from_millis(400));
        let (outcome, is_dialled) = check(heartbeat.begin()).await;
        assert!(matches!(outcome, Outcome::Sent(_)) && is_dialled);

        let old = heartbeat.begin();
        tokio::time::sleep(Duration::from_millis(301)).await;
        let (outcome, is_dialled) = check(old.clone()).await;
        assert!(matches!(outcome, Outcome::NotDialled) && !is_dialled);

        // A heartbeat since then holds it.
        heartbeat.begin().acknowledge();
        let (outcome, is_dialled) = check(old).await;
        assert!(matches!(outcome, Outcome::Sent(_)) && is_dialled);
    }

    #[test]
    fn a_trace_is_the_events_id() {
        let id: EventId = "0193f7f4-3b5c-7bd0-a5f7-6b8b1d0f5f11".parse().expect("an id");
        let header = traceparent(&id).expect("a UUID");
        let header = header.to_str().expect("ASCII");
        assert!(header.starts_with("00-0193f7f43b5c7bd0a5f76b8b1d0f5f11-"), "{header}");
        assert_eq!(header.len(), 55);
        assert!(traceparent(&"evt_1".parse().expect("an id")).is_none());
    }
}
