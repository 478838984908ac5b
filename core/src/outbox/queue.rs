//! The way of an event through the tables: fanned out, claimed, finished. Every function is a few
//! statements on the dispatcher's connection, within its transaction.

mod claimed;
mod finish;
mod fresh;
mod keep;
mod order;
mod replay;
#[cfg(all(test, feature = "sqlite"))]
mod steps;

use std::collections::HashMap;

use bytes::Bytes;
use chrono::DateTime;
use serde_json::from_str;

pub(crate) use self::claimed::{Claimed, unfinished};
pub(crate) use self::finish::{
    Attempt, DELIVERED, End, FAILED, LATE, Lease, extend, finish, release,
};
pub(crate) use self::fresh::{Fresh, end_line, fresh, has_fresh, overtaking};
pub(crate) use self::keep::{Keep, Sweep, Swept};
pub(crate) use self::order::BEHIND;
pub(crate) use self::replay::{RECOVERY, REPLAY, has_replay, take_replay};
use super::endpoints::{DisabledReason, StoredEndpoint, StoredHealth, UnreadEndpoint};
use super::error::OutboxError;
use super::formats::Formats;
use super::master_key::MasterKey;
use super::statement::{Column, Statement};
use super::store::{Claim, Failure, Store};
use crate::event::{Actor, Written};
use crate::format::Format;

/// How many rows one statement writes at most: SQLite binds 32,766 values, which more of the widest
/// would exceed.
pub(in crate::outbox) const CHUNK: usize = 1000;

/// The parts of which a body of an event is put together, beside its names.
pub(crate) struct Content {
    pub(crate) event_id: String,
    time: Option<i64>,
    previous: Option<Vec<u8>>,
    data: Vec<u8>,
    context: Option<String>,
}

/// What is sent of an event, at every attempt.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) event_id: String,
    /// `None` of an event or a format that this program cannot read.
    pub(crate) body: Option<Bytes>,
    pub(crate) content_type: &'static str,
}

/// A delivery that is to be made.
pub(crate) struct NewDelivery {
    pub(crate) event: i64,
    pub(crate) endpoint: i64,
    pub(crate) due: i64,
    pub(crate) format: i64,
    pub(crate) order_key: Option<i64>,
    /// The lease, when it is claimed at once.
    pub(crate) lease: Option<(i64, i64)>,
}

/// What an event is about.
struct Subject<'a> {
    object: &'a str,
    operation: &'a str,
    object_id: &'a str,
    changed: Option<&'a str>,
}

impl Content {
    /// The body of these parts in a format: the same bytes each time.
    fn message(&self, subject: &Subject<'_>, format: &Format) -> Result<Message, OutboxError> {
        let unreadable = || OutboxError::stored("an event");
        let actor: Option<Actor> =
            self.context.as_deref().map(from_str).transpose().map_err(|_| unreadable())?;
        let written = Written {
            id: &self.event_id,
            object: subject.object,
            operation: subject.operation,
            object_id: subject.object_id,
            time: self
                .time
                .and_then(DateTime::from_timestamp_millis)
                .ok_or_else(|| OutboxError::stored("an event's time"))?,
            changed: subject.changed,
            previous: self.previous.as_deref(),
            data: &self.data,
            actor: actor.as_ref(),
        };
        let body = written.body(format).ok_or_else(|| OutboxError::stored("an event's time"))?;
        Ok(Message {
            event_id: self.event_id.clone(),
            body: Some(body.into()),
            content_type: format.content_type(),
        })
    }
}

/// Events that are fanned out together.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The first of the line: where there is one writer, all that are not fanned out up to the last of
    /// them.
    pub line: &'a [i64],
    /// Those that overtake others of the line.
    pub overtaking: &'a [i64],
}

