//! The outbox in PostgreSQL.

use std::ops::Range;

use sqlx::postgres::{PgArguments, PgConnection, PgListener, PgRow};
use sqlx::{
    Arguments, AssertSqlSafe, Connection, Executor, Pool, Postgres, Row, Transaction, TypeInfo,
    ValueRef,
};

use super::error::OutboxError;
use super::queue::Batch;
use super::statement::{Column, Parameter, Statement, Tables, Value};
use super::store::{
    Backend, CLAIMABLE, CLAIMED, Claim, Columns, DispatcherLock, Failure, LOG, TOKENS,
};

/// The locks that an application might take too are those of two numbers; ours is the first.
const LOCKS: i32 = 0x686f_6f6b;
const MIGRATION: i32 = 1;
const FAN_OUT: i32 = 2;
/// The channel of `NOTIFY`.
const CHANNEL: &str = "hookwright";

impl Backend for Postgres {
    const TABLES: Tables = Tables::Arrays;
    const SKIP_LOCKED: &'static str = " FOR UPDATE SKIP LOCKED";
    const FOR_UPDATE: &'static str = " FOR UPDATE";
    const MIGRATIONS: &'static [&'static str] = &[include_str!("postgres/1.sql")];
    const IS_EXCLUSIVE: bool = false;
    // One of them to listen on.
    const HELD: u32 = 2;

    async fn execute(connection: &mut PgConnection, statement: Statement) -> Result<u64, Failure> {
        let Statement { sql, values } = statement;
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments(values)?);
        Ok(connection.execute(query).await?.rows_affected())
    }

    async fn fetch(
        connection: &mut PgConnection,
        statement: Statement,
    ) -> Result<Vec<PgRow>, Failure> {
        let Statement { sql, values } = statement;
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments(values)?);
        connection.fetch_all(query).await
    }

    async fn fetch_wide<T: Send>(
        connection: &mut PgConnection,
        columns: &[&str],
        rest: Statement,
        read: fn(&mut dyn Columns) -> Result<T, OutboxError>,
    ) -> Result<Vec<T>, OutboxError> {
        let sql = ["SELECT ", &columns.join(", "), &rest.sql].concat();
        let select = Statement { sql: sql.into(), values: rest.values };
        let rows = Self::fetch(connection, select).await?;
        rows.iter().map(|row| read(&mut RowColumns { row, next: 0 })).collect()
    }

    async fn script(connection: &mut PgConnection, sql: &'static str) -> Result<(), Failure> {
        connection.execute(sqlx::raw_sql(sql)).await.map(drop)
    }

    fn integer(row: &PgRow, column: usize) -> Result<Option<i64>, Failure> {
        let value = row.try_get_raw(column)?;
        if value.is_null() {
            return Ok(None);
        }
        match value.type_info().name() {
            "INT2" => Ok(Some(row.try_get::<i16, _>(column)?.into())),
            "INT4" => Ok(Some(row.try_get::<i32, _>(column)?.into())),
            _ => row.try_get(column).map(Some),
        }
    }

    fn string(row: &PgRow, column: usize) -> Result<Option<String>, Failure> {
        row.try_get(column)
    }

    fn bytes(row: &PgRow, column: usize) -> Result<Option<Vec<u8>>, Failure> {
        row.try_get(column)
    }

    async fn begin(pool: &Pool<Postgres>) -> Result<Transaction<'static, Postgres>, Failure> {
        pool.begin().await
    }

    async fn begin_own(
        connection: &mut PgConnection,
    ) -> Result<Transaction<'_, Postgres>, Failure> {
        connection.begin().await
    }

    async fn prepare_own(connection: &mut PgConnection) -> Result<(), Failure> {
        // A queue's table is empty at one moment and holds a million rows at the next, which the
        // planner's statistics do not follow: every statement here has an index to go by. A
        // dispatcher that is frozen within a transaction does not hold its rows for long.
        Self::script(
            connection,
            "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
             SET enable_bitmapscan = off; SET jit = off; SET plan_cache_mode = force_generic_plan; \
             SET application_name = 'hookwright dispatcher'; \
             SET idle_in_transaction_session_timeout = '5s'; SET statement_timeout = '60s'",
        )
        .await
    }

    async fn has_tables(connection: &mut PgConnection) -> Result<bool, Failure> {
        let found = Statement::new("SELECT to_regclass('hookwright_meta')::text");
        let rows = Self::fetch(connection, found).await?;
        Ok(rows.first().is_some_and(|row| matches!(Self::string(row, 0), Ok(Some(_)))))
    }

    async fn lock_migration(connection: &mut PgConnection) -> Result<(), Failure> {
        let lock =
            Statement::new("SELECT pg_advisory_xact_lock($1::bigint::int, $2::bigint::int)::text")
                .bind(i64::from(LOCKS))
                .bind(i64::from(MIGRATION));
        Self::fetch(connection, lock).await.map(drop)
    }

    async fn try_lock_fan_out(connection: &mut PgConnection) -> Result<bool, Failure> {
        let lock = Statement::new(
            "SELECT pg_try_advisory_xact_lock($1::bigint::int, $2::bigint::int)::int",
        )
        .bind(i64::from(LOCKS))
        .bind(i64::from(FAN_OUT));
        let rows = Self::fetch(connection, lock).await?;
        Ok(rows.first().is_some_and(|row| matches!(Self::integer(row, 0), Ok(Some(1)))))
    }

    async fn next_tokens(connection: &mut PgConnection) -> Result<Range<i64>, Failure> {
        let rows =
            Self::fetch(connection, Statement::new("SELECT nextval('hookwright_token')")).await?;
        let row = rows.first().ok_or(Failure::RowNotFound)?;
        let start = Self::integer(row, 0)?.ok_or(Failure::RowNotFound)?;
        Ok(start..start + TOKENS)
    }

    fn line(select: Statement, after: i64) -> Statement {
        // An event that is not new any more is in the index until the table is vacuumed.
        select.text(" WHERE id > ").value(after)
    }

    fn overtaking(tenants: Statement, after: i64, each: usize) -> Statement {
        // Written so that no other index than that of tenants serves, whatever the planner has seen of
        // a table in which nearly all is one tenant's: any other walks along a whole burst.
        tenants
            .text(
                " CROSS JOIN LATERAL (SELECT * FROM hookwright_event AS e \
                 WHERE e.fresh > 0 AND e.tenant IS NOT NULL AND (e.tenant, e.id) > (r.of_tenant, ",
            )
            .value(after)
            .text("::bigint) AND (e.tenant, e.id) <= (r.of_tenant, ")
            .value(i64::MAX)
            .text(&format!("::bigint) ORDER BY e.tenant, e.id LIMIT {each}"))
            .text(Self::SKIP_LOCKED)
            .text(") AS overtaking")
    }

    async fn fanned_out(
        connection: &mut PgConnection,
        insert: Option<Statement>,
        events: Batch<'_>,
    ) -> Result<u64, Failure> {
        const CLEAR: &str = "UPDATE hookwright_event SET fresh = 0 WHERE id = ANY(";
        let events = Value::Many(events.line.iter().chain(events.overtaking).copied().collect());
        let Some(Statement { sql, mut values }) = insert else {
            let clear = format!("{CLEAR}$1)");
            let clear = Statement { sql: clear.into(), values: vec![events] };
            return Self::execute(connection, clear).await.map(|_cleared| 0);
        };
        values.push(events);
        let sql = format!("WITH cleared AS ({CLEAR}${})) {sql}", values.len());
        Self::execute(connection, Statement { sql: sql.into(), values }).await
    }

    async fn end_line(_connection: &mut PgConnection) -> Result<(), Failure> {
        // Each event has a mark of its own.
        Ok(())
    }

    async fn acknowledge(
        connection: &mut PgConnection,
        attempts: [(&'static str, Column); 9],
    ) -> Result<Vec<PgRow>, Failure> {
        let statement = Statement::new("WITH r AS (SELECT * FROM ")
            .table(Self::TABLES, "r", attempts)
            .text(
                "), ended AS (DELETE FROM hookwright_delivery WHERE (event, endpoint, token) IN \
                 (SELECT event, endpoint, token FROM r) RETURNING event, endpoint, token), logged AS (",
            )
            .text(LOG)
            .text(
                "(r.event, r.endpoint, r.token) IN (SELECT event, endpoint, token FROM ended) \
                 THEN 0 ELSE 2 END FROM r RETURNING event, endpoint, attempt, outcome) \
                 SELECT event, endpoint, attempt FROM logged WHERE outcome = 2",
            );
        Self::fetch(connection, statement).await
    }

    async fn claim(
        connection: &mut PgConnection,
        claim: &Claim<'_>,
    ) -> Result<Vec<PgRow>, Failure> {
        let endpoints = claim.wants.iter().map(|(endpoint, _)| *endpoint).collect();
        let counts = claim.wants.iter().map(|(_, count)| i64::try_from(*count).unwrap_or(i64::MAX));
        let statement = Statement::new("WITH due AS (SELECT f.event, f.endpoint FROM ")
            .bind(claim.now)
            .bind(claim.void_below)
            .bind(claim.token)
            .bind(claim.lease_until)
            .table(
                Self::TABLES,
                "want",
                [("endpoint", endpoints), ("count", counts.collect())],
            )
            .text(
                " CROSS JOIN LATERAL (SELECT d.event, d.endpoint FROM hookwright_delivery AS d \
                 WHERE d.endpoint = want.endpoint AND d.due <= $1 AND (d.lease_until <= $1 OR d.token < $2) AND ",
            )
            .text(CLAIMABLE)
            .text(
                " ORDER BY d.due, d.event LIMIT want.count FOR UPDATE OF d SKIP LOCKED) AS f), \
                 claimed AS (UPDATE hookwright_delivery AS d SET token = $3, lease_until = $4, attempt = d.attempt + 1 \
                 FROM due WHERE d.event = due.event AND d.endpoint = due.endpoint \
                 RETURNING d.endpoint, d.attempt - 1 AS attempt, d.format, d.order_key, d.event, d.due) SELECT ",
            )
            .text(CLAIMED)
            .text(" FROM claimed AS d JOIN hookwright_event AS e ON e.id = d.event");
        Self::fetch(connection, statement).await
    }

    async fn now(connection: &mut PgConnection) -> Result<i64, Failure> {
        let now = Statement::new("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint");
        let rows = Self::fetch(connection, now).await?;
        let row = rows.first().ok_or(Failure::RowNotFound)?;
        Self::integer(row, 0)?.ok_or(Failure::RowNotFound)
    }

    async fn snapshot_age(connection: &mut PgConnection) -> Result<Option<i64>, Failure> {
        let age = Statement::new(
            "SELECT max(extract(epoch FROM clock_timestamp() - xact_start) * 1000)::bigint \
             FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND datname = current_database()",
        );
        let rows = Self::fetch(connection, age).await?;
        rows.first().map_or(Ok(None), |row| Self::integer(row, 0))
    }

    fn lock_dispatcher(_pool: &Pool<Postgres>) -> Result<DispatcherLock, OutboxError> {
        // There may be any number.
        Ok(DispatcherLock { file: None })
    }

    async fn notify(pool: &Pool<Postgres>) -> Result<(), Failure> {
        let notify = Statement::new("SELECT pg_notify($1, '')::text").bind(CHANNEL);
        Self::fetch(&mut *pool.acquire().await?, notify).await.map(drop)
    }

    async fn listen(pool: &Pool<Postgres>, wake: impl Fn() + Send) -> Result<(), Failure> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        loop {
            listener.recv().await?;
            wake();
        }
    }
}

