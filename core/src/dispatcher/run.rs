//! The loop of a dispatcher.

mod backlog;
mod timing;
mod upkeep;

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};

use self::timing::{BUSY_POLL, LONGEST_BACKOFF, Timing};
use super::Settings;
use super::clock::StoreClock;
use super::directory::Directory;
use super::flight::{Heartbeat, Held, Landed, Outcome, fly};
use super::health::Health;
use super::lanes::{Lanes, Room};
use super::line::Reached;
use super::pending::Pending;
use super::telemetry;
use super::turn::{Done, Terms, turn};
use crate::outbox::queue::{self, Lease, Sweep};
use crate::outbox::store::{DispatcherLock, Store};
use crate::outbox::{Outbox, OutboxError};
use crate::sender::Sender;

/// How long results are gathered before they are written, unless there are [`BATCH`].
const GATHER: Duration = Duration::from_millis(3);
const BATCH: usize = 128;
/// How long new events wait for a slot that is about to be free, before they are fanned out to wait.
const HOLD: Duration = Duration::from_millis(500);
/// How long they wait for more slots, when there are fewer than one event takes.
const MOMENT: Duration = Duration::from_millis(20);
/// How often every endpoint is looked at.
const SURVEY: Duration = Duration::from_millis(500);
/// How long a database is waited for after shutdown was told, before its turn is broken off.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(2);
/// How much later than it is due what is old is looked for, when there has been no idle moment.
const SWEEP_OVERDUE: Duration = Duration::from_mins(1);
/// How long a database may take over one turn.
const TURN_LIMIT: Duration = Duration::from_secs(30);

pub(super) struct Run<S: Store> {
    outbox: Outbox<S>,
    settings: Settings,
    sender: Sender,
    health: Health,
    _lock: DispatcherLock,

    connection: Option<PoolConnection<S>>,
    clock: Option<StoreClock>,
    directory: Directory,
    lanes: Lanes,
    pending: Pending,
    sweep: Sweep,

    /// Tokens that are this run's: the next, and the end.
    tokens: std::ops::Range<i64>,
    /// Where this is the only dispatcher, leases of earlier runs are void.
    void_below: i64,
    heartbeat: std::sync::Arc<Heartbeat>,
    flights: HashMap<Lease, AbortHandle>,
    tasks: JoinSet<()>,
    landed: (UnboundedSender<Landed>, UnboundedReceiver<Landed>),
    is_draining: bool,
    timing: Timing,
}

impl<S: Store> Run<S> {
    pub(super) async fn start(
        outbox: Outbox<S>,
        settings: Settings,
        sender: Sender,
        health: Health,
    ) -> Result<Self, OutboxError> {
        if outbox.pool().options().get_max_connections() <= S::HELD {
            return Err(OutboxError::small_pool(S::HELD));
        }
        let lock = S::lock_dispatcher(outbox.pool())?;
        let heartbeat = Heartbeat::new(settings.lease);
        let mut run = Self {
            outbox,
            settings,
            sender,
            health,
            _lock: lock,
            connection: None,
            clock: None,
            directory: Directory::default(),
            lanes: Lanes::default(),
            pending: Pending::default(),
            sweep: Sweep::default(),
            tokens: 0..0,
            void_below: 0,
            heartbeat,
            flights: HashMap::new(),
            tasks: JoinSet::new(),
            landed: mpsc::unbounded_channel(),
            is_draining: false,
            timing: Timing::new(),
        };
        match run.connect().await {
            Err(error) if error.is_retryable() => run.stand_back(&error),
            connected => connected?,
        }
        Ok(run)
    }

