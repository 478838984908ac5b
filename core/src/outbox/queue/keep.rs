//! What is kept, and for how long.

use std::time::Duration;

use super::order::Walk;
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

/// Finds deleted endpoints that have deliveries left. By subqueries, which are a look at an index for
/// each endpoint: a join may begin with the deliveries, and walk over all of them.
const LEFT_OVER: &str = "SELECT e.id FROM hookwright_endpoint AS e WHERE e.deleted_at IS NOT NULL AND COALESCE(\
     (SELECT d.event FROM hookwright_delivery AS d WHERE d.endpoint = e.id AND d.state = 0 LIMIT 1), \
     (SELECT d.event FROM hookwright_delivery AS d WHERE d.endpoint = e.id AND d.state = 1 LIMIT 1)) \
     IS NOT NULL LIMIT $1";
/// Delete an endpoint's deliveries: of each state apart, since each has an index of its own.
const OF_ENDPOINT: [&str; 2] = [
    "DELETE FROM hookwright_delivery WHERE (event, endpoint) IN (SELECT d.event, d.endpoint \
     FROM hookwright_delivery AS d WHERE d.endpoint = $1 AND d.state = 0 LIMIT $2)",
    "DELETE FROM hookwright_delivery WHERE (event, endpoint) IN (SELECT d.event, d.endpoint \
     FROM hookwright_delivery AS d WHERE d.endpoint = $1 AND d.state = 1 LIMIT $2)",
];
/// How many deleted endpoints a step looks at.
const ENDPOINTS: usize = 100;

/// A walk over what may be deleted, a chunk at a time.
#[derive(Debug, Default)]
pub(crate) struct Sweep {
    /// The attempts up to this number were looked at; those that were left are of a time to come.
    attempts: i64,
    /// The event that was looked at last: its time and number.
    events: (i64, i64),
    order: Walk,
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
    /// Deletes one chunk of each kind of what is older than it is kept, and sees that nothing waits
    /// behind what has gone.
    pub(crate) async fn step<S: Store>(
        &mut self,
        connection: &mut S::Connection,
        keep: Keep,
        now: i64,
    ) -> Result<Swept, Failure> {
        let before =
            |age: Duration| now.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let attempts = self.attempts::<S>(connection, before(keep.attempts), now).await?;
        let dead = Statement::new(
            "DELETE FROM hookwright_delivery WHERE (event, endpoint) IN (SELECT event, endpoint \
             FROM hookwright_delivery WHERE state = 1 AND died_at < $1 LIMIT $2)",
        );
        let dead = S::execute(connection, dead.bind(before(keep.attempts)).bind(CHUNK)).await?;
        let deleted = of_deleted::<S>(connection).await?;
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
        let is_any_full = [dead, replays, endpoints].into_iter().any(is_full);
        let is_ordered_more = self.order.step::<S>(connection, now).await?;
        let is_more =
            is_any_full || is_ordered_more || [attempts, deleted, events].contains(&Swept::More);
        Ok(if is_more { Swept::More } else { Swept::All })
    }

    /// Deletes the attempts among the next ones that are old enough. Their numbers grow with time, so
    /// that those behind some that are not are not looked at; but for those of a time to come, which
    /// a clock that was wrong has left.
    async fn attempts<S: Store>(
        &mut self,
        connection: &mut S::Connection,
        before: i64,
        now: i64,
    ) -> Result<Swept, Failure> {
        let select = Statement::new(
            "SELECT count(*), max(id), count(CASE WHEN at < $1 THEN 1 END), count(CASE WHEN at > $2 THEN 1 END) \
             FROM (SELECT id, at FROM hookwright_attempt WHERE id > $3 ORDER BY id LIMIT $4) AS next",
        );
        let select = select.bind(before).bind(now).bind(self.attempts).bind(CHUNK);
        let rows = S::fetch(connection, select).await?;
        let row = rows.first().ok_or(Failure::RowNotFound)?;
        let number = |column| S::integer(row, column).map(Option::unwrap_or_default);
        let (count, last, old, to_come) = (number(0)?, number(1)?, number(2)?, number(3)?);
        if old > 0 {
            let delete = Statement::new(
                "DELETE FROM hookwright_attempt WHERE id > $1 AND id <= $2 AND at < $3",
            );
            S::execute(connection, delete.bind(self.attempts).bind(last).bind(before)).await?;
        }
        if count < CHUNK || old + to_come == 0 {
            self.attempts = 0;
            return Ok(Swept::All);
        }
        if to_come > 0 || old == count {
            self.attempts = last;
        }
        Ok(Swept::More)
    }

    /// Looks at the next events that are old enough, and deletes those that nothing needs.
    async fn events<S: Store>(
        &mut self,
        connection: &mut S::Connection,
        before: i64,
    ) -> Result<Swept, Failure> {
        let (time, number) = self.events;
        let select = Statement::new(
            "SELECT emitted_at, id FROM hookwright_event WHERE (emitted_at, id) > ($1, $2) AND emitted_at < $3 \
             ORDER BY emitted_at, id LIMIT $4",
        );
        let select = select.bind(time).bind(number).bind(before).bind(CHUNK);
        let rows = S::fetch(connection, select).await?;
        let Some(last) = rows.last() else {
            self.events = (0, 0);
            return Ok(Swept::All);
        };
        self.events =
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

/// Deletes a chunk of what deleted endpoints have left.
async fn of_deleted<S: Store>(connection: &mut S::Connection) -> Result<Swept, Failure> {
    let select = Statement::new(LEFT_OVER).bind(i64::try_from(ENDPOINTS).unwrap_or(i64::MAX));
    let rows = S::fetch(connection, select).await?;
    let mut room = CHUNK;
    for row in &rows {
        for delete in OF_ENDPOINT {
            let delete = Statement::new(delete).bind(S::integer(row, 0)?).bind(room);
            let deleted = S::execute(connection, delete).await?;
            room -= i64::try_from(deleted).unwrap_or(i64::MAX);
            if room <= 0 {
                return Ok(Swept::More);
            }
        }
    }
    Ok(if rows.len() == ENDPOINTS { Swept::More } else { Swept::All })
}

#[cfg(all(test, feature = "sqlite"))]
mod tests;
