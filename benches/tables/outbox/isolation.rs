//! Nine endpoints beside one that hangs, and beside one that answers.

use std::error::Error;
use std::time::{Duration, Instant};

use hookwright::Dispatcher;
use hookwright_benches::{Bound, Row, Table};
use sqlx::{Postgres, Sqlite};

use super::database::Database;
use super::deliver::{Running, emit, sender, settings};
use super::figures::{Figures, Runs};
use super::sink::Sink;
use super::stores::{NewDatabase, on_each};
use super::this_program;

const ROUNDS: usize = 7;
const NINE: usize = 9;
const CONCURRENCY: usize = 8;
const WARM_UP: usize = 200;
/// So many that the nine are busy for about two seconds.
const EVENTS_IN_SQLITE: usize = 3_000;
const EVENTS_IN_POSTGRES: usize = 1_500;
/// What the hanging endpoint has for one attempt: longer than a run.
const DEADLINE: Duration = Duration::from_secs(30);

const RATE: Bound = Bound::AtLeast(0.95);

/// What the tenth endpoint does.
const TENTHS: [&str; 3] = ["answers", "hangs", "absent"];

pub(crate) fn measure() -> Table {
    let mut table = Table::new(
        "outbox-isolation",
        "deliveries of nine endpoints, 8 at a time each, beside a tenth that hangs (least / median \
         / most)",
    );
    if let Err(error) = fill(&mut table) {
        table.void(error.to_string());
    }
    table
}

fn fill(table: &mut Table) -> Result<(), Box<dyn Error>> {
    on_each(table, "isolation", |table, store, database| {
        let events = if store == "SQLite" { EVENTS_IN_SQLITE } else { EVENTS_IN_POSTGRES };
        add_rows(table, store, events, database)
    })
}

fn add_rows(
    table: &mut Table,
    store: &str,
    events: usize,
    database: NewDatabase<'_>,
) -> Result<(), Box<dyn Error>> {
    let mut runs: [Runs; 3] = Default::default();
    for round in 0..ROUNDS {
        let order = if round % 2 == 0 { [0, 1, 2] } else { [2, 1, 0] };
        for tenth in order {
            let database = database()?;
            let events = events.to_string();
            let arguments = ["isolation", &database, TENTHS[tenth], &events];
            runs[tenth].0.push(Figures::of(&mut this_program(&arguments)?)?);
        }
    }
    let rate = |run: &Figures| run.get("nine") / run.get("seconds");
    let [answers, hangs, absent] = &runs;
    let name = |tenth: &str| format!("{store}: nine, the tenth {tenth}");
    table.push(Row::new(name("answers"), answers.spread("/s", rate)));
    let ratio = hangs.ratio(answers, rate);
    let row = Row::new(name("hangs"), hangs.spread("/s", rate)).ratio(ratio);
    table.push(row.judged(ratio, RATE));
    let row = Row::new(name("is not there"), absent.spread("/s", rate));
    table.push(row.ratio(absent.ratio(answers, rate)));
    Ok(())
}

/// Delivers to the nine, and says how long it took.
pub(crate) async fn run(
    database: &str,
    tenth: &str,
    events: usize,
) -> Result<Figures, Box<dyn Error>> {
    if database.starts_with("postgres:") {
        run_on::<Postgres>(database, tenth, events).await
    } else {
        run_on::<Sqlite>(database, tenth, events).await
    }
}

async fn run_on<S: Database>(
    database: &str,
    tenth: &str,
    events: usize,
) -> Result<Figures, Box<dyn Error>> {
    let outbox = S::open(database).await?.outbox;
    let mut sink = Sink::start()?;
    for number in 1..=NINE {
        outbox.endpoints().create(settings(&sink.hook(number), CONCURRENCY)?).await?;
    }
    let url = if tenth == "hangs" { sink.hang() } else { sink.hook(NINE + 1) };
    if tenth != "absent" {
        let settings = settings(&url, CONCURRENCY)?.deadline(DEADLINE)?;
        outbox.endpoints().create(settings).await?;
    }
    let is_of_nine = |hook: Option<usize>| hook.is_some_and(|hook| hook <= NINE);
    let set = |dispatcher: Dispatcher<S>| dispatcher.drain(Duration::from_millis(200));
    let sender = sender()?;
    emit(&outbox, 0, WARM_UP).await?;
    let running = Running::start(&outbox, &sender, set);
    sink.wait(NINE * WARM_UP, |arrival| is_of_nine(arrival.hook)).await?;
    running.end().await?;
    emit(&outbox, WARM_UP, events).await?;
    sink.clear();

    let start = Instant::now();
    let running = Running::start(&outbox, &sender, set);
    let is_new = |note: Option<usize>| note.is_some_and(|note| note >= WARM_UP);
    let last = sink
        .wait(NINE * events, |arrival| is_of_nine(arrival.hook) && is_new(arrival.note))
        .await?;
    let mut figures = Figures::default();
    figures.set("seconds", (last - start).as_secs_f64());
    figures.set("nine", super::deliver::to_float(i64::try_from(NINE * events)?));
    running.end().await?;
    outbox.pool().close().await;
    Ok(figures)
}