/// Inserts deliveries, and takes the mark from their events. Tells how many were inserted: one that
/// is there already, such as of a resend, stays as it is.
pub(crate) async fn fan_out<S: Store>(
    connection: &mut S::Connection,
    events: Batch<'_>,
    deliveries: &mut [NewDelivery],
) -> Result<u64, Failure> {
    let is_ordered = deliveries.iter().any(|delivery| delivery.order_key.is_some());
    let mut firsts =
        if is_ordered { order::put_behind::<S>(connection, deliveries).await? } else { Vec::new() };
    let (mut inserted, mut last) = (0, None);
    for rows in deliveries.chunks(CHUNK) {
        if let Some(insert) = last.take() {
            inserted += S::execute(connection, insert).await?;
        }
        last = Some(insert::<S>(rows));
    }
    inserted += S::fanned_out(connection, last, events).await?;
    if inserted < deliveries.len() as u64 && is_ordered {
        // What was not inserted lets nothing wait behind it.
        for first in &mut firsts {
            first.event = i64::MIN;
        }
        order::wake::<S>(connection, &mut firsts).await?;
    }
    Ok(inserted)
}

/// Inserts deliveries of events that were fanned out before, and has those that are dead begin anew.
/// Tells how many these are: one that waits, or is under way, stays as it is.
async fn queue_again<S: Store>(
    connection: &mut S::Connection,
    deliveries: &[NewDelivery],
) -> Result<u64, Failure> {
    let mut queued = 0;
    for rows in deliveries.chunks(CHUNK) {
        let inserted = S::execute(connection, insert::<S>(rows)).await?;
        queued += inserted;
        if inserted == rows.len() as u64 {
            continue;
        }
        let revive = Statement::new(
            "UPDATE hookwright_delivery AS d SET state = 0, attempt = 0, died_at = NULL, \
             due = r.new_due, format = r.new_format, order_key = r.new_key FROM ",
        )
        .table(
            S::TABLES,
            "r",
            [
                ("of_event", rows.iter().map(|row| row.event).collect()),
                ("of_endpoint", rows.iter().map(|row| row.endpoint).collect()),
                ("new_due", rows.iter().map(|row| row.due).collect()),
                ("new_format", rows.iter().map(|row| row.format).collect()),
                ("new_key", rows.iter().map(|row| row.order_key).collect()),
            ],
        )
        .text(" WHERE d.event = r.of_event AND d.endpoint = r.of_endpoint AND d.state = 1");
        queued += S::execute(connection, revive).await?;
    }
    Ok(queued)
}

/// An INSERT of deliveries, which leaves those that are there as they are.
fn insert<S: Store>(rows: &[NewDelivery]) -> Statement {
    let lease = |row: &NewDelivery| row.lease.unwrap_or_default();
    Statement::new(
        "INSERT INTO hookwright_delivery \
         (event, endpoint, due, format, order_key, token, lease_until, attempt) SELECT r.* FROM ",
    )
    .table(
        S::TABLES,
        "r",
        [
            ("event", rows.iter().map(|row| row.event).collect()),
            ("endpoint", rows.iter().map(|row| row.endpoint).collect()),
            ("due", rows.iter().map(|row| row.due).collect()),
            ("format", rows.iter().map(|row| row.format).collect()),
            ("order_key", rows.iter().map(|row| row.order_key).collect()),
            ("token", rows.iter().map(|row| lease(row).0).collect()),
            ("lease_until", rows.iter().map(|row| lease(row).1).collect()),
            ("attempt", rows.iter().map(|row| i64::from(row.lease.is_some())).collect()),
        ],
    )
    .text(" WHERE true ON CONFLICT (event, endpoint) DO NOTHING")
}

/// Leases due deliveries.
pub(crate) async fn claim<S: Store>(
    connection: &mut S::Connection,
    claim: &Claim<'_>,
    formats: &Formats,
) -> Result<Vec<Claimed>, OutboxError> {
    let rows = S::claim(connection, claim).await?;
    let numbers = rows.iter().map(|row| S::integer(row, 2).map(Option::unwrap_or_default));
    formats.read::<S>(connection, numbers.collect::<Result<Vec<_>, _>>()?.into_iter()).await?;
    let mut claimed = Claimed::of_rows::<S>(&rows, claim.token, formats)?;
    claimed.sort_by_key(|claimed| (claimed.due, claimed.lease.event));
    Ok(claimed)
}