    /// Works until `shutdown`, and then until what is under way has ended.
    pub(super) async fn until(
        mut self,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), OutboxError> {
        self.health.set_ready(self.connection.is_some());
        let outbox = self.outbox.clone();
        let listener = pin!(async move {
            loop {
                // A hint, which is not waited for: the poll is the truth.
                let _ = S::listen(outbox.pool(), || outbox.wake_here()).await;
                tokio::time::sleep(LONGEST_BACKOFF).await;
            }
        });
        let counter = Box::pin(backlog::count(self.outbox.clone()));
        let working = async {
            self.work(shutdown).await?;
            self.drain().await
        };
        let ended = tokio::select! {
            ended = working => ended,
            () = listener => Ok(()),
            () = counter => Ok(()),
        };
        self.health.set_ready(false);
        ended
    }

    async fn work(&mut self, shutdown: impl Future<Output = ()> + Send) -> Result<(), OutboxError> {
        let mut shutdown = pin!(shutdown);
        let mut is_woken = true;
        loop {
            self.health.went_round();
            self.collect();
            let next = if is_woken && self.timing.backoff.is_none() {
                Instant::now()
            } else {
                self.next_turn()
            };
            if next > Instant::now() {
                let outbox = &self.outbox;
                tokio::select! {
                    biased;
                    () = &mut shutdown => return Ok(()),
                    Some(landed) = self.landed.1.recv() => self.land(landed),
                    () = outbox.woken().notified(), if !is_woken => is_woken = true,
                    () = sleep_until(next) => {}
                }
                continue;
            }
            // Even when every turn leads to the next.
            if timeout(Duration::ZERO, &mut shutdown).await.is_ok() {
                return Ok(());
            }
            let mut is_told = false;
            let patience = async {
                shutdown.as_mut().await;
                is_told = true;
                tokio::time::sleep(SHUTDOWN_PATIENCE).await;
            };
            tokio::select! {
                round = self.go_round(is_woken) => round?,
                // What it held is rolled back, and what it was to write is written as it drains.
                () = patience => {}
            }
            if is_told {
                return Ok(());
            }
            is_woken = false;
        }
    }

    /// Takes what has landed without waiting.
    fn collect(&mut self) {
        while let Ok(landed) = self.landed.1.try_recv() {
            self.land(landed);
        }
        while self.tasks.try_join_next().is_some() {}
    }

    fn land(&mut self, landed: Landed) {
        self.flights.remove(&landed.claimed.lease);
        let now = self.now();
        self.pending.judge(landed, &mut self.lanes, &self.directory, &self.settings, now);
        self.timing.result.get_or_insert_with(Instant::now);
    }

    fn now(&self) -> i64 {
        self.clock.as_ref().map_or(0, StoreClock::now)
    }

    /// How many slots are left of those that slow endpoints may hold: a quarter of all, and one at
    /// least.
    fn slow_free(&self) -> usize {
        (self.settings.in_flight / 4).max(1).saturating_sub(self.lanes.slow_in_flight())
    }

    /// When the next turn is: at once when half of what was under way has landed.
    fn next_turn(&self) -> Instant {
        let timing = &self.timing;
        let results = timing.result.map(|first| {
            let landed = self.pending.attempts.len();
            let is_batch = landed >= BATCH || landed >= self.flights.len();
            if is_batch { first } else { first + GATHER }
        });
        let next = [results, Some(timing.poll), Some(timing.beat), timing.opening, timing.moment];
        let next = next.into_iter().flatten().min().unwrap_or(timing.poll);
        timing.backoff.map_or(next, |backoff| backoff.max(next))
    }

