//! What an outbox asks of a database. Everything above is written once, for every store.

use std::future::Future;
use std::ops::Range;

use sqlx::{Database, Pool};

use super::error::OutboxError;
use super::queue::Batch;
use super::statement::{Column, Statement, Tables};

/// A database that keeps an outbox: [`Sqlite`](sqlx::Sqlite), by the feature `sqlite`, or
/// [`Postgres`](sqlx::Postgres), by the feature `postgres`.
///
/// It is implemented for these two only.
pub trait Store: Backend {}

impl<S: Backend> Store for S {}

/// A failure of the database itself.
pub(crate) type Failure = sqlx::Error;

/// What differs between the stores. It cannot be named outside, which seals [`Store`].
pub trait Backend: Database {
    /// How a table of values is written.
    const TABLES: Tables;
    /// What ends a SELECT of rows that others may work on at the same time.
    const SKIP_LOCKED: &'static str;
    /// What ends a SELECT of rows that this transaction will change.
    const FOR_UPDATE: &'static str;
    /// The statements that bring the tables to each version, beginning with the first.
    const MIGRATIONS: &'static [&'static str];

    /// Runs a statement, and tells how many rows it changed.
    fn execute(
        connection: &mut Self::Connection,
        statement: Statement,
    ) -> impl Future<Output = Result<u64, Failure>> + Send;

    /// Runs a statement, and gives its rows.
    fn fetch(
        connection: &mut Self::Connection,
        statement: Statement,
    ) -> impl Future<Output = Result<Vec<Self::Row>, Failure>> + Send;

    /// Runs a SELECT of these columns, of which there are many, and has each row read.
    fn fetch_wide<T: Send>(
        connection: &mut Self::Connection,
        columns: &[&str],
        rest: Statement,
        read: fn(&mut dyn Columns) -> Result<T, OutboxError>,
    ) -> impl Future<Output = Result<Vec<T>, OutboxError>> + Send;

    /// Runs several statements without values.
    fn script(
        connection: &mut Self::Connection,
        sql: &'static str,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// A number of a row, `None` for `NULL`.
    fn integer(row: &Self::Row, column: usize) -> Result<Option<i64>, Failure>;

    /// A text of a row.
    fn string(row: &Self::Row, column: usize) -> Result<Option<String>, Failure>;

    /// Bytes of a row.
    fn bytes(row: &Self::Row, column: usize) -> Result<Option<Vec<u8>>, Failure>;

    /// Begins a transaction that will write.
    fn begin(
        pool: &Pool<Self>,
    ) -> impl Future<Output = Result<sqlx::Transaction<'static, Self>, Failure>> + Send;

    /// Begins a transaction on a connection that is the dispatcher's own.
    fn begin_own(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<sqlx::Transaction<'_, Self>, Failure>> + Send;

    /// Sets up a connection on which a dispatcher will work.
    fn prepare_own(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Whether the outbox's tables are there.
    fn has_tables(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Keeps other processes from migrating at the same time, until the transaction ends.
    fn lock_migration(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Whether this transaction, and no other, may fan out until it ends: so that events become
    /// deliveries in their order.
    fn try_lock_fan_out(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// The next lease tokens: larger than all before them.
    fn next_tokens(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<Range<i64>, Failure>> + Send;

    /// Narrows a SELECT of new events to those later than the event `after`, where the others have to be
    /// walked along.
    fn line(select: Statement, after: i64) -> Statement;

    /// Ends a SELECT of new events with those of the tenants in the table `r`, later than the event
    /// `after`: of each tenant the first `each`.
    fn overtaking(tenants: Statement, after: i64, each: usize) -> Statement;

    /// Runs an INSERT of deliveries and takes the mark from their events. Tells how many rows were
    /// inserted.
    fn fanned_out(
        connection: &mut Self::Connection,
        insert: Option<Statement>,
        events: Batch<'_>,
    ) -> impl Future<Output = Result<u64, Failure>> + Send;

    /// Forgets which events have overtaken others: every event is fanned out up to the last of these.
    fn end_line(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Deletes deliveries that were acknowledged and logs their attempts: as late where the lease
    /// was lost. Of these it gives the event, the endpoint and the attempt.
    fn acknowledge(
        connection: &mut Self::Connection,
        attempts: [(&'static str, Column); 9],
    ) -> impl Future<Output = Result<Vec<Self::Row>, Failure>> + Send;

    /// Leases due deliveries of these endpoints, and gives them with their events' parts.
    fn claim(
        connection: &mut Self::Connection,
        claim: &Claim<'_>,
    ) -> impl Future<Output = Result<Vec<Self::Row>, Failure>> + Send;

    /// The milliseconds since the epoch by the clock that all dispatchers of this store share.
    fn now(connection: &mut Self::Connection) -> impl Future<Output = Result<i64, Failure>> + Send;

    /// How long, in milliseconds, the oldest snapshot has been open, where it keeps rows from being
    /// cleaned up.
    fn snapshot_age(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<Option<i64>, Failure>> + Send;

    /// Keeps a second dispatcher away where there may be one only, for as long as the value lives.
    fn lock_dispatcher(pool: &Pool<Self>) -> Result<DispatcherLock, OutboxError>;

    /// Whether leases of earlier runs are void when a dispatcher starts, since it is the only one.
    const IS_EXCLUSIVE: bool;

    /// How many of the pool's connections a dispatcher keeps.
    const HELD: u32;

    /// Tells dispatchers of other processes that there is something to do.
    fn notify(pool: &Pool<Self>) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Waits for what [`notify`](Self::notify) tells, and calls `wake`, for ever.
    fn listen(
        pool: &Pool<Self>,
        wake: impl Fn() + Send,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The columns of a row, each of which is read once, in their order.
pub trait Columns {
    /// A number, `None` for `NULL`.
    fn integer(&mut self) -> Result<Option<i64>, Failure>;

    /// A text.
    fn string(&mut self) -> Result<Option<String>, Failure>;

    /// Bytes.
    fn bytes(&mut self) -> Result<Option<Vec<u8>>, Failure>;
}

/// How many lease tokens are taken at once.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) const TOKENS: i64 = 1000;

/// Held by the one dispatcher of a store.
#[derive(Debug)]
pub struct DispatcherLock {
    /// Unlocked when it is closed.
    #[expect(dead_code, reason = "held, and never read")]
    pub(super) file: Option<std::fs::File>,
}

/// What a dispatcher leases.
#[derive(Debug)]
pub struct Claim<'a> {
    /// Endpoints, and how many deliveries of each.
    pub wants: &'a [(i64, usize)],
    pub now: i64,
    pub token: i64,
    pub lease_until: i64,
    /// Leases with a smaller token are void.
    pub void_below: i64,
}

/// Appends acknowledged attempts to the log, of the table `r`.
pub(super) const LOG: &str = "INSERT INTO hookwright_attempt \
     (event, endpoint, event_id, attempt, at, duration, status, answer, outcome) SELECT \
     r.event, r.endpoint, r.event_id, r.attempt, r.at, r.duration, r.status, r.answer, CASE WHEN ";

/// The columns of what [`Backend::claim`] gives: with the attempts before it.
pub(super) const CLAIMED: &str = "d.endpoint, d.attempt, d.format, d.order_key, d.event, \
     e.event_id, e.object, e.operation, e.time, e.changed, e.previous, e.data, d.due, \
     e.object_id, e.context";

/// Which deliveries may be claimed: due, not leased, and of an object's deliveries to an endpoint
/// that keeps their order the first.
pub(super) const CLAIMABLE: &str = "d.state = 0 AND (d.order_key IS NULL OR NOT EXISTS (\
     SELECT 1 FROM hookwright_delivery AS earlier WHERE earlier.endpoint = d.endpoint \
     AND earlier.order_key = d.order_key AND earlier.state = 0 AND earlier.event < d.event))";