/// The number that rises with each change of an endpoint.
pub(crate) async fn revision<S: Store>(connection: &mut S::Connection) -> Result<i64, Failure> {
    let select = Statement::new("SELECT number FROM hookwright_meta WHERE name = 'endpoints'");
    let rows = S::fetch(connection, select).await?;
    let row = rows.first().ok_or(Failure::RowNotFound)?;
    Ok(S::integer(row, 0)?.unwrap_or_default())
}

/// Makes a change of an endpoint known by the commit that it is part of.
pub(crate) async fn raise_revision<S: Store>(
    connection: &mut S::Connection,
) -> Result<(), Failure> {
    let raise =
        Statement::new("UPDATE hookwright_meta SET number = number + 1 WHERE name = 'endpoints'");
    S::execute(connection, raise).await.map(drop)
}

/// Every endpoint that is not deleted; those that cannot be read with the reason.
pub(crate) async fn endpoints<S: Store>(
    connection: &mut S::Connection,
    key: &MasterKey,
) -> Result<Vec<Result<StoredEndpoint, UnreadEndpoint>>, Failure> {
    let select = Statement::new("SELECT ")
        .text(super::endpoints::COLUMNS)
        .text(" FROM hookwright_endpoint WHERE deleted_at IS NULL ORDER BY id");
    let rows = S::fetch(connection, select).await?;
    rows.iter()
        .map(|row| match StoredEndpoint::of_row::<S>(row, key) {
            Ok(stored) => Ok(Ok(stored)),
            Err(error) => Ok(Err(UnreadEndpoint::of_row::<S>(row, error)?)),
        })
        .collect()
}

/// What an endpoint has waiting, and what other dispatchers wrote of its health.
pub(crate) struct Survey {
    pub(crate) endpoint: i64,
    /// When the first of its deliveries that nobody has leased is due.
    pub(crate) next_due: Option<i64>,
    pub(crate) health: StoredHealth,
}

/// Looks at every endpoint that events flow to: one look at an index for each.
pub(crate) async fn survey<S: Store>(
    connection: &mut S::Connection,
    now: i64,
    void_below: i64,
) -> Result<Vec<Survey>, Failure> {
    let select = Statement::new(
        "SELECT e.id, (SELECT d.due FROM hookwright_delivery AS d WHERE d.endpoint = e.id AND d.state = 0 \
         AND (d.lease_until <= $1 OR d.token < $2) ORDER BY d.due, d.event LIMIT 1), \
         e.failing_since, e.failures, e.paused_until, e.pause \
         FROM hookwright_endpoint AS e WHERE e.deleted_at IS NULL AND e.disabled_at IS NULL",
    )
    .bind(now)
    .bind(void_below);
    let rows = S::fetch(connection, select).await?;
    rows.iter()
        .map(|row| {
            Ok(Survey {
                endpoint: S::integer(row, 0)?.unwrap_or_default(),
                next_due: S::integer(row, 1)?.filter(|due| *due < BEHIND),
                health: StoredHealth {
                    failing_since: S::integer(row, 2)?,
                    failures: S::integer(row, 3)?.unwrap_or_default(),
                    paused_until: S::integer(row, 4)?.unwrap_or_default(),
                    pause: S::integer(row, 5)?.unwrap_or_default(),
                },
            })
        })
        .collect()
}

