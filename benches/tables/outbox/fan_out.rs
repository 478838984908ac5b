//! Events that go to a hundred endpoints each.

use std::error::Error;
use std::time::Duration;

use hookwright_benches::{Bound, Row, Table};
use sqlx::{Postgres, Sqlite};

use super::database::{Database, empty_directory, start_postgres};
use super::deliver::{Job, Running, emit, sender, settings, to_float, wait_until};
use super::figures::{Figures, shown};
use super::postgres::{Both, add_rows};
use super::sqlite::new_file;
use super::this_program;
use crate::send::Server;

const ROUNDS: usize = 5;
const EVENTS: usize = 200;
const ENDPOINTS: usize = 100;
const WARM_UP: usize = 20;

/// CPU-seconds per 1,000 deliveries, of the dispatcher and the server together.
const CPU: Bound = Bound::AtMost(0.08);
/// Of a delivery that waits, with its indexes.
const BYTES: Bound = Bound::AtMost(300.0);

pub(crate) fn measure_postgres() -> Table {
    let mut table = Table::new(
        "outbox-fan-out",
        "200 events to 100 endpoints, 8 at a time each, in PostgreSQL (least / median / most)",
    );
    if let Err(error) = fill_postgres(&mut table) {
        table.void(error.to_string());
    }
    table
}

pub(crate) fn measure_sqlite() -> Table {
    let mut table = Table::new(
        "outbox-fan-out-sqlite",
        "200 events to 100 endpoints, 8 at a time each, in SQLite (least / median / most)",
    );
    if let Err(error) = fill_sqlite(&mut table) {
        table.void(error.to_string());
    }
    table
}

fn fill_postgres(table: &mut Table) -> Result<(), Box<dyn Error>> {
    let mut postgres = start_postgres()?;
    let address = postgres.url().replace("/postgres", "/bench");
    let sink = Server::start()?;
    let job = job(&address, sink.port(), postgres.process_id().unwrap_or_default());
    let mut runs = Both::default();
    for _ in 0..ROUNDS {
        runs.add(job)?;
    }
    add_rows(table, &runs, 200.0, 20_000.0, CPU);
    add_widths(table, job)?;
    postgres.stop()?;
    Ok(())
}

fn fill_sqlite(table: &mut Table) -> Result<(), Box<dyn Error>> {
    let sink = Server::start()?;
    let directory = empty_directory("fan-out")?;
    let mut runs = Both::default();
    for _ in 0..ROUNDS {
        let path = new_file(&directory)?;
        runs.add(job(&path, sink.port(), 0))?;
    }
    add_rows(table, &runs, 200.0, 20_000.0, CPU);
    add_widths(table, job(&new_file(&directory)?, sink.port(), 0))
}

fn job(database: &str, port: u16, postmaster: u32) -> Job<'_> {
    Job {
        database,
        port,
        endpoints: ENDPOINTS,
        others: 0,
        concurrency: 8,
        warm_up: WARM_UP,
        events: EVENTS,
        postmaster,
    }
}

fn add_widths(table: &mut Table, job: Job<'_>) -> Result<(), Box<dyn Error>> {
    let figures = Figures::of(this_program(&["widths"])?.args(job.arguments()))?;
    let bytes = |name: &str| shown(figures.get(name)) + " bytes";
    table.push(Row::new("bodies stored for an event", shown(figures.get("bodies"))));
    table.push(Row::new("an event with its indexes", bytes("event")));
    if job.is_postgres() {
        table.push(Row::new("a delivery: pg_column_size", bytes("column")));
    }
    let row = Row::new("a delivery with its indexes", bytes("delivery"));
    table.push(row.judged(figures.get("delivery"), BYTES));
    Ok(())
}

/// Fans events out to endpoints that do not answer, and measures what waits.
pub(crate) async fn widths(job: Job<'_>) -> Result<Figures, Box<dyn Error>> {
    if job.is_postgres() {
        let opened = fan_out::<Postgres>(job).await?;
        let pool = opened.outbox.pool();
        let mut figures = Figures::default();
        for (name, sql) in [
            ("events", "SELECT count(*) FROM hookwright_event"),
            ("deliveries", "SELECT count(*) FROM hookwright_delivery"),
            ("bodies", "SELECT count(data) / count(DISTINCT id) FROM hookwright_event"),
            (
                "column",
                "SELECT round(avg(pg_column_size(d.*)))::bigint FROM hookwright_delivery AS d",
            ),
            ("event", "SELECT pg_total_relation_size('hookwright_event')"),
            ("delivery", "SELECT pg_total_relation_size('hookwright_delivery')"),
        ] {
            figures.set(name, to_float(Postgres::number(pool, sql).await?));
        }
        Ok(divided(figures))
    } else {
        let opened = fan_out::<Sqlite>(job).await?;
        let pool = opened.outbox.pool();
        let mut figures = Figures::default();
        for (name, sql) in [
            ("events", "SELECT count(*) FROM hookwright_event"),
            ("deliveries", "SELECT count(*) FROM hookwright_delivery"),
            ("bodies", "SELECT count(data) / count(DISTINCT id) FROM hookwright_event"),
            ("event", "SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%hookwright_event%'"),
            ("delivery", "SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%hookwright_delivery%'"),
        ] {
            figures.set(name, to_float(Sqlite::number(pool, sql).await?));
        }
        Ok(divided(figures))
    }
}

fn divided(mut figures: Figures) -> Figures {
    figures.set("event", figures.get("event") / figures.get("events"));
    figures.set("delivery", figures.get("delivery") / figures.get("deliveries"));
    figures
}

async fn fan_out<S: Database>(job: Job<'_>) -> Result<super::database::Opened<S>, Box<dyn Error>> {
    let opened = S::open(job.database).await?;
    let outbox = &opened.outbox;
    for _ in 0..job.endpoints {
        let url = format!("http://127.0.0.1:{}/hang", job.port);
        outbox.endpoints().create(settings(&url, job.concurrency)?).await?;
    }
    emit(outbox, 0, job.events).await?;
    let set = |dispatcher: hookwright::Dispatcher<S>| dispatcher.in_flight(1).drain(Duration::ZERO);
    let running = Running::start(outbox, &sender()?, set);
    let wanted = i64::try_from(job.events * job.endpoints)?;
    wait_until(|| async {
        let sql = "SELECT count(*) FROM hookwright_delivery";
        Ok(S::number(outbox.pool(), sql).await? >= wanted)
    })
    .await?;
    running.end().await?;
    Ok(opened)
}
