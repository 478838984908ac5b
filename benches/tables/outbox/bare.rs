//! What the outbox does in SQLite, by sqlx alone: the same rows in as many transactions.

use std::error::Error;
use std::time::{Duration, Instant};

use hookwright::WebhookObject;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Sqlite};
use uuid::Uuid;

use super::database::{Database, Opened};
use super::deliver::BATCH;
use super::figures::Figures;
use super::note::Note;
use crate::send::load::cpu_nanoseconds;
use hookwright_benches::median;

const EVENT: &str = "INSERT INTO hookwright_event \
     (event_id, tenant, object, operation, object_id, time, changed, previous, data, emitted_at) \
     VALUES ";
const DELIVERY: &str = "INSERT INTO hookwright_delivery \
     (event, endpoint, due, format, order_key, token, lease_until, attempt) VALUES ";
const ATTEMPT: &str = "INSERT INTO hookwright_attempt \
     (event, endpoint, event_id, attempt, at, duration, outcome, status, error, answer, location) \
     VALUES ";
const DELETE: &str = "DELETE FROM hookwright_delivery WHERE (event, endpoint, token) IN (VALUES ";

/// Writes so many events, a hundred to a transaction, and then in `commits` transactions what
/// becomes of them.
pub(crate) async fn run(path: &str, events: i64, commits: i64) -> Result<Figures, Box<dyn Error>> {
    let mut connection = connect(path).await?;
    let mut figures = Figures::default();
    let (start, cpu) = (Instant::now(), cpu_nanoseconds()?);
    let batch = i64::try_from(BATCH)?;
    for first in (1..=events).step_by(BATCH) {
        let count = batch.min(events + 1 - first);
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        insert_events(&mut transaction, first, count).await?;
        transaction.commit().await?;
    }
    figures.set("emit.seconds", start.elapsed().as_secs_f64());
    figures.set("emit.cpu", seconds(cpu_nanoseconds()? - cpu));

    let (start, cpu) = (Instant::now(), cpu_nanoseconds()?);
    let many = (events + commits - 1) / commits;
    let mut done = 0..0;
    for first in (1..=events).step_by(usize::try_from(many)?) {
        let next = first..(first + many).min(events + 1);
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        finish(&mut transaction, done).await?;
        deliver(&mut transaction, next.clone()).await?;
        transaction.commit().await?;
        done = next;
    }
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    finish(&mut transaction, done).await?;
    transaction.commit().await?;
    figures.set("deliver.seconds", start.elapsed().as_secs_f64());
    figures.set("deliver.cpu", seconds(cpu_nanoseconds()? - cpu));
    Ok(figures)
}

/// Emits one event a transaction, in turn with the same INSERT by sqlx alone in another file: the
/// two in blocks, forwards and backwards.
pub(crate) async fn emit_one_by_one(
    ours: &str,
    bare: &str,
    blocks: i64,
) -> Result<Figures, Box<dyn Error>> {
    const BLOCK: i64 = 20;
    let outbox = Sqlite::open(ours).await?.outbox;
    let mut connection = connect(bare).await?;
    let (mut of_ours, mut of_bare) = (Vec::new(), Vec::new());
    // The first block is not counted.
    for block in 0..=blocks {
        let first = block * BLOCK + 1;
        let mut passed = [Duration::ZERO; 2];
        let order = if block % 2 == 0 { [0, 1] } else { [1, 0] };
        for contender in order {
            let start = Instant::now();
            for number in first..first + BLOCK {
                if contender == 0 {
                    let note = Note::new(usize::try_from(number)?);
                    let mut transaction = outbox.begin().await?;
                    outbox.emit(&mut transaction, &note.created()).await?;
                    transaction.commit().await?;
                } else {
                    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
                    insert_events(&mut transaction, number, 1).await?;
                    transaction.commit().await?;
                }
            }
            passed[contender] = start.elapsed();
        }
        if block > 0 {
            let each = passed.map(|passed| passed.as_secs_f64() / 20.0);
            of_ours.push(each[0]);
            of_bare.push(each[1]);
        }
    }
    let ratios = of_bare.iter().zip(&of_ours).map(|(bare, ours)| bare / ours);
    let mut figures = Figures::default();
    figures.set("ratio", median(ratios));
    figures.set("ours", of_ours.iter().sum::<f64>() / super::deliver::to_float(blocks));
    figures.set("bare", of_bare.iter().sum::<f64>() / super::deliver::to_float(blocks));
    Ok(figures)
}

