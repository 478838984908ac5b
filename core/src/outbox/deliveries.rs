//! What a person does about deliveries: sends one again, recovers failures, replays the past.

mod stored;

use std::num::NonZeroU32;

use chrono::{DateTime, Utc};

pub use self::stored::{
    ReplayId, ReplayIdError, ReplayKind, ReplayProgress, ReplayState, StoredReplay,
};
use super::endpoints::{EndpointId, StoredEndpoint};
use super::error::{Kind, OutboxError};
use super::page::{Cursor, Page, Query};
use super::statement::{Parameter, Statement};
use super::store::Store;
use super::{Outbox, queue};
use crate::event::EventId;

/// Sends again what was sent, or should have been: made by [`Outbox::deliveries`].
///
/// An event goes out under the same id with the same body as before, so that a receiver that
/// remembers ids knows it. Each call may be made twice without doing more than once.
///
/// # Examples
///
/// ```no_run
/// use chrono::{TimeDelta, Utc};
/// use hookwright::{EndpointId, EventId, Outbox, Store};
///
/// # async fn example<S: Store>(outbox: Outbox<S>, event: EventId, endpoint: EndpointId) -> Result<(), hookwright::OutboxError> {
/// outbox.deliveries().resend(&event, &endpoint).await?;
///
/// let yesterday = Utc::now() - TimeDelta::days(1);
/// let recovery = outbox.deliveries().recover(&endpoint, yesterday).await?;
/// let replay = outbox.deliveries().replay(&endpoint, yesterday..Utc::now()).await?;
/// outbox.deliveries().cancel(replay).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Deliveries<'a, S: Store> {
    outbox: &'a Outbox<S>,
    rate: NonZeroU32,
}

impl<'a, S: Store> Deliveries<'a, S> {
    /// How many deliveries a replay queues in a second, unless set.
    pub const DEFAULT_RATE: NonZeroU32 = NonZeroU32::new(200).expect("not zero");

    pub(super) fn new(outbox: &'a Outbox<S>) -> Self {
        Self { outbox, rate: Self::DEFAULT_RATE }
    }

    /// Sets how many deliveries a replay or a recovery queues in a second, up to 20,000: in half a
    /// second half as many, and one at least. Of events that the endpoint does not want, a replay
    /// passes over a thousand in half a second at least.
    #[must_use]
    pub fn per_second(mut self, rate: NonZeroU32) -> Self {
        self.rate = rate;
        self
    }

    /// Sends one event to one endpoint again, now: one that was delivered, is dead, or waits to be
    /// tried again, and one that the endpoint did not want. One that is under way is left alone.
    ///
    /// # Errors
    ///
    /// [`OutboxError`], which [is not found](OutboxError::is_not_found) when there is no such event,
    /// or endpoint, of this tenant.
    pub async fn resend(&self, event: &EventId, endpoint: &EndpointId) -> Result<(), OutboxError> {
        let stored = self.outbox.endpoints().get(endpoint).await?;
        let now = Utc::now().timestamp_millis();
        let writer = self.outbox.writer().await?;
        let mut transaction = S::begin(self.outbox.pool()).await?;
        let select = Statement::new(
            "SELECT id, object, object_id FROM hookwright_event WHERE event_id = $1 \
             AND COALESCE(tenant, '') = COALESCE($2, '')",
        )
        .bind(event.to_string())
        .bind(Parameter::Text(stored.tenant().map(str::to_owned)));
        let rows = S::fetch(&mut transaction, select).await?;
        let row = rows.first().ok_or_else(|| OutboxError::new(Kind::NoEvent))?;
        let object = S::string(row, 1)?.unwrap_or_default();
        let object_id = S::string(row, 2)?.unwrap_or_default();
        let upsert = Statement::new(
            "INSERT INTO hookwright_delivery (event, endpoint, due, format, order_key) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (event, endpoint) DO UPDATE \
             SET due = $3, attempt = CASE WHEN hookwright_delivery.state = 1 THEN 0 ELSE hookwright_delivery.attempt END, \
             state = 0, died_at = NULL WHERE hookwright_delivery.lease_until = 0",
        )
        .bind(S::integer(row, 0)?)
        .bind(stored.number())
        .bind(now)
        .bind(stored.format())
        .bind(stored.settings().order_key(&object, &object_id));
        S::execute(&mut transaction, upsert).await?;
        transaction.commit().await?;
        drop(writer);
        self.outbox.wake();
        Ok(())
    }

    /// Sends to an endpoint again what has died since a time, and before the recovery began: what dies
    /// again waits for another one.
    ///
    /// # Errors
    ///
    /// As [`resend`](Self::resend).
    pub async fn recover(
        &self,
        endpoint: &EndpointId,
        since: DateTime<Utc>,
    ) -> Result<ReplayId, OutboxError> {
        self.begin(endpoint, queue::RECOVERY, since.timestamp_millis(), i64::MAX).await
    }

    /// Sends to an endpoint, also one that was made later, the events of a time range that it wants:
    /// those that it got already, and those that are dead. What waits for it is left as it is.
    ///
    /// Events are there for as long as the dispatcher keeps them.
    ///
    /// # Errors
    ///
    /// As [`resend`](Self::resend).
    pub async fn replay(
        &self,
        endpoint: &EndpointId,
        range: std::ops::Range<DateTime<Utc>>,
    ) -> Result<ReplayId, OutboxError> {
        let (since, until) = (range.start.timestamp_millis(), range.end.timestamp_millis());
        self.begin(endpoint, queue::REPLAY, since, until).await
    }

