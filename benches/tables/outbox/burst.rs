//! Ten quiet tenants, beside one that emits very many events at once.

use std::error::Error;
use std::time::{Duration, Instant};

use hookwright::{Outbox, WebhookObject};
use hookwright_benches::{Bound, Row, Table};
use sqlx::{Postgres, Sqlite};
use tokio::time::MissedTickBehavior;

use super::database::Database;
use super::deliver::{Running, sender, settings, to_float};
use super::figures::{Figures, Runs, percentile};
use super::note::Note;
use super::sink::Sink;
use super::stores::{NewDatabase, on_each};
use super::this_program;

const ROUNDS: usize = 3;
const QUIET: usize = 10;
const CONCURRENCY: usize = 8;
/// How many events the quiet tenants emit, one to a commit and each tenant in its turn, before the burst
/// and after it; and how often.
const EVENTS: usize = 1_000;
const TICK: Duration = Duration::from_millis(10);
/// How many of them are not counted.
const WARM_UP: usize = 100;
/// The first number of the burst's notes.
const BURST: usize = 1_000_000;
/// How many events are emitted at once, in one transaction.
const AT_ONCE: usize = 500_000;

const TIME: Bound = Bound::AtMost(2.0);

pub(crate) fn measure() -> Table {
    let mut table = Table::new(
        "outbox-burst",
        "from commit to arrival, ten quiet tenants with 100 events a second together, before and \
         after another one's commit of 500,000 events (least / median / most)",
    );
    if let Err(error) = on_each(&mut table, "burst", add_rows) {
        table.void(error.to_string());
    }
    table
}

fn add_rows(
    table: &mut Table,
    store: &str,
    database: NewDatabase<'_>,
) -> Result<(), Box<dyn Error>> {
    let mut runs = Runs::default();
    for _ in 0..ROUNDS {
        let arguments = ["burst", &database()?, &AT_ONCE.to_string()];
        runs.0.push(Figures::of(&mut this_program(&arguments)?)?);
    }
    let figure = |name: &'static str| move |run: &Figures| run.get(name);
    let row = |name: &str, unit: &str, of: &'static str| {
        Row::new(format!("{store}: {name}"), runs.spread(unit, figure(of)))
    };
    table.push(row("before, p50", "ms", "before-p50"));
    table.push(row("before, p99", "ms", "before-p99"));
    let ratio = |name, baseline| runs.median(|run| run.get(name) / run.get(baseline));
    table.push(row("after, p50", "ms", "after-p50").ratio(ratio("after-p50", "before-p50")));
    let p99 = ratio("after-p99", "before-p99");
    table.push(row("after, p99", "ms", "after-p99").ratio(p99).judged(p99, TIME));
    table.push(row("the transaction of the burst", "s", "emit"));
    table.push(row("of the burst not fanned out at the end", "events", "left"));
    Ok(())
}

/// Emits as the quiet tenants do, with a burst of so many events in between.
pub(crate) async fn run(database: &str, at_once: usize) -> Result<Figures, Box<dyn Error>> {
    if database.starts_with("postgres:") {
        run_on::<Postgres>(database, at_once).await
    } else {
        run_on::<Sqlite>(database, at_once).await
    }
}

async fn run_on<S: Database>(database: &str, at_once: usize) -> Result<Figures, Box<dyn Error>> {
    let outbox = S::open(database).await?.outbox;
    let mut sink = Sink::start()?;
    let mut quiet = Vec::new();
    for number in 0..QUIET {
        let tenant = outbox.tenant(&format!("quiet-{number}"))?;
        tenant.endpoints().create(settings(&sink.hook(number), CONCURRENCY)?).await?;
        quiet.push(tenant);
    }
    let busy = outbox.tenant("busy")?;
    busy.endpoints().create(settings(&sink.hook(QUIET), CONCURRENCY)?).await?;
    let set = |dispatcher: hookwright::Dispatcher<S>| dispatcher.drain(Duration::from_secs(1));
    let running = Running::start(&outbox, &sender()?, set);

    let mut figures = Figures::default();
    emit(&quiet, 0, WARM_UP, &mut sink).await?;
    let mut before = emit(&quiet, WARM_UP, EVENTS, &mut sink).await?;
    let notes = Note::several(BURST, at_once);
    let start = Instant::now();
    let mut transaction = busy.begin().await?;
    busy.emit_all(&mut transaction, notes.iter().map(Note::created)).await?;
    transaction.commit().await?;
    figures.set("emit", start.elapsed().as_secs_f64());
    let mut after = emit(&quiet, WARM_UP + EVENTS, EVENTS, &mut sink).await?;
    let left = S::number(outbox.pool(), "SELECT count(*) FROM hookwright_fresh").await?;
    figures.set("left", to_float(left));
    for (name, times) in [("before", &mut before), ("after", &mut after)] {
        for percent in [50, 99] {
            figures.set(&format!("{name}-p{percent}"), percentile(times, percent));
        }
    }
    running.end().await?;
    outbox.pool().close().await;
    Ok(figures)
}

/// Emits at a steady pace, and gives the milliseconds from each commit to the arrival.
async fn emit<S: Database>(
    tenants: &[Outbox<S>],
    first: usize,
    count: usize,
    sink: &mut Sink,
) -> Result<Vec<f64>, Box<dyn Error>> {
    let tenants = tenants.to_vec();
    let emitting = tokio::spawn(async move {
        let mut interval = tokio::time::interval(TICK);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut committed = Vec::new();
        for number in first..first + count {
            interval.tick().await;
            let outbox = &tenants[number % tenants.len()];
            let mut transaction = outbox.begin().await?;
            outbox.emit(&mut transaction, &Note::new(number).created()).await?;
            transaction.commit().await?;
            committed.push(Instant::now());
        }
        Ok::<_, Box<dyn Error + Send + Sync>>(committed)
    });
    let is_of_these = |note: Option<usize>| note.is_some_and(|note| note < BURST);
    let mut arrivals = Vec::new();
    for _ in 0..count {
        let arrival = sink.next(|arrival| is_of_these(arrival.note)).await?;
        arrivals.push((arrival.note.unwrap_or_default(), arrival.at));
    }
    let committed = emitting.await?.map_err(|error| error.to_string())?;
    let took = |(note, at): (usize, Instant)| {
        at.saturating_duration_since(committed[note - first]).as_secs_f64() * 1e3
    };
    Ok(arrivals.into_iter().map(took).collect())
}
