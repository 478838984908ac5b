//! The outbox in a file of SQLite.

mod error;
mod file;
mod packed;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{
    Arguments, AssertSqlSafe, Connection, Executor, Pool, Row, Sqlite, Transaction, TypeInfo,
    ValueRef,
};

pub(super) use self::error::FileError;
pub(super) use self::file::{DatabaseFile, Sidecar};
use self::packed::Packed;
use super::error::OutboxError;
use super::statement::{Column, Parameter, Statement, Tables, Value};
use super::store::{
    Backend, CLAIMABLE, CLAIMED, Claim, Columns, DispatcherLock, Failure, LOG, TOKENS,
};
use crate::outbox::queue::{Batch, CHUNK};

impl Backend for Sqlite {
    const TABLES: Tables = Tables::Values;
    // There is one writer.
    const SKIP_LOCKED: &'static str = "";
    const FOR_UPDATE: &'static str = "";
    const MIGRATIONS: &'static [&'static str] = &[include_str!("sqlite/1.sql")];
    const IS_EXCLUSIVE: bool = true;
    const HELD: u32 = 1;

    async fn execute(
        connection: &mut SqliteConnection,
        statement: Statement,
    ) -> Result<u64, Failure> {
        let (sql, arguments) = positional(statement)?;
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
        Ok(connection.execute(query).await?.rows_affected())
    }

    async fn fetch(
        connection: &mut SqliteConnection,
        statement: Statement,
    ) -> Result<Vec<SqliteRow>, Failure> {
        let (sql, arguments) = positional(statement)?;
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
        connection.fetch_all(query).await
    }

    async fn fetch_wide<T: Send>(
        connection: &mut SqliteConnection,
        columns: &[&str],
        rest: Statement,
        read: fn(&mut dyn Columns) -> Result<T, OutboxError>,
    ) -> Result<Vec<T>, OutboxError> {
        let mut sql = "SELECT ".to_owned();
        packed::push_expression(&mut sql, columns);
        sql.push_str(&rest.sql);
        let select = Statement { sql: sql.into(), values: rest.values };
        let rows = Self::fetch(connection, select).await?;
        rows.iter().map(|row| read(&mut Packed::new(row.try_get(0)?, columns.len())?)).collect()
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
        loop {
            match pool.begin_with("BEGIN IMMEDIATE").await {
                Err(Failure::InvalidSavePointStatement) => close_miscounted(pool),
                begun => return begun,
            }
        }
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
            "SELECT count(*), (SELECT encoding FROM pragma_encoding) FROM sqlite_master \
             WHERE type = 'table' AND name = 'hookwright_meta'",
        );
        let rows = Self::fetch(connection, found).await?;
        let row = rows.first().ok_or(Failure::RowNotFound)?;
        if Self::string(row, 1)?.is_some_and(|encoding| encoding != "UTF-8") {
            // A row that is read as one value has bytes and texts in it.
            return Err(Failure::Configuration(
                "the texts of this file of SQLite are UTF-16: an outbox needs a file of UTF-8"
                    .into(),
            ));
        }
        Ok(Self::integer(row, 0)?.is_some_and(|tables| tables > 0))
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

    fn line(select: Statement, _after: i64) -> Statement {
        // The view begins where the line does.
        select
    }

    fn overtaking(tenants: Statement, after: i64, each: usize) -> Statement {
        tenants
            .text(
                " CROSS JOIN hookwright_event WHERE id IN (SELECT e.id FROM hookwright_event AS e \
                 WHERE e.tenant = r.of_tenant AND e.id NOT IN (SELECT event FROM hookwright_ahead) \
                 AND e.id > ",
            )
            .value(after)
            .text(&format!(" ORDER BY e.id LIMIT {each})"))
    }

    async fn fanned_out(
        connection: &mut SqliteConnection,
        insert: Option<Statement>,
        events: Batch<'_>,
    ) -> Result<u64, Failure> {
        // In one text, since each that is handed over wakes the driver's thread.
        let mut all = insert.map_or_else(|| Statement::new(""), |insert| insert.text("; "));
        if let Some(last) = events.line.iter().max() {
            all = all
                .text("UPDATE hookwright_meta SET number = ")
                .value(*last)
                .text(" WHERE name = 'fanned_out'; ");
        }
        if !events.overtaking.is_empty() {
            let numbers = events.overtaking.iter().copied().collect();
            all = all.text("INSERT INTO hookwright_ahead (event) SELECT r.number FROM ").table(
                Self::TABLES,
                "r",
                [("number", numbers)],
            );
        }
        let changed = Self::execute(connection, all).await?;
        let marks = usize::from(!events.line.is_empty()) + events.overtaking.len();
        Ok(changed.saturating_sub(marks as u64))
    }

    async fn end_line(connection: &mut SqliteConnection) -> Result<(), Failure> {
        Self::script(
            connection,
            "UPDATE hookwright_meta SET number = max(number, \
             (SELECT max(event) FROM hookwright_ahead)) \
             WHERE name = 'fanned_out' AND EXISTS (SELECT 1 FROM hookwright_ahead); \
             DELETE FROM hookwright_ahead",
        )
        .await
    }

    async fn acknowledge(
        connection: &mut SqliteConnection,
        attempts: [(&'static str, Column); 9],
    ) -> Result<Vec<SqliteRow>, Failure> {
        const LOGGED: &str = "FROM hookwright_attempt WHERE id > last_insert_rowid() - ";
        let count = attempts[0].1.rows() as u64;
        let logged = i64::try_from(count).unwrap_or(i64::MAX);
        // In one text, and without rows of an answer, each of which costs as much as the statement.
        let statement = Statement::new(LOG)
            .text(
                "EXISTS (SELECT 1 FROM hookwright_delivery AS d WHERE d.event = r.event \
                 AND d.endpoint = r.endpoint AND d.token = r.token) THEN 0 ELSE 2 END FROM ",
            )
            .table(Self::TABLES, "r", attempts)
            .text("; DELETE FROM hookwright_delivery WHERE (event, endpoint) IN (SELECT event, endpoint ")
            .text(LOGGED)
            .value(logged)
            .text(" AND outcome = 0)");
        if Self::execute(connection, statement).await? == 2 * count {
            return Ok(Vec::new());
        }
        let late = Statement::new("SELECT event, endpoint, attempt ").text(LOGGED).value(logged);
        Self::fetch(connection, late.text(" AND outcome = 2")).await
    }

    async fn claim(
        connection: &mut SqliteConnection,
        claim: &Claim<'_>,
    ) -> Result<Vec<SqliteRow>, Failure> {
        let mut rows = Vec::new();
        for wants in alike(claim.wants) {
            rows.extend(due(connection, claim, &wants).await?);
        }
        for rows in rows.chunks(CHUNK) {
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
        }
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

/// Closes the idle connections that count a transaction which is over.
///
/// SQLite itself rolls back when the disk is full. The driver's ROLLBACK then fails, and the driver
/// believes ever after that the transaction is open.
fn close_miscounted(pool: &Pool<Sqlite>) {
    let mut sound = Vec::new();
    while let Some(connection) = pool.try_acquire() {
        if connection.is_in_transaction() {
            drop(connection.detach());
        } else {
            sound.push(connection);
        }
    }
}

/// How many rows are read in vain, at most, so that there is one statement for all endpoints: as many
/// times what is wanted, and as many beside.
const VAIN_TIMES: usize = 4;
const VAIN: usize = 256;

/// Groups of endpoints that want about as many: one group, unless by the limit of the one that wants
/// most far more rows would be read than are wanted, each with its event.
fn alike(wants: &[(i64, usize)]) -> Vec<Vec<(i64, usize)>> {
    let wanted: usize = wants.iter().map(|(_, count)| *count).sum();
    let read = limit(wants).saturating_mul(wants.len());
    if read <= wanted.saturating_mul(VAIN_TIMES).saturating_add(VAIN) {
        return vec![wants.to_vec()];
    }
    let mut groups: BTreeMap<u32, Vec<(i64, usize)>> = BTreeMap::new();
    for (endpoint, count) in wants {
        // 1 and 2, up to 8, up to 32, …
        let size = count.next_power_of_two().ilog2() / 2;
        groups.entry(size).or_default().push((*endpoint, *count));
    }
    groups.into_values().collect()
}

/// How many rows are read for each endpoint: a power of two, so that there are few texts.
fn limit(wants: &[(i64, usize)]) -> usize {
    wants.iter().map(|(_, count)| *count).max().unwrap_or_default().next_power_of_two()
}

/// What is due of these endpoints, as much as each of them wants.
async fn due(
    connection: &mut SqliteConnection,
    claim: &Claim<'_>,
    wants: &[(i64, usize)],
) -> Result<Vec<SqliteRow>, Failure> {
    // In the text, since a limit that is bound makes SQLite compile the statement anew each time.
    let limit = format!(" ORDER BY d.due, d.event LIMIT {})", limit(wants));
    let select = Statement::new("SELECT ")
        .text(CLAIMED)
        .text(" FROM ")
        .bind(claim.now)
        .bind(claim.void_below)
        .table(
            Sqlite::TABLES,
            "want",
            [("endpoint", wants.iter().map(|(endpoint, _)| *endpoint).collect())],
        )
        // CROSS JOIN keeps this order: the first due of each endpoint, by the index.
        .text(
            " CROSS JOIN hookwright_event AS e CROSS JOIN hookwright_delivery AS d \
             WHERE d.endpoint = want.endpoint AND d.event = e.id AND e.id IN (\
             SELECT d.event FROM hookwright_delivery AS d WHERE d.endpoint = want.endpoint \
             AND d.due <= $1 AND (d.lease_until <= $1 OR d.token < $2) AND ",
        )
        .text(CLAIMABLE)
        .text(&limit);
    let mut rows = Sqlite::fetch(connection, select).await?;
    keep_wanted(&mut rows, wants)?;
    Ok(rows)
}

/// Of each endpoint's rows, the first as many as were asked for.
fn keep_wanted(rows: &mut Vec<SqliteRow>, wants: &[(i64, usize)]) -> Result<(), Failure> {
    let mut left: HashMap<i64, usize> = wants.iter().copied().collect();
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

/// Writes `?` for each `$n`, and binds the values in the order of their places: SQLite looks the
/// number of a named place up by walking along all of them, for every value anew.
fn positional(statement: Statement) -> Result<(String, SqliteArguments), Failure> {
    let Statement { sql, mut values } = statement;
    let mut text = String::with_capacity(sql.len());
    let mut places = Vec::with_capacity(values.len());
    let mut last_place = vec![0; values.len()];
    let mut parts = sql.split('$');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (number, rest) = number_of_place(part);
        let len = values.len();
        let wrong = || Failure::ColumnIndexOutOfBounds { index: number, len };
        *last_place.get_mut(number).ok_or_else(wrong)? = places.len();
        places.push(number);
        text.push('?');
        text.push_str(rest);
    }
    let mut arguments = SqliteArguments::default();
    arguments.reserve(places.len(), 0);
    for (place, number) in places.into_iter().enumerate() {
        let value = match &mut values[number] {
            Value::One(value) if last_place[number] == place => value.take(),
            Value::One(value) => value.clone(),
            Value::Many(_) => return Err(Failure::Encode("SQLite has no arrays".into())),
        };
        let added = match value {
            Parameter::Text(text) => arguments.add(text),
            Parameter::Bytes(bytes) => arguments.add(bytes),
            Parameter::Integer(number) => arguments.add(number),
        };
        added.map_err(Failure::Encode)?;
    }
    Ok((text, arguments))
}

/// The number of a place, from 0, and what stands behind it.
fn number_of_place(text: &str) -> (usize, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let digits = text[..end].bytes();
    let number = digits.fold(0_usize, |number, digit| {
        number.saturating_mul(10).saturating_add(usize::from(digit - b'0'))
    });
    (number.wrapping_sub(1), &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_of_utf_16_is_refused() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a file");
        assert!(!Sqlite::has_tables(&mut connection).await.expect("a file of UTF-8"));
        Sqlite::script(&mut connection, "PRAGMA encoding = 'UTF-16'").await.expect("an empty file");
        let error = Sqlite::has_tables(&mut connection).await.expect_err("a file of UTF-16");
        assert!(error.to_string().contains("UTF-16"), "{error}");
    }

    #[test]
    fn few_rows_are_read_that_are_not_wanted() {
        let check = |wants: &[usize], groups: usize| {
            let wants: Vec<(i64, usize)> = (1..).zip(wants.iter().copied()).collect();
            let found = alike(&wants);
            assert_eq!(found.len(), groups, "{wants:?}");
            let mut all = found.concat();
            all.sort_unstable();
            assert_eq!(all, wants);
            let read: usize = found.iter().map(|group| limit(group) * group.len()).sum();
            let wanted: usize = wants.iter().map(|(_, count)| count).sum();
            assert!(read <= VAIN_TIMES * wanted + VAIN, "{read} of {wanted}");
        };
        // What is usual: about as many of each, or few of all.
        check(&[64], 1);
        check(&[3; 80], 1);
        check(&[8, 7, 5, 1, 2, 8, 3, 4, 6, 1], 1);
        check(&[16, 1, 1, 1, 1, 1, 1, 1, 1, 1], 1);
        // One wants many, and many want one.
        check(&[[64].as_slice(), &[1; 190]].concat(), 2);
        check(&[[200, 30].as_slice(), &[1; 300], &[9; 20]].concat(), 3);
    }

    #[test]
    fn values_are_bound_in_the_order_of_their_places() {
        let statement = Statement::new("SELECT $2, $1 WHERE $2 IS NULL OR a = $2 AND b = $3")
            .bind(1)
            .bind("two")
            .bind(vec![3_u8]);
        let (sql, arguments) = positional(statement).expect("three values");
        assert_eq!(sql, "SELECT ?, ? WHERE ? IS NULL OR a = ? AND b = ?");
        assert_eq!(Arguments::len(&arguments), 5);
    }

    #[test]
    fn a_place_without_a_value_is_an_error() {
        assert!(positional(Statement::new("SELECT $2").bind(1)).is_err());
        assert!(positional(Statement::new("SELECT $0").bind(1)).is_err());
    }
}
