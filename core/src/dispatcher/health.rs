use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How a dispatcher is, for the probes of what runs its process: made by
/// [`Dispatcher::health`](crate::Dispatcher::health).
///
/// # Examples
///
/// ```no_run
/// # use hookwright::{Dispatcher, Outbox, Store};
/// # fn example<S: Store>(outbox: Outbox<S>) {
/// let dispatcher = Dispatcher::new(outbox);
/// let health = dispatcher.health();
/// // In the handlers of `/live` and `/ready`:
/// let live = if health.is_live() { 200 } else { 503 };
/// let ready = if health.is_ready() { 200 } else { 503 };
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Health(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    made: Instant,
    /// When the loop went round last, in milliseconds from `made`.
    seen: AtomicU64,
    is_ready: AtomicBool,
    has_failed: AtomicBool,
}

impl Health {
    /// A loop that has not gone round for so long hangs.
    const HUNG: Duration = Duration::from_mins(1);

    /// Whether the dispatcher goes on: a process for which this is false should be started anew. A
    /// database that cannot be reached does not make it false; that
    /// [`run`](crate::Dispatcher::run) has ended with an error does.
    pub fn is_live(&self) -> bool {
        if self.0.has_failed.load(Ordering::Relaxed) {
            return false;
        }
        let seen = Duration::from_millis(self.0.seen.load(Ordering::Relaxed));
        self.0.made.elapsed().saturating_sub(seen) < Self::HUNG
    }

    /// Whether it delivers: it has begun, has not been told to end, and reaches its database.
    pub fn is_ready(&self) -> bool {
        self.0.is_ready.load(Ordering::Relaxed) && self.is_live()
    }

    pub(super) fn went_round(&self) {
        let seen = u64::try_from(self.0.made.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.seen.store(seen, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.0.has_failed.store(true, Ordering::Relaxed);
    }

    pub(super) fn set_ready(&self, is_ready: bool) {
        self.0.is_ready.store(is_ready, Ordering::Relaxed);
    }
}

impl Default for Health {
    fn default() -> Self {
        Self(Arc::new(Inner {
            made: Instant::now(),
            seen: AtomicU64::new(0),
            is_ready: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
        }))
    }
}
