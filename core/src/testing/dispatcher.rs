use std::fmt;
use std::time::{Duration, Instant};

use sqlx::Sqlite;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::dispatcher::{Clock, Dispatcher};
use crate::outbox::statement::Statement;
use crate::outbox::{Outbox, OutboxError, Store};
use crate::sender::Sender;

/// How long work is waited for that nobody does.
const NEVER: Duration = Duration::from_secs(30);

/// A dispatcher of this process, by a clock that is moved by hand.
///
/// It may dial loopback. Waits are exactly those of the schedule, without the random part that they
/// have elsewhere. It ends when it is dropped.
///
/// # Examples
///
/// See [`testing`](crate::testing).
pub struct TestDispatcher<S: Store = Sqlite> {
    outbox: Outbox<S>,
    clock: Clock,
    shutdown: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), OutboxError>>,
}

impl<S: Store> TestDispatcher<S> {
    /// Runs a dispatcher of an outbox.
    ///
    /// # Panics
    ///
    /// When it cannot begin, such as while another one works on the same file.
    pub async fn start(outbox: &Outbox<S>) -> Self {
        Self::start_with(outbox, |dispatcher| dispatcher).await
    }

    /// Runs a dispatcher that is set up by the test, such as with another schedule.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub async fn start_with(
        outbox: &Outbox<S>,
        set_up: impl FnOnce(Dispatcher<S>) -> Dispatcher<S>,
    ) -> Self {
        let loopback = ["127.0.0.0/8", "::1/128"].map(|text| text.parse().expect("a network"));
        let mut builder = Sender::builder();
        for network in loopback {
            builder = builder.allow(network);
        }
        let sender = builder.build().expect("a client can be made");
        let clock = Clock::by_hand();
        let dispatcher =
            set_up(Dispatcher::new(outbox.clone()).sender(sender)).clock(clock.clone());
        let health = dispatcher.health();
        let (shutdown, told) = oneshot::channel();
        let run = dispatcher.without_jitter().run(async move { drop(told.await) });
        let mut task = tokio::spawn(run);
        while !health.is_ready() {
            assert!(!task.is_finished(), "the dispatcher cannot begin: {:?}", (&mut task).await);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Self { outbox: outbox.clone(), clock, shutdown: Some(shutdown), task }
    }

    /// The clock. [`advance`](Self::advance) moves it when nothing is under way.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Waits until everything is done that is due by the clock: events are fanned out, requests are
    /// answered, and what came of them is written.
    ///
    /// # Panics
    ///
    /// When that takes half a minute, and when the dispatcher has ended.
    pub async fn settle(&self) {
        let start = Instant::now();
        self.outbox.wake();
        loop {
            let left = self.left().await;
            if left == 0 {
                return;
            }
            assert!(!self.task.is_finished(), "the dispatcher has ended");
            assert!(
                start.elapsed() < NEVER,
                "{left} events or deliveries are due, and nothing comes of them: is a receiver \
                 hanging, or does an endpoint have a limit per second?"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Moves the clock, and has done what is due then. What falls due on the way is done at the end of
    /// it: to have everything done in its time, there is [`advance_to_next`](Self::advance_to_next).
    ///
    /// # Panics
    ///
    /// As [`settle`](Self::settle).
    pub async fn advance(&self, time: Duration) {
        // A lease that ended on the way would have its request made twice.
        self.settle().await;
        self.clock.advance(time);
        self.settle().await;
    }

    /// Moves the clock to when the next delivery is due, has it made, and tells how far that was;
    /// `None` when none waits.
    ///
    /// # Panics
    ///
    /// As [`settle`](Self::settle).
    pub async fn advance_to_next(&self) -> Option<Duration> {
        self.settle().await;
        let next = "SELECT min(CASE WHEN d.due > e.paused_until THEN d.due ELSE e.paused_until END) \
             FROM hookwright_delivery AS d JOIN hookwright_endpoint AS e ON e.id = d.endpoint \
             WHERE d.state = 0 AND e.disabled_at IS NULL AND e.deleted_at IS NULL";
        let next = self.number(Statement::new(next)).await?;
        let wait = next.saturating_sub(self.now());
        let wait = Duration::from_millis(u64::try_from(wait).unwrap_or_default());
        self.clock.advance(wait);
        self.settle().await;
        Some(wait)
    }

    /// Ends it as a process ends regularly.
    ///
    /// # Panics
    ///
    /// When it has failed.
    pub async fn end(mut self) {
        drop(self.shutdown.take());
        let ended = (&mut self.task).await.expect("the dispatcher does not panic");
        ended.expect("the dispatcher ends regularly");
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }

    /// How much is due, or under way.
    async fn left(&self) -> i64 {
        let left = "SELECT (SELECT count(*) FROM hookwright_fresh) \
             + (SELECT count(*) FROM hookwright_replay WHERE state = 0 AND next_at <= $1) \
             + (SELECT count(*) FROM hookwright_delivery AS d \
             JOIN hookwright_endpoint AS e ON e.id = d.endpoint WHERE d.state = 0 \
             AND (d.lease_until > 0 OR (d.due <= $1 AND e.paused_until <= $1 \
             AND e.disabled_at IS NULL AND e.deleted_at IS NULL)))";
        self.number(Statement::new(left).bind(self.now())).await.unwrap_or_default()
    }

    async fn number(&self, statement: Statement) -> Option<i64> {
        let mut connection = self.outbox.pool().acquire().await.expect("a connection");
        let rows = S::fetch(&mut connection, statement).await.expect("the tables can be read");
        rows.first().and_then(|row| S::integer(row, 0).expect("a number"))
    }
}

impl<S: Store> Drop for TestDispatcher<S> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<S: Store> fmt::Debug for TestDispatcher<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TestDispatcher").field("clock", &self.clock).finish_non_exhaustive()
    }
}
