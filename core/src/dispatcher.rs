//! The dispatcher: takes events from an outbox, and delivers them.

mod breaker;
mod bucket;
mod clock;
mod directory;
mod flight;
mod health;
mod lane;
mod lanes;
mod line;
mod mass_failure;
mod notice;
mod pending;
mod plan;
mod run;
mod shares;
mod telemetry;
mod turn;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub use self::clock::Clock;
pub use self::health::Health;
pub use self::notice::Notice;
use self::run::Run;
use crate::outbox::queue::Keep;
use crate::outbox::{Outbox, OutboxError, Store};
use crate::retry::{Jitter, RetrySchedule};
use crate::sender::Sender;

/// Delivers the events of an outbox, at least once each to every endpoint that wants it.
///
/// It runs in the application's process, or in one of its own. On PostgreSQL there may be any
/// number of dispatchers, which share the work; on a file of SQLite there is one, and a second one
/// says who is there and ends.
///
/// A delivery is leased, sent, and finished. No transaction is open while an endpoint is waited for.
/// A dispatcher that dies, or is frozen, loses its leases, and others deliver what it had. What it
/// does later with a lease that it lost changes nothing, and it sends nothing more with it, but for
/// what a thread was just handing to the system: at most one request for each.
///
/// # Examples
///
/// ```no_run
/// use hookwright::{Dispatcher, Outbox, Store};
///
/// # async fn example<S: Store>(outbox: Outbox<S>) -> Result<(), hookwright::OutboxError> {
/// let shutdown = async { drop(tokio::signal::ctrl_c().await) };
/// Dispatcher::new(outbox).run(shutdown).await
/// # }
/// ```
#[must_use = "a dispatcher does nothing until it is run"]
pub struct Dispatcher<S: Store> {
    outbox: Outbox<S>,
    settings: Settings,
    health: Health,
}

/// What is set for a dispatcher.
#[derive(Clone)]
struct Settings {
    sender: Option<Sender>,
    schedule: RetrySchedule,
    lease: Duration,
    in_flight: usize,
    drain: Duration,
    keep: Keep,
    clock: Clock,
    jitter: fn() -> Jitter,
    on_notice: Arc<dyn Fn(&Notice) + Send + Sync>,
}

impl<S: Store> Dispatcher<S> {
    /// A dispatcher as it is unless set otherwise: leases of 20 s, 256 requests in flight, public
    /// addresses by `https` only.
    pub fn new(outbox: Outbox<S>) -> Self {
        let day = Duration::from_hours(24);
        let settings = Settings {
            sender: None,
            schedule: RetrySchedule::default(),
            lease: Duration::from_secs(20),
            in_flight: 256,
            drain: Duration::from_secs(20),
            keep: Keep { attempts: 30 * day, events: 7 * day },
            clock: Clock::default(),
            jitter: Jitter::random,
            on_notice: Arc::new(|_| {}),
        };
        Self { outbox, settings, health: Health::default() }
    }

    /// Sends through this sender, which says which addresses are allowed.
    pub fn sender(mut self, sender: Sender) -> Self {
        self.settings.sender = Some(sender);
        self
    }

    /// Sets when failed deliveries are tried again, to endpoints that have no schedule of their own.
    pub fn schedule(mut self, schedule: RetrySchedule) -> Self {
        self.settings.schedule = schedule;
        self
    }

    /// Sets how long a delivery is leased: 1 second at least, and 20 seconds unless set. It is made
    /// longer every quarter of it while the dispatcher lives; when it dies, others take its
    /// deliveries over after it.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease.max(Duration::from_secs(1));
        self
    }

    /// Sets how many requests are under way at once, in all: 256 unless set, and 1 at least.
    pub fn in_flight(mut self, requests: usize) -> Self {
        self.settings.in_flight = requests.max(1);
        self
    }

    /// Sets how long requests under way are waited for at shutdown: 20 seconds unless set.
    pub fn drain(mut self, wait: Duration) -> Self {
        self.settings.drain = wait;
        self
    }

    /// Sets how long attempts and dead letters are kept, replays after their end, and deleted
    /// endpoints as long as anything tells of them: 30 days unless set.
    pub fn keep_attempts(mut self, age: Duration) -> Self {
        self.settings.keep.attempts = age;
        self
    }

    /// Sets how long events are kept after the last of their deliveries: 7 days unless set.
    pub fn keep_events(mut self, age: Duration) -> Self {
        self.settings.keep.events = age;
        self
    }

    /// Calls `tell` with what the application may want to know. It must return soon.
    pub fn on_notice(mut self, tell: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        self.settings.on_notice = Arc::new(tell);
        self
    }

    /// Reads another clock, in tests.
    #[cfg_attr(not(feature = "testing"), doc(hidden))]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.settings.clock = clock;
        self
    }

    /// Waits exactly as long as the schedule says.
    #[cfg(feature = "testing")]
    pub(crate) fn without_jitter(mut self) -> Self {
        self.settings.jitter = || Jitter::NONE;
        self
    }

    /// What a probe of the process may ask, while the dispatcher runs.
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Delivers until `shutdown` is ready. Then nothing more is claimed, requests that are under way
    /// are waited for, and leases are released.
    ///
    /// A database that cannot be reached is tried again, every 5 seconds at least.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when it cannot begin: TLS cannot be set up, the tables are of another
    /// version, another dispatcher works on the same file, the pool has no connection to spare; and
    /// when the database is damaged. It is logged too, since a task that was spawned may be asked
    /// for it late, and [`Health::is_live`] is false from then on.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), OutboxError> {
        let Self { outbox, mut settings, health } = self;
        let deliver = async {
            let sender = match settings.sender.take() {
                Some(sender) => sender,
                None => Sender::new()?,
            };
            let run = Run::start(outbox, settings, sender, health.clone()).await?;
            tracing::info!("the dispatcher delivers");
            run.until(shutdown).await
        };
        let ended = deliver.await;
        match &ended {
            Ok(()) => tracing::info!("the dispatcher has ended"),
            Err(error) => {
                health.failed();
                tracing::error!(%error, "the dispatcher has ended, and nothing is delivered");
            }
        }
        ended
    }
}

impl<S: Store> fmt::Debug for Dispatcher<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Dispatcher").field("outbox", &self.outbox).finish_non_exhaustive()
    }
}
