//! The outbox in a file of SQLite.

mod error;
mod file;

use std::collections::HashMap;
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{
    Arguments, AssertSqlSafe, Connection, Executor, Pool, Row, Sqlite, Transaction, TypeInfo,
    ValueRef,
};

pub(super) use self::error::FileError;
pub(super) use self::file::{DatabaseFile, Sidecar};
use super::error::OutboxError;
use super::statement::{Column, Parameter, Statement, Tables, Value};
use super::store::{Backend, CLAIMABLE, CLAIMED, Claim, DispatcherLock, Failure, TOKENS};

impl Backend for Sqlite {
    const TABLES: Tables = Tables::Values;
    // There is one writer.
    const SKIP_LOCKED: &'static str = "";
    const FOR_UPDATE: &'static str = "";
    const MIGRATIONS: &'static [&'static str] = &[include_str!("sqlite/1.sql")];
    const IS_EXCLUSIVE: bool = true;

    async fn execute(
        connection: &mut SqliteConnection,
        statement: Statement,
    ) -> Result<u64, Failure> {
        let Statement { sql, values } = statement;
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments(values)?);
        Ok(connection.execute(query).await?.rows_affected())
    }

    async fn fetch(
        connection: &mut SqliteConnection,
        statement: Statement,
    ) -> Result<Vec<SqliteRow>, Failure> {
        let Statement { sql, values } = statement;
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments(values)?);
        connection.fetch_all(query).await
    }

    async fn script(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), Failure> {
        connection.execute(sqlx::raw_sql(sql)).await.map(drop)
    }

    fn integer(row: &SqliteRow, column: usize) -> Result<Option<i64>, Failure> {
        row.try_get(column)
    }

    fn string(row: &SqliteRow, column: usize) -> Result<Option<String>, Failure> {
        row.try_get(column)
    }

    fn bytes(row: &SqliteRow, column: usize) -> Result<Option<Vec<u8>>, Failure> {
        // Unchecked, since the driver takes an empty text for NULL's type.
        let value = row.try_get_raw(column)?;
        if value.is_null() || value.type_info().is_null() {
            return Ok(None);
        }
        row.try_get_unchecked(column)
    }

    async fn begin(pool: &Pool<Sqlite>) -> Result<Transaction<'static, Sqlite>, Failure> {
        pool.begin_with("BEGIN IMMEDIATE").await
    }

    async fn begin_own(
        connection: &mut SqliteConnection,
    ) -> Result<Transaction<'_, Sqlite>, Failure> {
        connection.begin_with("BEGIN IMMEDIATE").await
    }

    async fn prepare_own(_connection: &mut SqliteConnection) -> Result<(), Failure> {
        Ok(())
    }

    async fn has_tables(connection: &mut SqliteConnection) -> Result<bool, Failure> {
        let found = Statement::new(
            "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'hookwright_meta'",
        );
        let rows = Self::fetch(connection, found).await?;
        Ok(rows.first().is_some_and(|row| matches!(Self::integer(row, 0), Ok(Some(1..)))))
    }

    async fn lock_migration(_connection: &mut SqliteConnection) -> Result<(), Failure> {
        // The transaction is IMMEDIATE.
        Ok(())
    }

    async fn try_lock_fan_out(_connection: &mut SqliteConnection) -> Result<bool, Failure> {
        Ok(true)
    }

    async fn next_tokens(connection: &mut SqliteConnection) -> Result<Range<i64>, Failure> {
        let next = Statement::new(
            "UPDATE hookwright_meta SET number = number + $1 WHERE name = 'token' RETURNING number",
        );
        let rows = Self::fetch(connection, next.bind(TOKENS)).await?;
        let row = rows.first().ok_or(Failure::RowNotFound)?;
        let end = Self::integer(row, 0)?.ok_or(Failure::RowNotFound)?;
        Ok(end - TOKENS + 1..end + 1)
    }

    async fn claim(
        connection: &mut SqliteConnection,
        claim: &Claim<'_>,
    ) -> Result<Vec<SqliteRow>, Failure> {
        let most = claim.wants.iter().map(|(_, count)| *count).max().unwrap_or_default();
        let select = Statement::new("SELECT ")
            .text(CLAIMED)
            .text(" FROM ")
            .bind(claim.now)
            .bind(claim.void_below)
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .table(
                Self::TABLES,
                "want",
                [("endpoint", claim.wants.iter().map(|(endpoint, _)| *endpoint).collect())],
            )
            // CROSS JOIN keeps this order: the first due of each endpoint, by the index.
            .text(
                " CROSS JOIN hookwright_event AS e CROSS JOIN hookwright_delivery AS d \
                 WHERE d.endpoint = want.endpoint AND d.event = e.id AND e.id IN (\
                 SELECT d.event FROM hookwright_delivery AS d WHERE d.endpoint = want.endpoint \
                 AND d.due <= $1 AND (d.lease_until <= $1 OR d.token < $2) AND ",
            )
            .text(CLAIMABLE)
            .text(" ORDER BY d.due, d.event LIMIT $3)");
        let mut rows = Self::fetch(connection, select).await?;
        keep_wanted(&mut rows, claim)?;
        if rows.is_empty() {
            return Ok(rows);
        }
        let column = |column| rows.iter().map(|row| Self::integer(row, column)).collect();
        let (of_endpoint, of_event): (Result<Column, _>, Result<Column, _>) =
            (column(0), column(4));
        let lease = Statement::new(
            "UPDATE hookwright_delivery AS d SET token = $1, lease_until = $2, attempt = attempt + 1 FROM ",
        )
        .bind(claim.token)
        .bind(claim.lease_until)
        .table(Self::TABLES, "r", [("of_event", of_event?), ("of_endpoint", of_endpoint?)])
        .text(" WHERE d.event = r.of_event AND d.endpoint = r.of_endpoint");
        Self::execute(connection, lease).await?;
        Ok(rows)
    }

    async fn now(_connection: &mut SqliteConnection) -> Result<i64, Failure> {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    async fn snapshot_age(_connection: &mut SqliteConnection) -> Result<Option<i64>, Failure> {
        Ok(None)
    }

    fn lock_dispatcher(pool: &Pool<Sqlite>) -> Result<DispatcherLock, OutboxError> {
        DatabaseFile::of_pool(pool)?.lock_dispatcher()
    }

    async fn notify(_pool: &Pool<Sqlite>) -> Result<(), Failure> {
        // Other processes find it by their poll.
        Ok(())
    }

    async fn listen(_pool: &Pool<Sqlite>, _wake: impl Fn() + Send) -> Result<(), Failure> {
        std::future::pending().await
    }
}

