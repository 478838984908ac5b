//! The CRM: each change of a record is saved and emitted in one transaction.

use std::time::{Duration, Instant};

use hookwright::{
    AttemptOutcome, DeliveryState, EmitError, Event, EventData, EventId, Outbox, OutboxError,
    Query, StoredAttempt, UpdateError, WebhookEvent, WebhookObject, emits,
};
use serde::Serialize;

use crate::records::Records;
use crate::report::Row;
use crate::worker::Worker;

/// How often it is asked whether all is delivered.
const POLL: Duration = Duration::from_millis(10);
/// How long a failing endpoint is waited for. One that fails often is left alone for longer than the
/// attempts of a delivery take.
const PATIENCE: Duration = Duration::from_secs(4);

/// Saves records and emits events until there are as many as there should be.
#[derive(Debug)]
pub struct Crm<S: Records> {
    outbox: Outbox<S>,
    worker: Worker<S>,
    wanted: usize,
    pause: Duration,
    emitted: Vec<Row>,
    failure: Option<Failure>,
}

/// What went out.
#[derive(Debug)]
pub struct Day {
    /// Every event, and every change that made none.
    pub rows: Vec<Row>,
    /// Why no more did, if it was too little.
    pub failure: Option<Failure>,
    /// How often the dispatcher was killed.
    pub kills: usize,
}

/// That no more events are emitted.
#[derive(Debug)]
pub struct Closed;

/// Why an event did not go out.
#[derive(Debug)]
pub enum Failure {
    /// It was not committed.
    Emit(EmitError),
    /// It could not be told what had changed.
    Update(UpdateError),
    /// The outbox, or its dispatcher, failed.
    Outbox(OutboxError),
    /// An endpoint did not acknowledge it, at any attempt.
    Refused(Box<StoredAttempt>),
}

impl<S: Records> Crm<S> {
    /// A CRM that emits `wanted` events, and a worker that delivers them meanwhile.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when its table cannot be made.
    pub async fn open(
        outbox: Outbox<S>,
        worker: Worker<S>,
        wanted: usize,
    ) -> Result<Self, OutboxError> {
        let mut transaction = outbox.begin().await?;
        S::create_table(&mut transaction).await?;
        transaction.commit().await?;
        let pause = Duration::ZERO;
        Ok(Self { outbox, worker, wanted, pause, emitted: Vec::new(), failure: None })
    }

    /// The same with a pause after each event, so that people can watch.
    #[must_use]
    pub fn with_pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Saves a record and emits what happened to it: both, or neither.
    ///
    /// # Errors
    ///
    /// [`Closed`] when there are enough, or when one was not acknowledged.
    pub async fn emit<T>(&mut self, event: &Event<&T>) -> Result<(), Closed>
    where
        T: WebhookObject + Serialize + Sync,
    {
        if self.sent() == self.wanted {
            return Err(Closed);
        }
        let outcome = async {
            let mut transaction = self.outbox.begin().await?;
            S::save(&mut transaction, event).await?;
            let id = self.outbox.emit(&mut transaction, event).await?;
            transaction.commit().await?;
            Ok(id)
        };
        let outcome = outcome.await;
        self.emitted(event, outcome).await
    }

    /// Emits an event with data of its own, which saves nothing.
    ///
    /// # Errors
    ///
    /// As [`emit`](Self::emit).
    pub async fn emit_custom<E>(&mut self, event: &Event<E>) -> Result<(), Closed>
    where
        E: WebhookEvent + Sync,
    {
        if self.sent() == self.wanted {
            return Err(Closed);
        }
        let outcome = async {
            let mut transaction = self.outbox.begin().await?;
            let id = self.outbox.emit(&mut transaction, event).await?;
            transaction.commit().await?;
            Ok(id)
        };
        let outcome = outcome.await;
        self.emitted(event, outcome).await
    }

