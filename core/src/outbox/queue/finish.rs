//! What ends a lease: an attempt that came to something, a claim that was not used, a heartbeat that
//! makes it longer. Every statement is fenced by the lease's token.

use std::collections::HashSet;

use super::CHUNK;
use super::order::{Place, wake};
use crate::outbox::statement::{Column, Statement};
use crate::outbox::store::{Failure, Store};

/// A claim on one delivery. It counts for as long as the row has the same token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Lease {
    pub(crate) event: i64,
    pub(crate) endpoint: i64,
    pub(crate) token: i64,
}

/// An attempt, and what came of it.
pub(crate) struct Attempt {
    pub(crate) lease: Lease,
    pub(crate) event_id: String,
    pub(crate) order_key: Option<i64>,
    pub(crate) number: i64,
    pub(crate) at: i64,
    pub(crate) microseconds: i64,
    pub(crate) end: End,
    pub(crate) status: Option<i64>,
    pub(crate) error: Option<String>,
    pub(crate) answer: Option<Vec<u8>>,
    pub(crate) location: Option<String>,
}

impl Attempt {
    /// Where it is in the order of an object's events, if that is kept.
    fn place(&self) -> Option<Place> {
        let Lease { event, endpoint, .. } = self.lease;
        self.order_key.map(|order_key| Place { endpoint, order_key, event, due: self.at })
    }
}

/// What becomes of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It was acknowledged.
    Delivered,
    /// It is tried again at a time.
    Again(i64),
    /// It has run out of attempts.
    Dead(i64),
}

/// The numbers of the column `outcome`.
pub(crate) const DELIVERED: i64 = 0;
pub(crate) const FAILED: i64 = 1;
pub(crate) const LATE: i64 = 2;

/// Writes what came of attempts, and gives those whose lease was lost: of these only the attempt is
/// logged, as late, and the delivery stays as it is.
pub(crate) async fn finish<S: Store>(
    connection: &mut S::Connection,
    attempts: &mut [Attempt],
) -> Result<HashSet<Lease>, Failure> {
    // What was acknowledged first.
    attempts.sort_by_key(|attempt| attempt.end != End::Delivered);
    let acknowledged = attempts.partition_point(|attempt| attempt.end == End::Delivered);
    let (acknowledged, failed) = attempts.split_at_mut(acknowledged);
    let mut late = HashSet::new();
    for attempts in acknowledged.chunks(CHUNK) {
        late.extend(acknowledge::<S>(connection, attempts).await?);
    }
    for attempts in failed.chunks(CHUNK) {
        late.extend(fail::<S>(connection, attempts).await?);
    }
    // Last, with all the rows that this lets go in hand.
    let mut let_go: Vec<Place> = attempts
        .iter()
        .filter(|attempt| !matches!(attempt.end, End::Again(_)) && !late.contains(&attempt.lease))
        .filter_map(Attempt::place)
        .collect();
    wake::<S>(connection, &mut let_go).await?;
    Ok(late)
}

async fn acknowledge<S: Store>(
    connection: &mut S::Connection,
    attempts: &[Attempt],
) -> Result<HashSet<Lease>, Failure> {
    let [event, endpoint, token] = leases(attempts.iter().map(|attempt| &attempt.lease));
    let column = |of: fn(&Attempt) -> i64| -> Column { attempts.iter().map(of).collect() };
    let columns = [
        event,
        endpoint,
        token,
        ("event_id", attempts.iter().map(|attempt| Some(attempt.event_id.clone())).collect()),
        ("attempt", column(|attempt| attempt.number)),
        ("at", column(|attempt| attempt.at)),
        ("duration", column(|attempt| attempt.microseconds)),
        ("status", attempts.iter().map(|attempt| attempt.status).collect()),
        ("answer", attempts.iter().map(|attempt| attempt.answer.clone()).collect()),
    ];
    let rows = S::acknowledge(connection, columns).await?;
    let number = |row, column| S::integer(row, column).map(Option::unwrap_or_default);
    let late: HashSet<(i64, i64, i64)> = rows
        .iter()
        .map(|row| Ok((number(row, 0)?, number(row, 1)?, number(row, 2)?)))
        .collect::<Result<_, Failure>>()?;
    let key = |attempt: &Attempt| (attempt.lease.event, attempt.lease.endpoint, attempt.number);
    let is_late = |attempt: &&Attempt| late.contains(&key(attempt));
    Ok(attempts.iter().filter(is_late).map(|attempt| attempt.lease).collect())
}