/// The columns of a row, from the next on.
struct RowColumns<'a> {
    row: &'a PgRow,
    next: usize,
}

impl RowColumns<'_> {
    fn take(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }
}

impl Columns for RowColumns<'_> {
    fn integer(&mut self) -> Result<Option<i64>, Failure> {
        Postgres::integer(self.row, self.take())
    }

    fn string(&mut self) -> Result<Option<String>, Failure> {
        Postgres::string(self.row, self.take())
    }

    fn bytes(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        Postgres::bytes(self.row, self.take())
    }
}

fn arguments(values: Vec<Value>) -> Result<PgArguments, Failure> {
    let mut arguments = PgArguments::default();
    arguments.reserve(values.len(), 0);
    for value in values {
        let added = match value {
            Value::One(Parameter::Text(text)) => arguments.add(text),
            Value::One(Parameter::Bytes(bytes)) => arguments.add(bytes),
            Value::One(Parameter::Integer(number)) => arguments.add(number),
            Value::Many(Column::Texts(texts)) => arguments.add(texts),
            Value::Many(Column::Blobs(blobs)) => arguments.add(blobs),
            Value::Many(Column::Integers(integers)) => arguments.add(integers),
        };
        added.map_err(Failure::Encode)?;
    }
    Ok(arguments)
}