    /// Stops a replay or a recovery. What it has queued is delivered.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the database refuses.
    pub async fn cancel(&self, replay: ReplayId) -> Result<(), OutboxError> {
        self.outbox.ready().await?;
        let update = Statement::new(
            "UPDATE hookwright_replay SET state = 2 WHERE id = $1 AND state = 0 AND endpoint IN \
             (SELECT id FROM hookwright_endpoint WHERE $2 IS NULL OR tenant = $2)",
        );
        let update = self.of_tenant(update.bind(replay.number()));
        let writer = self.outbox.writer().await?;
        S::execute(&mut *self.outbox.pool().acquire().await?, update).await?;
        drop(writer);
        Ok(())
    }

    /// How far a replay or a recovery has come.
    ///
    /// # Errors
    ///
    /// [`OutboxError`], which [is not found](OutboxError::is_not_found) when there is none of this
    /// id.
    pub async fn progress(&self, replay: ReplayId) -> Result<ReplayProgress, OutboxError> {
        Ok(self.stored_replay(replay).await?.progress())
    }

    /// A replay or a recovery as it is stored: of which endpoint it is, from when on, and how far it
    /// has come.
    ///
    /// # Errors
    ///
    /// As [`progress`](Self::progress).
    pub async fn stored_replay(&self, replay: ReplayId) -> Result<StoredReplay, OutboxError> {
        self.outbox.ready().await?;
        let select = self.select_replays().text(" AND r.id = ").value(replay.number());
        let rows = S::fetch(&mut *self.outbox.pool().acquire().await?, select).await?;
        let row = rows.first().ok_or_else(|| OutboxError::new(Kind::NoReplay))?;
        StoredReplay::of_row::<S>(row)
    }

    /// The replays and recoveries that there are, the newest first: those that run, and those that
    /// have ended for as long as the dispatcher keeps them.
    ///
    /// Of the query the endpoint counts, the time, which is when they were begun, and the page.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the database refuses.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hookwright::{Outbox, Query, ReplayState, Store};
    ///
    /// # async fn example<S: Store>(outbox: Outbox<S>) -> Result<(), hookwright::OutboxError> {
    /// let deliveries = outbox.deliveries();
    /// for replay in deliveries.replays(&Query::new()).await?.items() {
    ///     println!("{:?} to {}: {}", replay.kind(), replay.endpoint(), replay.progress().queued());
    ///     if replay.progress().state() == ReplayState::Running {
    ///         deliveries.cancel(replay.id()).await?;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn replays(&self, query: &Query) -> Result<Page<StoredReplay>, OutboxError> {
        self.outbox.ready().await?;
        let select = query.conditions(self.select_replays(), None, Some("p"), "r.created_at");
        let select = match query.after {
            Some(cursor) => select.text(" AND r.id < ").value(cursor.first),
            None => select,
        };
        let select = select.text(" ORDER BY r.id DESC LIMIT ").value(query.rows());
        let rows = S::fetch(&mut *self.outbox.pool().acquire().await?, select).await?;
        let replays = rows.iter().map(StoredReplay::of_row::<S>).collect::<Result<_, _>>()?;
        Ok(Page::new(replays, query.limit, |replay: &StoredReplay| Cursor {
            first: replay.number(),
            second: 0,
        }))
    }

    /// The replays of the outbox's tenant.
    fn select_replays(&self) -> Statement {
        self.of_tenant(Statement::new(
            "SELECT r.id, p.endpoint_id, r.kind, r.since, r.until, r.queued, r.state, r.created_at, r.reached_at \
             FROM hookwright_replay AS r JOIN hookwright_endpoint AS p ON p.id = r.endpoint \
             WHERE ($1 IS NULL OR p.tenant = $1)",
        ))
    }

    fn of_tenant(&self, statement: Statement) -> Statement {
        statement.bind(Parameter::Text(self.outbox.tenant_id().map(str::to_owned)))
    }

    /// Begins a replay, or finds the one that runs with the same terms.
    async fn begin(
        &self,
        endpoint: &EndpointId,
        kind: i64,
        since: i64,
        until: i64,
    ) -> Result<ReplayId, OutboxError> {
        let endpoint: StoredEndpoint = self.outbox.endpoints().get(endpoint).await?;
        let writer = self.outbox.writer().await?;
        let mut transaction = S::begin(self.outbox.pool()).await?;
        let insert = Statement::new(
            "INSERT INTO hookwright_replay (endpoint, kind, since, until, rate, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (endpoint, kind, since, until) WHERE state = 0 DO NOTHING",
        )
        .bind(endpoint.number())
        .bind(kind)
        .bind(since)
        .bind(until)
        .bind(i64::from(self.rate.get()))
        .bind(Utc::now().timestamp_millis());
        S::execute(&mut transaction, insert).await?;
        let select = Statement::new(
            "SELECT id FROM hookwright_replay WHERE endpoint = $1 AND kind = $2 AND since = $3 AND until = $4 AND state = 0",
        )
        .bind(endpoint.number())
        .bind(kind)
        .bind(since)
        .bind(until);
        let rows = S::fetch(&mut transaction, select).await?;
        let row = rows.first().ok_or_else(|| OutboxError::stored("a replay"))?;
        let id = S::integer(row, 0)?.ok_or_else(|| OutboxError::stored("a replay"))?;
        transaction.commit().await?;
        drop(writer);
        self.outbox.wake();
        Ok(ReplayId::new(id))
    }
}
