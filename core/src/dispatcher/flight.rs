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
use crate::sender::{Message, Permit, Receipt, SendError, Sender};

/// What came of a claim.
pub(super) struct Landed {
    pub(super) claimed: Claimed,
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
}

pub(super) enum Outcome {
    Sent(Result<Receipt, SendError>),
    /// Nothing was written, since the lease may have been lost.
    NotSent,
    /// The request was broken off, or its task died.
    BrokenOff,
    /// It was not tried: its last attempt died with the process, as this one could.
    Spent,
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

    /// For requests of what was claimed here.
    pub(super) fn permit(self) -> Permit {
        Permit::new(move || self.is_sure())
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

/// Sends a claimed delivery, unless its permit ends before it is written.
///
/// The permit is asked for the last time in the step of a task in which HTTP hands the request to the
/// system. A process that is frozen between the two still sends it when it goes on: at most one
/// request for each thread of the runtime.
pub(super) async fn fly(
    sender: Sender,
    endpoint: Arc<Endpoint>,
    endpoint_id: EndpointId,
    claimed: Claimed,
    permit: Permit,
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
    let posting = sender.post(&endpoint, &message, attempt, Some(permit));
    let result = posting.instrument(span.clone()).await;
    match &result {
        Err(error) if error.is_withdrawn() => {
            slot.outcome = Outcome::NotSent;
            return;
        }
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
    let span: u64 = rand::random_range(1..=u64::MAX);
    let mut header = *b"00-________________________________-________________-01";
    id.as_uuid()?.simple().encode_lower(&mut header[3..35]);
    hex::encode_to_slice(span.to_be_bytes(), &mut header[36..52]).ok()?;
    HeaderValue::from_bytes(&header).ok()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Mutex;

    use bytes::Bytes;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    use super::*;
    use crate::outbox::queue::{Lease, Message};

    /// What becomes of a claim that is sent when `held` is what is known of its lease, and whether
    /// the endpoint was dialled.
    async fn check(held: Held) -> (Outcome, bool) {
        let canary = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let outcome =
            send(&sender(), canary.local_addr().expect("an address"), held.permit()).await;
        let dialled = tokio::time::timeout(Duration::from_millis(50), canary.accept()).await;
        (outcome, dialled.is_ok())
    }

    fn sender() -> Sender {
        let sender = Sender::builder().allow("127.0.0.0/8".parse().expect("a network"));
        sender.build().expect("a sender")
    }

    async fn send(sender: &Sender, address: SocketAddr, permit: Permit) -> Outcome {
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
        let (landed, mut results) = mpsc::unbounded_channel();
        let id = "0193f7f4-3b5c-7bd0-a5f7-6b8b1d0f5f11".parse().expect("an id");
        fly(sender.clone(), Arc::new(endpoint), id, claimed, permit, landed).await;
        results.recv().await.expect("the slot is freed").outcome
    }

    /// A permit that holds when it is asked the first times, and no longer.
    fn holds(mut times: usize) -> Permit {
        let left = Mutex::new(move || {
            let holds = times > 0;
            times = times.saturating_sub(1);
            holds
        });
        Permit::new(move || left.lock().expect("no test panicked")())
    }

    /// How many connections were made, and how many bytes came over each.
    #[derive(Default)]
    struct Log(Vec<usize>);

    /// Acknowledges everything, and logs what comes.
    async fn acknowledge() -> (SocketAddr, Arc<Mutex<Log>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let log = Arc::new(Mutex::new(Log::default()));
        let logged = log.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let log = logged.clone();
                let number = {
                    let mut log = log.lock().expect("no test panicked");
                    log.0.push(0);
                    log.0.len() - 1
                };
                tokio::spawn(async move {
                    let mut buffer = [0; 10_000];
                    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                        log.lock().expect("no test panicked").0[number] += count;
                        let answer = b"HTTP/1.1 204 Fine\r\n\r\n";
                        stream.write_all(answer).await.expect("the sender is there");
                    }
                });
            }
        });
        (address, log)
    }

    /// Between two requests that are sent, one whose permit ends after it was asked so many times.
    async fn check_ending(times: usize, expected: &[bool]) {
        let (address, log) = acknowledge().await;
        let sender = sender();
        let outcome = send(&sender, address, holds(times)).await;
        assert!(matches!(outcome, Outcome::NotSent), "{times}");
        let outcome = send(&sender, address, holds(usize::MAX)).await;
        assert!(matches!(outcome, Outcome::Sent(Ok(_))), "{times}");
        // On the connection that is there, only the body is left to ask for.
        let outcome = send(&sender, address, holds(1)).await;
        assert!(matches!(outcome, Outcome::Sent(Ok(_))), "{times}");
        let outcome = send(&sender, address, holds(0)).await;
        assert!(matches!(outcome, Outcome::NotSent), "{times}");
        let outcome = send(&sender, address, holds(3)).await;
        assert!(matches!(outcome, Outcome::Sent(Ok(_))), "{times}");
        let log = log.lock().expect("no test panicked");
        let written: Vec<_> = log.0.iter().map(|bytes| *bytes > 0).collect();
        assert_eq!(written, expected, "{times}");
    }

    #[tokio::test]
    async fn nothing_is_written_when_the_lease_ends_on_the_way() {
        // Before the dial: two connections, since the one that is not written costs the first.
        check_ending(0, &[true, true]).await;
        // While it connects, and as HTTP is about to write: a connection on which nothing comes.
        check_ending(1, &[false, true, true]).await;
        check_ending(2, &[false, true, true]).await;
    }

    #[tokio::test]
    async fn nothing_is_dialled_when_the_last_heartbeat_is_too_old() {
        let heartbeat = Heartbeat::new(Duration::from_millis(400));
        let (outcome, is_dialled) = check(heartbeat.begin()).await;
        assert!(matches!(outcome, Outcome::Sent(_)) && is_dialled);

        let old = heartbeat.begin();
        tokio::time::sleep(Duration::from_millis(301)).await;
        let (outcome, is_dialled) = check(old.clone()).await;
        assert!(matches!(outcome, Outcome::NotSent) && !is_dialled);

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