async fn fail<S: Store>(
    connection: &mut S::Connection,
    attempts: &[Attempt],
) -> Result<HashSet<Lease>, Failure> {
    let time = |attempt: &Attempt| match attempt.end {
        End::Again(due) | End::Dead(due) => due,
        End::Delivered => 0,
    };
    let died = |attempt: &Attempt| match attempt.end {
        End::Dead(at) => Some(at),
        End::Again(_) | End::Delivered => None,
    };
    let [event, endpoint, token] = leases(attempts.iter().map(|attempt| &attempt.lease));
    let update = Statement::new(
        "UPDATE hookwright_delivery AS d SET due = r.new_due, died_at = r.died, \
         state = CASE WHEN r.died IS NULL THEN 0 ELSE 1 END, token = -token, lease_until = 0 FROM ",
    )
    .table(
        S::TABLES,
        "r",
        [
            ("of_event", event.1),
            ("of_endpoint", endpoint.1),
            ("of_token", token.1),
            ("new_due", attempts.iter().map(time).collect()),
            ("died", attempts.iter().map(died).collect()),
        ],
    )
    .text(" WHERE d.event = r.of_event AND d.endpoint = r.of_endpoint AND d.token = r.of_token RETURNING event, endpoint, token");
    // An ended lease is its token with the other sign: nobody's, and yet told apart.
    let ended: HashSet<Lease> = read::<S>(&S::fetch(connection, update).await?)?
        .into_iter()
        .map(|lease| Lease { token: -lease.token, ..lease })
        .collect();
    let late = attempts.iter().map(|attempt| attempt.lease);
    let late = late.filter(|lease| !ended.contains(lease)).collect();
    log::<S>(connection, attempts, &late).await?;
    Ok(late)
}

/// Appends attempts that failed to the log.
async fn log<S: Store>(
    connection: &mut S::Connection,
    attempts: &[Attempt],
    late: &HashSet<Lease>,
) -> Result<(), Failure> {
    let outcome = |attempt: &Attempt| if late.contains(&attempt.lease) { LATE } else { FAILED };
    let insert = Statement::new(
        "INSERT INTO hookwright_attempt \
         (event, endpoint, event_id, attempt, at, duration, outcome, status, error, answer, location) \
         SELECT r.* FROM ",
    )
    .table(
        S::TABLES,
        "r",
        [
            ("event", attempts.iter().map(|attempt| attempt.lease.event).collect()),
            ("endpoint", attempts.iter().map(|attempt| attempt.lease.endpoint).collect()),
            ("event_id", attempts.iter().map(|attempt| Some(attempt.event_id.clone())).collect()),
            ("attempt", attempts.iter().map(|attempt| attempt.number).collect()),
            ("at", attempts.iter().map(|attempt| attempt.at).collect()),
            ("duration", attempts.iter().map(|attempt| attempt.microseconds).collect()),
            ("outcome", attempts.iter().map(outcome).collect()),
            ("status", attempts.iter().map(|attempt| attempt.status).collect()),
            ("error", attempts.iter().map(|attempt| attempt.error.clone()).collect()),
            ("answer", attempts.iter().map(|attempt| attempt.answer.clone()).collect()),
            ("location", attempts.iter().map(|attempt| attempt.location.clone()).collect()),
        ],
    );
    S::execute(connection, insert).await.map(drop)
}

/// Gives back claims that were not used: the attempt was not made, and does not count.
pub(crate) async fn release<S: Store>(
    connection: &mut S::Connection,
    claims: &[Lease],
) -> Result<(), Failure> {
    for claims in claims.chunks(CHUNK) {
        let update = Statement::new(
            "UPDATE hookwright_delivery SET token = -token, lease_until = 0, attempt = attempt - 1 \
             WHERE (event, endpoint, token) IN (SELECT r.event, r.endpoint, r.token FROM ",
        )
        .table(S::TABLES, "r", leases(claims.iter()))
        .text(")");
        S::execute(connection, update).await?;
    }
    Ok(())
}

/// Makes leases longer, and gives those that still count.
pub(crate) async fn extend<S: Store>(
    connection: &mut S::Connection,
    claims: &[Lease],
    until: i64,
) -> Result<HashSet<Lease>, Failure> {
    let mut kept = HashSet::new();
    for claims in claims.chunks(CHUNK) {
        let update = Statement::new(
            "UPDATE hookwright_delivery SET lease_until = $1 \
             WHERE (event, endpoint, token) IN (SELECT r.event, r.endpoint, r.token FROM ",
        )
        .bind(until)
        .table(S::TABLES, "r", leases(claims.iter()))
        .text(") RETURNING event, endpoint, token");
        kept.extend(read::<S>(&S::fetch(connection, update).await?)?);
    }
    Ok(kept)
}

fn leases<'a>(leases: impl Iterator<Item = &'a Lease> + Clone) -> [(&'static str, Column); 3] {
    [
        ("event", leases.clone().map(|lease| lease.event).collect()),
        ("endpoint", leases.clone().map(|lease| lease.endpoint).collect()),
        ("token", leases.map(|lease| lease.token).collect()),
    ]
}

fn read<S: Store>(rows: &[S::Row]) -> Result<HashSet<Lease>, Failure> {
    let number = |row, column| S::integer(row, column).map(Option::unwrap_or_default);
    rows.iter()
        .map(|row| {
            Ok(Lease { event: number(row, 0)?, endpoint: number(row, 1)?, token: number(row, 2)? })
        })
        .collect()
}

#[cfg(all(test, feature = "sqlite"))]
mod tests;