    async fn emitted<T: EventData>(
        &mut self,
        event: &Event<T>,
        outcome: Result<EventId, EmitError>,
    ) -> Result<(), Closed> {
        match outcome {
            Ok(id) => self.emitted.push(Row::emitted(event, id)),
            Err(error) => return Err(self.fail(Failure::Emit(error))),
        }
        tokio::time::sleep(self.pause).await;
        self.interrupt().await.map_err(|failure| self.fail(failure))
    }

    /// Saves a changed record, and emits the change if a receiver can see it.
    ///
    /// # Errors
    ///
    /// As [`emit`](Self::emit).
    pub async fn emit_change<T>(&mut self, before: &T, after: &T) -> Result<(), Closed>
    where
        T: WebhookObject + emits::Updated + Serialize + Sync,
    {
        if self.sent() == self.wanted {
            return Err(Closed);
        }
        match after.updated_from(before) {
            Ok(Some(event)) => self.emit(&event).await,
            Ok(None) => {
                self.emitted.push(Row::invisible(after));
                Ok(())
            }
            Err(error) => Err(self.fail(Failure::Update(error))),
        }
    }

    /// In the middle of the day the dispatcher dies, and some events are committed before another
    /// one is started.
    async fn interrupt(&mut self) -> Result<(), Failure> {
        let middle = self.wanted / 2;
        if self.wanted < 2 {
            return Ok(());
        }
        if self.sent() == middle {
            // What is under way when a dispatcher dies is sent again by the next one. Nothing is
            // here, so that nothing arrives twice.
            self.deliver().await?;
            self.worker.kill().await;
        }
        if self.sent() == self.wanted.min(middle + 5) {
            self.worker.start();
        }
        Ok(())
    }

    fn sent(&self) -> usize {
        self.emitted.iter().filter(|row| row.is_event()).count()
    }

    fn fail(&mut self, failure: Failure) -> Closed {
        self.failure = Some(failure);
        Closed
    }

    /// Waits until every event is delivered.
    async fn deliver(&mut self) -> Result<(), Failure> {
        let history = self.outbox.history();
        let start = Instant::now();
        loop {
            if let Some(error) = self.worker.failure().await {
                return Err(Failure::Outbox(error));
            }
            let dead = Query::new().state(DeliveryState::Dead).limit(1);
            let is_dead = !history.deliveries(&dead).await?.items().is_empty();
            if is_dead || start.elapsed() > PATIENCE {
                let last = history.attempts(&Query::new().limit(1)).await?.into_items();
                if let Some(attempt) = last.into_iter().next()
                    && attempt.outcome() == AttemptOutcome::Failed
                {
                    return Err(Failure::Refused(Box::new(attempt)));
                }
            }
            let pending = Query::new().state(DeliveryState::Pending).limit(1);
            let events = history.undispatched().await?;
            if events == 0 && history.deliveries(&pending).await?.items().is_empty() {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits for what is under way, and gives what went out.
    pub async fn finish(mut self) -> Day {
        if self.failure.is_none() {
            self.failure = self.deliver().await.err();
        }
        match self.outcomes().await {
            Ok(attempts) => self.emitted.iter_mut().for_each(|row| row.add(&attempts)),
            Err(error) => self.failure = self.failure.or(Some(Failure::Outbox(error))),
        }
        self.worker.stop().await;
        Day { rows: self.emitted, failure: self.failure, kills: self.worker.kills() }
    }

    /// Every attempt that was acknowledged, the oldest first.
    async fn outcomes(&self) -> Result<Vec<StoredAttempt>, OutboxError> {
        let mut attempts = Vec::new();
        let mut query = Query::new().limit(Query::MAX_LIMIT);
        loop {
            let page = self.outbox.history().attempts(&query).await?;
            let next = page.next();
            attempts.extend(page.into_items());
            match next {
                Some(next) => query = query.after(next),
                None => break,
            }
        }
        attempts.retain(|attempt| attempt.outcome() == AttemptOutcome::Delivered);
        attempts.reverse();
        Ok(attempts)
    }
}

impl From<OutboxError> for Failure {
    fn from(error: OutboxError) -> Self {
        Self::Outbox(error)
    }
}