/// Of each endpoint's rows, the first as many as were asked for.
fn keep_wanted(rows: &mut Vec<SqliteRow>, claim: &Claim<'_>) -> Result<(), Failure> {
    let mut left: HashMap<i64, usize> = claim.wants.iter().copied().collect();
    let mut keyed = Vec::with_capacity(rows.len());
    for row in rows.drain(..) {
        let number = |column| Sqlite::integer(&row, column).map(Option::unwrap_or_default);
        keyed.push(((number(12)?, number(4)?), number(0)?, row));
    }
    keyed.sort_by_key(|(order, ..)| *order);
    let mut is_wanted = |endpoint| match left.get_mut(&endpoint) {
        Some(left @ 1..) => {
            *left -= 1;
            true
        }
        _ => false,
    };
    rows.extend(
        keyed.into_iter().filter(|(_, endpoint, _)| is_wanted(*endpoint)).map(|(.., row)| row),
    );
    Ok(())
}

fn arguments(values: Vec<Value>) -> Result<SqliteArguments, Failure> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(values.len(), 0);
    for value in values {
        let added = match value {
            Value::One(Parameter::Text(text)) => arguments.add(text),
            Value::One(Parameter::Bytes(bytes)) => arguments.add(bytes),
            Value::One(Parameter::Integer(number)) => arguments.add(number),
            Value::Many(_) => Err("SQLite has no arrays".into()),
        };
        added.map_err(Failure::Encode)?;
    }
    Ok(arguments)
}
