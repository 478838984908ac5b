//! Claims while many deliveries wait.

use std::error::Error;
use std::fmt::Write as _;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hookwright::{EndpointSettings, Order, WebhookObject};
use hookwright_benches::{Bound, Row, Table, grouped};
use sqlx::{Postgres, Sqlite};

use super::cpu::peak_memory;
use super::database::Database;
use super::deliver::{Running, sender, settings};
use super::figures::{Figures, percentile, shown, spread};
use super::note::Note;
use super::sink::Sink;
use super::stores::{NewDatabase, on_each};
use super::this_program;

/// How many deliveries wait; the first is what memory is compared with.
const SIZES: [u32; 4] = [0, 1_000, 100_000, 1_000_000];
/// How often so many events are emitted, one at a time.
const GROUPS: usize = 5;
const EVENTS: usize = 200;

/// Of what waits, nine tenths are of an endpoint that hangs, with all of its slots taken.
const HANGING: usize = 1;
const CONCURRENCY: usize = 8;
/// A tenth is of one that answers, and is claimed so often a second.
const ANSWERING: usize = 2;
const PER_SECOND: u32 = 10;
/// The events that are measured go to a third.
const QUIET: usize = 3;
/// What the hanging endpoint has for one attempt: longer than the measuring takes.
const DEADLINE: Duration = Duration::from_secs(30);

/// The 99th percentile with 1,000,000 to that with 1,000.
const GROWTH: Bound = Bound::AtMost(2.0);
/// The 99th percentile with 1,000,000, in milliseconds.
const LATENCY: Bound = Bound::AtMost(20.0);
/// What 1,000,000 that wait add to the memory of a process, in MiB.
const MEMORY: Bound = Bound::AtMost(64.0);

pub(crate) fn measure() -> Table {
    let mut table = Table::new(
        "outbox-backlog",
        "from commit to arrival, one event at a time, while other deliveries wait, nine tenths of \
         them one endpoint's (of 200 events, least / median / most of 5)",
    );
    if let Err(error) = fill_table(&mut table) {
        table.void(error.to_string());
    }
    table
}

fn fill_table(table: &mut Table) -> Result<(), Box<dyn Error>> {
    on_each(table, "backlog", add_rows)
}

fn add_rows(
    table: &mut Table,
    store: &str,
    database: NewDatabase<'_>,
) -> Result<(), Box<dyn Error>> {
    let mut tails = Vec::new();
    let mut peaks = Vec::new();
    for size in SIZES {
        let database = database()?;
        let waiting = size.to_string();
        let run = |role| Figures::of(&mut this_program(&[role, &database, &waiting])?);
        run("backlog-fill")?;
        let figures = run("backlog")?;
        let groups = |name: &str| -> Vec<f64> {
            (0..GROUPS).map(|group| figures.get(&format!("{name}.{group}"))).collect()
        };
        let (middle, tail) = (groups("p50"), groups("p99"));
        let waiting = grouped(size.into());
        table.push(Row::new(format!("{store}, {waiting}: p50"), spread(&middle, "ms")));
        tails.push(hookwright_benches::median(tail.iter().copied()));
        peaks.push(figures.get("memory"));
        let mut row = Row::new(format!("{store}, {waiting}: p99"), spread(&tail, "ms"));
        if let [_, _, _, last] = tails[..] {
            row = row.judged(last, LATENCY);
        }
        table.push(row);
    }
    let ratio = tails[3] / tails[1];
    let name = format!("{store}: p99, of 1,000,000 to 1,000");
    table.push(Row::new(name, "").ratio(ratio).judged(ratio, GROWTH));
    let more = peaks[3] - peaks[0];
    let figure = format!("{} to {} MiB", shown(peaks[0]), shown(peaks[3]));
    let row = Row::new(format!("{store}: most memory, of none to 1,000,000"), figure);
    table.push(row);
    let row = Row::new(format!("{store}: more memory"), format!("{} MiB", shown(more)));
    table.push(row.judged(more, MEMORY));
    Ok(())
}

/// Makes a database in which so many deliveries wait.
pub(crate) async fn fill(database: &str, deliveries: u32) -> Result<Figures, Box<dyn Error>> {
    if database.starts_with("postgres:") {
        let rows = format!("generate_series(1, {deliveries}) AS n(i)");
        let id = "lpad(to_hex(i), 8, '0') || '-0000-7000-8000-000000000000'";
        let data = "'{}'::bytea";
        let unmark = "UPDATE hookwright_event SET fresh = 0";
        let end = "; VACUUM (ANALYZE) hookwright_event; VACUUM (ANALYZE) hookwright_delivery; \
             CHECKPOINT";
        fill_in::<Postgres>(database, (&rows, id, data, unmark), end).await
    } else {
        let rows = format!(
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {deliveries}) \
             SELECT i FROM n WHERE i <= {deliveries})"
        );
        let id = "printf('%08x-0000-7000-8000-000000000000', i)";
        let data = "CAST('{}' AS BLOB)";
        let unmark = "UPDATE hookwright_meta SET number = (SELECT coalesce(max(id), 0) FROM hookwright_event) \
             WHERE name = 'fanned_out'";
        let end = "; PRAGMA wal_checkpoint(TRUNCATE)";
        fill_in::<Sqlite>(database, (&rows, id, data, unmark), end).await
    }
}

