//! Replays and recoveries: deliveries that are queued a few at a time.

use crate::outbox::error::OutboxError;
use crate::outbox::pattern::Changed;
use crate::outbox::statement::Statement;
use crate::outbox::store::{Failure, Store};

use super::order::put_all_behind;
use super::{Fresh, NewDelivery, queue_again};

/// The numbers of the column `kind`.
pub(crate) const REPLAY: i64 = 0;
pub(crate) const RECOVERY: i64 = 1;

/// A replay or a recovery that runs, at the place that it has reached.
pub(crate) struct Replay {
    id: i64,
    pub(crate) endpoint: i64,
    kind: i64,
    since: i64,
    until: i64,
    rate: i64,
    /// Of a recovery the time at which it began to queue.
    reached_at: i64,
    reached_id: i64,
}

/// How long the next step of a replay waits, in milliseconds.
const STEP: i64 = 500;
/// The most that a step queues.
const MOST: i64 = 10_000;
/// How many events a step looks at for those that the endpoint wants, unless it may queue more.
const LOOK: i64 = 1000;

/// Whether a replay has a step to take: without locks, for the poll.
pub(crate) async fn has_replay<S: Store>(
    connection: &mut S::Connection,
    now: i64,
) -> Result<bool, Failure> {
    let select = Statement::new(
        "SELECT id FROM hookwright_replay WHERE state = 0 AND next_at <= $1 LIMIT 1",
    );
    Ok(!S::fetch(connection, select.bind(now)).await?.is_empty())
}

/// Takes a replay whose next step is due, which no other dispatcher then takes.
pub(crate) async fn take_replay<S: Store>(
    connection: &mut S::Connection,
    now: i64,
) -> Result<Option<Replay>, Failure> {
    let select = Statement::new(
        "SELECT id, endpoint, kind, since, until, rate, reached_at, reached_id FROM hookwright_replay \
         WHERE state = 0 AND next_at <= $1 ORDER BY next_at, id LIMIT 1",
    )
    .text(S::SKIP_LOCKED)
    .bind(now);
    let rows = S::fetch(connection, select).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let number = |column| S::integer(row, column).map(Option::unwrap_or_default);
    Ok(Some(Replay {
        id: number(0)?,
        endpoint: number(1)?,
        kind: number(2)?,
        since: number(3)?,
        until: number(4)?,
        rate: number(5)?,
        reached_at: number(6)?,
        reached_id: number(7)?,
    }))
}

impl Replay {
    /// Queues the next deliveries. `make` gives the delivery of an event that the endpoint wants.
    pub(crate) async fn step<S: Store>(
        mut self,
        connection: &mut S::Connection,
        now: i64,
        make: impl Fn(&Fresh) -> Option<NewDelivery>,
    ) -> Result<(), OutboxError> {
        // Rounded up, since a step that queued more is waited for longer.
        let chunk = (self.rate.saturating_mul(STEP).saturating_add(999) / 1000).clamp(1, MOST);
        let (queued, is_done) = match self.kind {
            RECOVERY => self.recover::<S>(connection, now, chunk).await?,
            _ => self.replay::<S>(connection, chunk, make).await?,
        };
        put_all_behind::<S>(connection, self.endpoint, now).await?;
        let update = Statement::new(
            "UPDATE hookwright_replay SET reached_at = $2, reached_id = $3, queued = queued + $4, next_at = $5, \
             state = CASE WHEN state = 0 THEN $6 ELSE state END WHERE id = $1",
        )
        .bind(self.id)
        .bind(self.reached_at)
        .bind(self.reached_id)
        .bind(queued)
        // A rate of less than two a second takes longer than a step for one.
        .bind(now + STEP.max(queued * 1000 / self.rate.max(1)))
        .bind(i64::from(is_done));
        S::execute(connection, update).await?;
        Ok(())
    }

    /// Ends it when its endpoint is deleted. When it cannot be read just now, the next step is later.
    pub(crate) async fn skip<S: Store>(
        self,
        connection: &mut S::Connection,
        now: i64,
    ) -> Result<(), Failure> {
        let update = Statement::new(
            "UPDATE hookwright_replay SET next_at = $2, state = CASE WHEN state = 0 AND NOT EXISTS \
             (SELECT 1 FROM hookwright_endpoint AS e WHERE e.id = $3 AND e.deleted_at IS NULL) \
             THEN 1 ELSE state END WHERE id = $1",
        );
        let update = update.bind(self.id).bind(now + STEP).bind(self.endpoint);
        S::execute(connection, update).await.map(drop)
    }

    async fn recover<S: Store>(
        &mut self,
        connection: &mut S::Connection,
        now: i64,
        chunk: i64,
    ) -> Result<(i64, bool), OutboxError> {
        if self.reached_at == 0 {
            // What dies from now on is not of this recovery, which would never end with what dies again.
            self.reached_at = now;
        }
        let update = Statement::new(
            "UPDATE hookwright_delivery SET state = 0, attempt = 0, due = $1, died_at = NULL \
             WHERE (event, endpoint) IN (SELECT event, endpoint FROM hookwright_delivery \
             WHERE endpoint = $2 AND state = 1 AND died_at >= $3 AND died_at <= $4 ORDER BY died_at LIMIT $5)",
        )
        .bind(now)
        .bind(self.endpoint)
        .bind(self.since)
        .bind(self.reached_at)
        .bind(chunk);
        let queued = S::execute(connection, update).await?;
        let queued = i64::try_from(queued).unwrap_or(i64::MAX);
        Ok((queued, queued < chunk))
    }

    async fn replay<S: Store>(
        &mut self,
        connection: &mut S::Connection,
        chunk: i64,
        make: impl Fn(&Fresh) -> Option<NewDelivery>,
    ) -> Result<(i64, bool), OutboxError> {
        let most = usize::try_from(chunk).unwrap_or(usize::MAX);
        let look = chunk.max(LOOK);
        let select = Statement::new(
            "SELECT id, tenant, object, operation, object_id, emitted_at, changed FROM hookwright_event AS e \
             WHERE (emitted_at, id) > ($1, $2) AND emitted_at >= $3 AND emitted_at < $4 \
             AND NOT EXISTS (SELECT 1 FROM hookwright_fresh AS f WHERE f.id = e.id) \
             ORDER BY emitted_at, id LIMIT $5",
        )
        .bind(self.reached_at)
        .bind(self.reached_id)
        .bind(self.since)
        .bind(self.until)
        .bind(look);
        let rows = S::fetch(connection, select).await?;
        let unreadable = || OutboxError::stored("an event");
        let mut is_done = i64::try_from(rows.len()).is_ok_and(|rows| rows < look);
        let mut deliveries = Vec::new();
        for row in &rows {
            if deliveries.len() == most {
                is_done = false;
                break;
            }
            let text = |column| S::string(row, column)?.ok_or_else(unreadable);
            let event = Fresh {
                number: S::integer(row, 0)?.ok_or_else(unreadable)?,
                tenant: S::string(row, 1)?,
                object: text(2)?,
                operation: text(3)?,
                object_id: text(4)?,
                changed: Changed::new(S::string(row, 6)?),
                content: None,
            };
            deliveries.extend(make(&event));
            self.reached_at = S::integer(row, 5)?.unwrap_or_default();
            self.reached_id = event.number;
        }
        let queued = queue_again::<S>(connection, &deliveries).await?;
        Ok((i64::try_from(queued).unwrap_or(i64::MAX), is_done))
    }
}