    /// Does what is due. A database that fails is tried again later; an error is one that trying
    /// again does not help.
    async fn go_round(&mut self, is_woken: bool) -> Result<(), OutboxError> {
        let done = match timeout(TURN_LIMIT, self.try_round(is_woken)).await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) if is_fatal(&error) => return Err(error),
            Ok(Err(error)) => {
                self.stand_back(&error);
                return Ok(());
            }
            Err(_elapsed) => {
                self.stand_back(&"it does not answer");
                return Ok(());
            }
        };
        self.timing.went_well(done.is_busy, done.is_full);
        self.health.set_ready(!self.is_draining);
        let now = Instant::now();
        let store_now = self.now();
        let slow_free = self.slow_free();
        self.timing.opening = self.lanes.next_opening(store_now, slow_free).map(|opening| {
            // What could have been claimed just now, and was not, waits for a result that frees a
            // slot.
            let wait = u64::try_from(opening.saturating_sub(store_now)).unwrap_or(0);
            now + Duration::from_millis(wait).max(BUSY_POLL)
        });
        Ok(())
    }

    /// Lets the database be for a while.
    fn stand_back(&mut self, why: &dyn fmt::Display) {
        tracing::warn!(error = %why, "the database cannot be used, and is tried again");
        self.connection = None;
        self.health.set_ready(false);
        self.timing.stand_back();
    }

    async fn connect(&mut self) -> Result<(), OutboxError> {
        if self.connection.is_some() {
            return Ok(());
        }
        self.outbox.ready().await?;
        let mut connection = self.outbox.pool().acquire().await?;
        // Its settings are none for those who share the pool.
        connection.close_on_drop();
        S::prepare_own(&mut connection).await?;
        let clock =
            self.clock.as_ref().map_or_else(|| self.settings.clock.clone(), StoreClock::clock);
        self.clock = Some(StoreClock::read::<S>(clock, &mut connection).await?);
        self.refresh(&mut connection).await?;
        if self.tokens.is_empty() {
            self.tokens = S::next_tokens(&mut connection).await?;
        }
        if self.void_below == 0 {
            self.void_below = if S::IS_EXCLUSIVE { self.tokens.start } else { 0 };
        }
        self.connection = Some(connection);
        Ok(())
    }

    async fn try_round(&mut self, is_woken: bool) -> Result<Round, OutboxError> {
        self.connect().await?;
        let mut connection =
            self.connection.take().ok_or_else(|| OutboxError::stored("a connection"))?;
        let round = self.round(&mut connection, is_woken).await;
        // One that has failed is closed, and what it held rolled back.
        match &round {
            Ok(_) => self.connection = Some(connection),
            Err(_) => drop(connection.close().await),
        }
        round
    }

    async fn round(
        &mut self,
        connection: &mut S::Connection,
        is_woken: bool,
    ) -> Result<Round, OutboxError> {
        let start = Instant::now();
        if start >= self.timing.beat {
            self.beat(connection).await?;
            self.timing.beat = start + self.settings.lease / 4;
        }
        if start >= self.timing.survey {
            self.survey(connection).await?;
            self.timing.survey = start + SURVEY;
        } else if is_woken || self.directory.is_expired(self.now()) {
            self.refresh(connection).await?;
        }
        let now = self.now();
        let free = self.settings.in_flight.saturating_sub(self.flights.len());
        let slow_free = self.slow_free();
        let may_claim =
            free > 0 && self.lanes.next_opening(now, slow_free).is_some_and(|at| at <= now);
        let held = |time: Duration| start < self.timing.fanned + time;
        let room = self.lanes.room(free, self.settings.in_flight, now);
        let events = match room {
            Room::Events(events) => 1 << events.ilog2(),
            Room::Part if held(MOMENT) => 0,
            Room::Part => 1,
            Room::None if held(HOLD) => 0,
            Room::None | Room::Unmeasured => usize::MAX,
        };
        self.timing.moment = None;
        if events > 0 {
            self.timing.fanned = start;
        } else if room == Room::Part {
            self.timing.moment = Some(self.timing.fanned + MOMENT);
        }
        let is_turn = !self.pending.is_empty()
            || may_claim
            || (events > 0 && queue::has_fresh::<S>(connection).await?);
        if !is_turn {
            if start >= self.timing.sweep {
                self.clean(connection).await?;
            }
            return Ok(Round::default());
        }
        if self.tokens.is_empty() {
            self.tokens = S::next_tokens(connection).await?;
        }
        let token = self.tokens.next().unwrap_or_default();
        let lease = i64::try_from(self.settings.lease.as_millis()).unwrap_or(i64::MAX);
        let terms = Terms {
            now,
            schedule: &self.settings.schedule,
            events,
            lease_until: now.saturating_add(lease),
            token,
            void_below: self.void_below,
            free,
            slow_free,
            is_claiming: !self.is_draining,
        };
        let held = self.heartbeat.begin();
        let writer = self.outbox.writer().await?;
        let mut transaction = S::begin_own(connection).await?;
        let done = turn::<S>(
            &mut transaction,
            &self.outbox,
            &mut self.directory,
            &mut self.lanes,
            &mut self.pending,
            &terms,
        )
        .await?;
        transaction.commit().await?;
        drop(writer);
        let is_busy =
            done.fanned_out > 0 || !done.claimed.is_empty() || self.timing.result.is_some();
        let is_full = matches!(done.reached, Reached::Event(_));
        self.timing.result = None;
        done.count(&self.pending, &self.directory, &mut self.lanes, now);
        let written = std::mem::take(&mut self.pending);
        for told in written.notices.iter().filter(|told| done.counts(told.lease)) {
            (self.settings.on_notice)(&told.notice);
        }
        self.take_off(done, held);
        telemetry::in_flight(self.flights.len());
        if start >= self.timing.sweep + SWEEP_OVERDUE {
            self.clean(connection).await?;
        }
        Ok(Round { is_busy, is_full })
    }

    /// Sends what was claimed.
    fn take_off(&mut self, done: Done, held: Held) {
        let permit = held.permit();
        for claimed in done.claimed {
            if done.spent.contains(&claimed.lease) {
                self.land(Landed { claimed, outcome: Outcome::Spent, took: Duration::ZERO });
                continue;
            }
            let Some(subscriber) = self.directory.get(claimed.lease.endpoint) else {
                if let Some(lane) = self.lanes.get(claimed.lease.endpoint) {
                    lane.unclaimed(1);
                }
                self.pending.unused.push(claimed.lease);
                self.timing.result.get_or_insert_with(Instant::now);
                continue;
            };
            let lease = claimed.lease;
            let (endpoint, id) = (subscriber.endpoint.clone(), subscriber.id);
            let landed = self.landed.0.clone();
            let flight = fly(self.sender.clone(), endpoint, id, claimed, permit.clone(), landed);
            self.flights.insert(lease, self.tasks.spawn(flight));
        }
    }

    /// Waits for what is under way, breaks it off when that takes too long, and releases the rest.
    async fn drain(&mut self) -> Result<(), OutboxError> {
        self.is_draining = true;
        self.health.set_ready(false);
        let end = Instant::now() + self.settings.drain;
        loop {
            self.health.went_round();
            self.collect();
            if self.flights.is_empty() && self.pending.is_empty() {
                return Ok(());
            }
            let now = Instant::now();
            if now >= end && !self.flights.is_empty() {
                tracing::warn!(
                    requests = self.flights.len(),
                    "requests are broken off at shutdown"
                );
                for flight in self.flights.values() {
                    flight.abort();
                }
            }
            // The database may have gone: what cannot be written now is left to its lease.
            if now >= end + LONGEST_BACKOFF {
                return Ok(());
            }
            let next = self.next_turn().min(if now < end { end } else { now + GATHER });
            if self.pending.is_empty() || next > now {
                tokio::select! {
                    Some(landed) = self.landed.1.recv() => self.land(landed),
                    () = sleep_until(next.max(now + Duration::from_millis(1))) => {}
                }
                if self.pending.is_empty() || self.next_turn() > Instant::now() {
                    continue;
                }
            }
            let patience = end.saturating_duration_since(now).max(SHUTDOWN_PATIENCE);
            match timeout(patience, self.go_round(false)).await {
                Ok(round) => round?,
                Err(_elapsed) => self.stand_back(&"it does not answer"),
            }
        }
    }
}

/// What a round found.
#[derive(Default)]
struct Round {
    is_busy: bool,
    is_full: bool,
}

/// Whether trying again does not help.
fn is_fatal(error: &OutboxError) -> bool {
    error.is_corrupt() || error.is_version() || error.is_master_key()
}
