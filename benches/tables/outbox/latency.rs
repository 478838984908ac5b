//! From commit to arrival under a steady load, with the dispatcher in the same process.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use hookwright::WebhookObject;
use hookwright_benches::{Bound, Row, Table};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Sqlite};

use super::bare::{connect, insert_events};
use super::database::{Database, empty_directory};
use super::deliver::{Running, sender, settings};
use super::figures::{Figures, Runs, percentile};
use super::note::Note;
use super::sink::Sink;
use super::this_program;

const ROUNDS: usize = 3;
/// How many commits, of how many events each, and how often.
const TICKS: usize = 500;
const EVENTS: usize = 10;
const TICK: Duration = Duration::from_millis(20);
/// How many commits are not counted.
const WARM_UP: usize = 50;
const CONCURRENCY: usize = 64;
/// How many bare commits are timed before, and as many after.
const COMMITS: i64 = 250;

pub(crate) fn measure() -> Table {
    let mut table = Table::new(
        "outbox-latency",
        "from commit to arrival, 500 events a second for 10 s, 10 to a commit, in SQLite, the \
         dispatcher in the same process (least / median / most)",
    );
    if let Err(error) = fill(&mut table) {
        table.void(error.to_string());
    }
    table
}

fn fill(table: &mut Table) -> Result<(), Box<dyn Error>> {
    let mut runs = Runs::default();
    for _ in 0..ROUNDS {
        let directory = empty_directory("latency")?;
        let directory = directory.to_str().ok_or("a path")?;
        let ticks = TICKS.to_string();
        runs.0.push(Figures::of(&mut this_program(&["latency", directory, &ticks])?)?);
    }
    let figure = |name: &'static str| move |run: &Figures| run.get(name);
    let commit = runs.median(figure("commit"));
    let row = |name: &str, of: &'static str| Row::new(name, runs.spread("ms", figure(of)));
    table.push(row("a bare commit of one row: p50", "commit"));
    table.push(row("commit of ten events: p50", "emit"));
    for (name, bound) in [("p50", 3.0 * commit + 5.0), ("p99", 10.0 * commit + 50.0)] {
        let took = runs.median(figure(name));
        let row = row(&format!("from commit to arrival: {name}"), name);
        table.push(row.ratio(took / commit).judged(took, Bound::AtMost(bound)));
    }
    table.push(row("from commit to arrival: longest", "longest"));
    Ok(())
}

/// Emits at a steady pace, and says when the events arrive.
pub(crate) async fn run(directory: &str, ticks: usize) -> Result<Figures, Box<dyn Error>> {
    let path = |name: &str| -> Result<String, Box<dyn Error>> {
        Ok(Path::new(directory).join(name).to_str().ok_or("a path")?.to_owned())
    };
    let mut bare = connect(&path("bare.db")?).await?;
    let mut commits = Vec::new();
    commit_bare(&mut bare, 1, &mut commits).await?;

    let outbox = Sqlite::open(&path("outbox.db")?).await?.outbox;
    let mut sink = Sink::start()?;
    outbox.endpoints().create(settings(&sink.hook(1), CONCURRENCY)?).await?;
    let running = Running::start(&outbox, &sender()?, |dispatcher| dispatcher);
    let emitting = {
        let outbox = outbox.clone();
        tokio::spawn(async move {
            let mut interval = tokio::time::interval(TICK);
            let mut committed = Vec::new();
            for tick in 0..WARM_UP + ticks {
                interval.tick().await;
                let notes = Note::several(tick * EVENTS, EVENTS);
                let start = Instant::now();
                let mut transaction = outbox.begin().await?;
                outbox.emit_all(&mut transaction, notes.iter().map(Note::created)).await?;
                transaction.commit().await?;
                committed.push((start, Instant::now()));
            }
            Ok::<_, Box<dyn Error + Send + Sync>>(committed)
        })
    };
    let mut arrivals = Vec::new();
    for _ in 0..(WARM_UP + ticks) * EVENTS {
        let arrival = sink.next(|arrival| arrival.note.is_some()).await?;
        arrivals.push((arrival.note.unwrap_or_default(), arrival.at));
    }
    let committed = emitting.await?.map_err(|error| error.to_string())?;
    running.end().await?;
    outbox.pool().close().await;
    commit_bare(&mut bare, 1 + COMMITS, &mut commits).await?;

    let milliseconds = |passed: Duration| passed.as_secs_f64() * 1e3;
    let mut latencies: Vec<f64> = arrivals
        .into_iter()
        .filter(|(note, _)| *note >= WARM_UP * EVENTS)
        .map(|(note, at)| milliseconds(at.saturating_duration_since(committed[note / EVENTS].1)))
        .collect();
    let mut emits: Vec<f64> =
        committed[WARM_UP..].iter().map(|(start, end)| milliseconds(*end - *start)).collect();
    let mut figures = Figures::default();
    figures.set("commit", percentile(&mut commits, 50));
    figures.set("emit", percentile(&mut emits, 50));
    figures.set("p50", percentile(&mut latencies, 50));
    figures.set("p99", percentile(&mut latencies, 99));
    figures.set("longest", percentile(&mut latencies, 100));
    Ok(figures)
}

/// Times transactions of one row each, in milliseconds.
async fn commit_bare(
    connection: &mut SqliteConnection,
    first: i64,
    commits: &mut Vec<f64>,
) -> Result<(), Box<dyn Error>> {
    for number in first..first + COMMITS {
        let start = Instant::now();
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        insert_events(&mut transaction, number, 1).await?;
        transaction.commit().await?;
        commits.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(())
}
