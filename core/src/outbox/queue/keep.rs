//! What is kept, and for how long.

use std::time::Duration;

use crate::outbox::statement::Statement;
use crate::outbox::store::{Failure, Store};

/// How long what is over is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keep {
    /// Attempts and dead letters, replays that have ended, and endpoints that were deleted.
    pub(crate) attempts: Duration,
    /// Events, after the last of their deliveries.
    pub(crate) events: Duration,
}

/// How many rows one statement looks at.
const CHUNK: i64 = 1000;

/// A walk over what may be deleted, a chunk at a time.
#[derive(Debug, Default)]
pub(crate) struct Sweep {
    /// The event that was looked at last: its time and number.
    reached: (i64, i64),
}

/// What a step of a sweep found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Swept {
    /// There may be more.
    More,
    /// All has been looked at.
    All,
}

impl Sweep {
    /// Deletes one chunk of each kind of what is older than it is kept.
    pub(crate) async fn step<S: Store>(
        &mut self,
        connection: &mut S::Connection,
        keep: Keep,
        now: i64,
    ) -> Result<Swept, Failure> {
        let before =
            |age: Duration| now.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let attempts = Statement::new(
            "DELETE FROM hookwright_attempt WHERE id IN (SELECT id FROM \
             (SELECT id, at FROM hookwright_attempt ORDER BY id LIMIT $2) AS oldest WHERE at < $1)",
        );
        let attempts =
            S::execute(connection, attempts.bind(before(keep.attempts)).bind(CHUNK)).await?;
        let dead = Statement::new(
            "DELETE FROM hookwright_delivery WHERE (event, endpoint) IN (SELECT event, endpoint \
             FROM hookwright_delivery WHERE state = 1 AND died_at < $1 LIMIT $2)",
        );
        let dead = S::execute(connection, dead.bind(before(keep.attempts)).bind(CHUNK)).await?;
        let deleted = Statement::new(
            "DELETE FROM hookwright_delivery WHERE (event, endpoint) IN (SELECT d.event, d.endpoint \
             FROM hookwright_endpoint AS e JOIN hookwright_delivery AS d ON d.endpoint = e.id AND d.state IN (0, 1) \
             WHERE e.deleted_at IS NOT NULL LIMIT $1)",
        );
        let deleted = S::execute(connection, deleted.bind(CHUNK)).await?;
        let replays = Statement::new(
            "DELETE FROM hookwright_replay WHERE id IN (SELECT id FROM hookwright_replay \
             WHERE state <> 0 AND created_at < $1 AND next_at < $1 LIMIT $2)",
        );
        let replays =
            S::execute(connection, replays.bind(before(keep.attempts)).bind(CHUNK)).await?;
        // When nothing tells of them any more.
        let endpoints = Statement::new(
            "DELETE FROM hookwright_endpoint WHERE id IN (SELECT e.id FROM hookwright_endpoint AS e \
             WHERE e.deleted_at < $1 \
             AND NOT EXISTS (SELECT 1 FROM hookwright_attempt AS a WHERE a.endpoint = e.id) \
             AND NOT EXISTS (SELECT 1 FROM hookwright_replay AS r WHERE r.endpoint = e.id) \
             AND NOT EXISTS (SELECT 1 FROM hookwright_delivery AS d WHERE d.endpoint = e.id AND d.state = 0) \
             AND NOT EXISTS (SELECT 1 FROM hookwright_delivery AS d WHERE d.endpoint = e.id AND d.state = 1) \
             LIMIT $2)",
        );
        let endpoints =
            S::execute(connection, endpoints.bind(before(keep.attempts)).bind(CHUNK)).await?;
        let events = self.events::<S>(connection, before(keep.events)).await?;
        let is_full = |rows: u64| i64::try_from(rows).is_ok_and(|rows| rows >= CHUNK);
        let is_any_full = [attempts, dead, deleted, replays, endpoints].into_iter().any(is_full);
        Ok(if is_any_full || events == Swept::More { Swept::More } else { Swept::All })
    }

    /// Looks at the next events that are old enough, and deletes those that nothing needs.
    async fn events<S: Store>(
        &mut self,
        connection: &mut S::Connection,
        before: i64,
    ) -> Result<Swept, Failure> {
        let (time, number) = self.reached;
        let select = Statement::new(
            "SELECT emitted_at, id FROM hookwright_event WHERE (emitted_at, id) > ($1, $2) AND emitted_at < $3 \
             ORDER BY emitted_at, id LIMIT $4",
        );
        let select = select.bind(time).bind(number).bind(before).bind(CHUNK);
        let rows = S::fetch(connection, select).await?;
        let Some(last) = rows.last() else {
            *self = Self::default();
            return Ok(Swept::All);
        };
        self.reached =
            (S::integer(last, 0)?.unwrap_or_default(), S::integer(last, 1)?.unwrap_or_default());
        let ids = rows.iter().map(|row| S::integer(row, 1)).collect::<Result<_, _>>()?;
        let delete = Statement::new(
            "DELETE FROM hookwright_event WHERE id IN (SELECT r.number FROM ",
        )
        .bind(before)
        .table(S::TABLES, "r", [("number", ids)])
        .text(
            ") AND NOT EXISTS (SELECT 1 FROM hookwright_fresh AS f WHERE f.id = hookwright_event.id) \
             AND NOT EXISTS (SELECT 1 FROM hookwright_delivery AS d WHERE d.event = hookwright_event.id) \
             AND NOT EXISTS (SELECT 1 FROM hookwright_attempt AS a WHERE a.event = hookwright_event.id AND a.at >= $1)",
        );
        S::execute(connection, delete).await?;
        Ok(Swept::More)
    }
}