/// Writes endpoints' health, in the order of their numbers: so that of two dispatchers that write of
/// the same ones neither waits for a row while the other waits for one of its own.
pub(crate) async fn write_health<S: Store>(
    connection: &mut S::Connection,
    healths: &HashMap<i64, StoredHealth>,
) -> Result<(), Failure> {
    let mut healths: Vec<(i64, &StoredHealth)> =
        healths.iter().map(|(number, health)| (*number, health)).collect();
    healths.sort_unstable_by_key(|(number, _)| *number);
    for healths in healths.chunks(CHUNK) {
        let column = |of: fn(&StoredHealth) -> Option<i64>| -> Column {
            healths.iter().map(|(_, health)| of(health)).collect()
        };
        let update = Statement::new(
            "UPDATE hookwright_endpoint AS e SET failing_since = r.since, failures = r.failed, \
             paused_until = r.until, pause = r.wait FROM ",
        )
        .table(
            S::TABLES,
            "r",
            [
                ("number", healths.iter().map(|(number, _)| *number).collect()),
                ("since", column(|health| health.failing_since)),
                ("failed", column(|health| Some(health.failures))),
                ("until", column(|health| Some(health.paused_until))),
                ("wait", column(|health| Some(health.pause))),
            ],
        )
        .text(" WHERE e.id = r.number");
        S::execute(connection, update).await?;
    }
    Ok(())
}

/// Locks the endpoints that are to be disabled together with those whose health is written, in the
/// order of their numbers.
pub(crate) async fn lock_endpoints<S: Store>(
    connection: &mut S::Connection,
    healths: &HashMap<i64, StoredHealth>,
    disabled: &[i64],
) -> Result<(), Failure> {
    if disabled.is_empty() || S::IS_EXCLUSIVE {
        return Ok(());
    }
    let numbers = healths.keys().chain(disabled).copied();
    let lock =
        Statement::new("SELECT id FROM hookwright_endpoint WHERE id IN (SELECT r.number FROM ")
            .table(S::TABLES, "r", [("number", numbers.collect())])
            .text(") ORDER BY id")
            .text(S::FOR_UPDATE);
    S::fetch(connection, lock).await.map(drop)
}

/// Takes the one probe of an endpoint whose breaker has opened: `false` when another dispatcher
/// has taken it, or is about to write of the endpoint, for which this one does not wait with rows of
/// its own.
pub(crate) async fn take_probe<S: Store>(
    connection: &mut S::Connection,
    endpoint: i64,
    paused_until: i64,
    next: i64,
) -> Result<bool, Failure> {
    let update = Statement::new(
        "UPDATE hookwright_endpoint SET paused_until = $3 WHERE id IN \
         (SELECT id FROM hookwright_endpoint WHERE id = $1 AND paused_until = $2",
    )
    .bind(endpoint)
    .bind(paused_until)
    .bind(next)
    .text(S::SKIP_LOCKED)
    .text(")");
    Ok(S::execute(connection, update).await? == 1)
}

/// Disables an endpoint, which holds its deliveries: `false` when it was disabled already.
pub(crate) async fn disable<S: Store>(
    connection: &mut S::Connection,
    endpoint: i64,
    reason: DisabledReason,
    now: i64,
) -> Result<bool, Failure> {
    let update = Statement::new(
        "UPDATE hookwright_endpoint SET disabled_at = $2, disabled_reason = $3, updated_at = $2 \
         WHERE id = $1 AND disabled_at IS NULL",
    );
    let changed =
        S::execute(connection, update.bind(endpoint).bind(now).bind(reason.as_str())).await?;
    if changed == 1 {
        raise_revision::<S>(connection).await?;
    }
    Ok(changed == 1)
}

/// How many deliveries wait for each endpoint, by its id.
pub(crate) async fn backlog<S: Store>(
    connection: &mut S::Connection,
) -> Result<HashMap<String, i64>, Failure> {
    let select = Statement::new(
        "SELECT e.endpoint_id, b.waiting FROM (SELECT endpoint, count(*) AS waiting \
         FROM hookwright_delivery WHERE state = 0 GROUP BY endpoint) AS b \
         JOIN hookwright_endpoint AS e ON e.id = b.endpoint WHERE e.deleted_at IS NULL",
    );
    let rows = S::fetch(connection, select).await?;
    let count = |row: &S::Row| -> Result<_, Failure> {
        Ok((S::string(row, 0)?.unwrap_or_default(), S::integer(row, 1)?.unwrap_or_default()))
    };
    rows.iter().map(count).collect()
}