/// A connection with the outbox's options to a file with the outbox's tables.
pub(crate) async fn connect(path: &str) -> Result<SqliteConnection, Box<dyn Error>> {
    let Opened { outbox, .. } = Sqlite::open(path).await?;
    let options = outbox.pool().connect_options();
    outbox.pool().close().await;
    Ok(SqliteConnection::connect_with(&options).await?)
}

pub(crate) async fn insert_events(
    connection: &mut SqliteConnection,
    first: i64,
    count: i64,
) -> Result<(), Box<dyn Error>> {
    let sql = with_places(EVENT, count, 10);
    let mut query = sqlx::query(AssertSqlSafe(sql + " ON CONFLICT (event_id) DO NOTHING"));
    for number in first..first + count {
        let note = Note::new(usize::try_from(number)?);
        let event = note.created();
        let time = event.timestamp().timestamp_millis();
        query = query
            .bind(Uuid::from_u64_pair(time.cast_unsigned(), number.cast_unsigned()).to_string())
            .bind(None::<String>)
            .bind("note")
            .bind("created")
            .bind(event.object_id().to_string())
            .bind(time)
            .bind(None::<String>)
            .bind(None::<Vec<u8>>)
            .bind(serde_json::to_vec(event.data())?)
            .bind(time);
    }
    query.execute(connection).await?;
    Ok(())
}

/// Inserts deliveries, and takes the mark from their events.
async fn deliver(
    connection: &mut SqliteConnection,
    events: std::ops::Range<i64>,
) -> Result<(), Box<dyn Error>> {
    let sql = with_places(DELIVERY, events.end - events.start, 8);
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for event in events.clone() {
        query = query
            .bind(event)
            .bind(1_i64)
            .bind(1_739_201_450_000_i64)
            .bind(0_i64)
            .bind(None::<i64>)
            .bind(7_i64)
            .bind(1_739_201_470_000_i64)
            .bind(1_i64);
    }
    query.execute(&mut *connection).await?;
    sqlx::query("UPDATE hookwright_meta SET number = $1 WHERE name = 'fanned_out'")
        .bind(events.end - 1)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes deliveries, and logs their attempts.
async fn finish(
    connection: &mut SqliteConnection,
    events: std::ops::Range<i64>,
) -> Result<(), Box<dyn Error>> {
    let count = events.end - events.start;
    if count == 0 {
        return Ok(());
    }
    let mut query = sqlx::query(AssertSqlSafe(with_places(DELETE, count, 3) + ")"));
    for event in events.clone() {
        query = query.bind(event).bind(1_i64).bind(7_i64);
    }
    query.execute(&mut *connection).await?;
    let mut query = sqlx::query(AssertSqlSafe(with_places(ATTEMPT, count, 11)));
    for event in events {
        query = query
            .bind(event)
            .bind(1_i64)
            .bind("0194f0a2-7b10-7000-8000-000000000000")
            .bind(1_i64)
            .bind(1_739_201_450_000_i64)
            .bind(1_000_i64)
            .bind(0_i64)
            .bind(204_i64)
            .bind(None::<String>)
            .bind(None::<Vec<u8>>)
            .bind(None::<String>);
    }
    query.execute(connection).await?;
    Ok(())
}

/// Rows of `?` after a statement's beginning.
fn with_places(beginning: &str, rows: i64, columns: usize) -> String {
    let mut sql = beginning.to_owned();
    for row in 0..rows {
        sql.push_str(if row == 0 { "(?" } else { ", (?" });
        sql.push_str(&", ?".repeat(columns - 1));
        sql.push(')');
    }
    sql
}

#[expect(clippy::cast_precision_loss, reason = "of some seconds")]
fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}