async fn fill_in<S: Database>(
    database: &str,
    (rows, id, data, unmark): (&str, &str, &str, &str),
    end: &str,
) -> Result<Figures, Box<dyn Error>> {
    let outbox = S::open(database).await?.outbox;
    // Their URLs are set by the process that measures, which knows the port.
    for number in [HANGING, ANSWERING, QUIET] {
        outbox.endpoints().create(plan(number, "http://127.0.0.1:9/")?).await?;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let mut sql = format!(
        "INSERT INTO hookwright_event \
         (event_id, object, operation, object_id, time, data, emitted_at) \
         SELECT {id}, 'filler', 'created', {id}, {now}, {data}, {now} FROM {rows}; {unmark}"
    );
    let _ = write!(
        sql,
        "; INSERT INTO hookwright_delivery (event, endpoint, due) SELECT id, \
         CASE WHEN id % 10 = 0 THEN {ANSWERING} ELSE {HANGING} END, {now} FROM hookwright_event"
    );
    S::run(outbox.pool(), &sql).await?;
    for statement in end.split("; ").filter(|statement| !statement.is_empty()) {
        S::run(outbox.pool(), statement).await?;
    }
    outbox.pool().close().await;
    Ok(Figures::default())
}

fn plan(number: usize, url: &str) -> Result<EndpointSettings, Box<dyn Error>> {
    let settings = settings(url, CONCURRENCY)?;
    Ok(match number {
        HANGING => settings.wants("filler.*".parse()?).deadline(DEADLINE)?,
        ANSWERING => settings.wants("filler.*".parse()?).per_second(PER_SECOND.try_into()?),
        // Those of an endpoint that keeps the order are always claimed by the statements of a claim,
        // and never as they are fanned out.
        _ => settings.wants("note.*".parse()?).order(Order::PerObject),
    })
}

/// Emits events to the quiet endpoint, and says when they arrive.
pub(crate) async fn run(database: &str, deliveries: u32) -> Result<Figures, Box<dyn Error>> {
    if database.starts_with("postgres:") {
        run_in::<Postgres>(database, deliveries).await
    } else {
        run_in::<Sqlite>(database, deliveries).await
    }
}

async fn run_in<S: Database>(database: &str, deliveries: u32) -> Result<Figures, Box<dyn Error>> {
    let outbox = S::reopen(database).await?;
    let mut sink = Sink::start()?;
    for (number, url) in
        [(HANGING, sink.hang()), (ANSWERING, sink.hook(ANSWERING)), (QUIET, sink.hook(QUIET))]
    {
        let sql = format!("UPDATE hookwright_endpoint SET url = '{url}' WHERE id = {number}");
        S::run(outbox.pool(), &sql).await?;
    }
    let running =
        Running::start(&outbox, &sender()?, |dispatcher| dispatcher.drain(Duration::ZERO));
    if deliveries > 0 {
        sink.wait(CONCURRENCY, |arrival| arrival.hook.is_none()).await?;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;

    let mut figures = Figures::default();
    let mut number = 0;
    // The group before the first is not counted, and is shorter.
    for group in 0..=GROUPS {
        let events = if group == 0 { EVENTS / 10 } else { EVENTS };
        let mut latencies = Vec::with_capacity(events);
        for _ in 0..events {
            number += 1;
            let note = Note::new(number);
            let mut transaction = outbox.begin().await?;
            outbox.emit(&mut transaction, &note.created()).await?;
            transaction.commit().await?;
            let committed = Instant::now();
            let arrival = sink.next(|arrival| arrival.note == Some(number)).await?;
            if arrival.hook != Some(QUIET) {
                return Err("an event went elsewhere".into());
            }
            latencies.push(arrival.at.saturating_duration_since(committed).as_secs_f64() * 1e3);
            // Not in step with any timer of the dispatcher.
            let pause = 1 + u64::try_from(number * 5 % 7)?;
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        if let Some(group) = group.checked_sub(1) {
            figures.set(&format!("p50.{group}"), percentile(&mut latencies, 50));
            figures.set(&format!("p99.{group}"), percentile(&mut latencies, 99));
        }
    }
    figures.set("memory", peak_memory()?);
    for (sql, least) in [
        ("SELECT count(*) FROM hookwright_delivery WHERE endpoint = 1", deliveries / 10 * 9),
        ("SELECT count(*) FROM hookwright_attempt WHERE endpoint = 2", u32::from(deliveries > 0)),
    ] {
        if S::number(outbox.pool(), sql).await? < i64::from(least) {
            return Err("the backlog is not as it should be".into());
        }
    }
    running.end().await?;
    outbox.pool().close().await;
    Ok(figures)
}
