//! The outbox in a file of SQLite, beside the sender alone and a bare program.

use std::error::Error;
use std::fs;
use std::path::Path;

use hookwright_benches::{Bound, Row, Table, instructions};

use super::database::empty_directory;
use super::deliver::Job;
use super::figures::{Figures, Runs, shown};
use super::{sender, this_program};
use crate::send::Server;

const ROUNDS: usize = 7;
const WARM_UP: usize = 2_000;
const EVENTS: usize = 20_000;
const CONCURRENCY: usize = 64;
/// Endpoints that want other events.
const OTHERS: usize = 200;
/// How many blocks of twenty events are emitted one by one.
const BLOCKS: usize = 60;
/// How many deliveries instructions are counted over.
const COUNTED: u32 = 2_000;

const RATE: Bound = Bound::AtLeast(0.4);
const CPU: Bound = Bound::AtMost(2.5);
const BESIDE: Bound = Bound::AtLeast(0.5);
const EMIT: Bound = Bound::AtLeast(0.9);

pub(crate) fn measure() -> Table {
    let mut table = Table::new(
        "outbox-sqlite",
        "20,000 events emitted a hundred to a transaction, then delivered to one endpoint, 64 at a \
         time (least / median / most)",
    );
    if let Err(error) = fill(&mut table) {
        table.void(error.to_string());
    }
    table
}

fn fill(table: &mut Table) -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let directory = empty_directory("sqlite")?;
    let (mut senders, mut ours, mut bare) = (Runs::default(), Runs::default(), Runs::default());
    let mut beside = Runs::default();
    for _ in 0..ROUNDS {
        senders.0.push(sender::measure(server.port())?);
        let run = deliver(&directory, server.port(), 0)?;
        let commits = run.get("deliver.commits");
        ours.0.push(run);
        let path = new_file(&directory)?;
        let numbers = [EVENTS.to_string(), commits.to_string()];
        bare.0.push(Figures::of(this_program(&["bare", &path])?.args(numbers))?);
        beside.0.push(deliver(&directory, server.port(), OTHERS)?);
    }
    let events = 20_000.0;
    let rate = |run: &Figures| events / run.get("deliver.seconds");
    let cpu = |run: &Figures| run.get("deliver.cpu") / events * 1e3;
    let emit_rate = |run: &Figures| events / run.get("emit.seconds");
    let emit_cpu = |run: &Figures| run.get("emit.cpu") / events * 1e3;
    table.push(Row::new("Sender without an outbox", senders.spread("/s", rate)));
    table.push(Row::new("bare SQLite, as many commits", bare.spread("/s", rate)));
    table.push(Row::new("outbox: deliver", ours.spread("/s", rate)));
    let ratio = ours.ratio(&senders, rate).max(ours.ratio(&bare, rate));
    let row = Row::new("  to the slower of the two", shown(ours.median(rate)) + " /s");
    table.push(row.ratio(ratio).judged(ratio, RATE));

    let unit = "CPU-s per 1,000";
    let count = |job: &dyn Fn(u32) -> Vec<String>| instructions::count_with(COUNTED, job);
    table.push(Row::new("Sender: CPU", senders.spread(unit, cpu)).instructions(count(&|times| {
        let numbers = [u32::from(server.port()), COUNTED, times].map(|number| number.to_string());
        super::role("sender").into_iter().chain(numbers).collect()
    })));
    table.push(Row::new("bare SQLite: CPU", bare.spread(unit, cpu)));
    let ratio = ours.ratio(&senders, cpu);
    let row = Row::new("outbox: deliver, CPU", ours.spread(unit, cpu)).ratio(ratio);
    table.push(row.judged(ratio, CPU).instructions(count(&|times| {
        let database = new_file(&directory).unwrap_or_default();
        let times = times as usize;
        let job = job(&database, server.port(), COUNTED as usize, times);
        super::role("deliver").into_iter().chain(job.arguments()).collect()
    })));
    let commits = |run: &Figures| events / run.get("deliver.commits");
    table.push(Row::new("outbox: deliveries a commit", ours.spread("", commits)));
    let row = Row::new("outbox: deliver, beside 200 endpoints", beside.spread("/s", rate));
    let ratio = beside.ratio(&ours, rate);
    table.push(row.ratio(ratio).judged(ratio, BESIDE));
    let row = Row::new("outbox: deliver, beside 200 endpoints, CPU", beside.spread(unit, cpu));
    table.push(row.ratio(beside.ratio(&ours, cpu)));

    table.push(Row::new("bare SQLite: insert by 100", bare.spread("/s", emit_rate)));
    let row = Row::new("outbox: emit by 100", ours.spread("/s", emit_rate));
    table.push(row.ratio(ours.ratio(&bare, emit_rate)));
    table.push(Row::new("bare SQLite: insert by 100, CPU", bare.spread(unit, emit_cpu)));
    table.push(Row::new("outbox: emit by 100, CPU", ours.spread(unit, emit_cpu)));
    sender::expect_known(table, &senders);
    emit_one_by_one(table, &directory)
}

fn emit_one_by_one(table: &mut Table, directory: &Path) -> Result<(), Box<dyn Error>> {
    let mut runs = Runs::default();
    for _ in 0..ROUNDS {
        let ours = new_file(directory)?;
        let bare = format!("{ours}.bare");
        let blocks = BLOCKS.to_string();
        runs.0.push(Figures::of(&mut this_program(&["emit", &ours, &bare, &blocks])?)?);
    }
    let row = Row::new("bare SQLite: insert one", runs.spread("/s", |run| 1.0 / run.get("bare")));
    table.push(row);
    let ratio = runs.median(|run| run.get("ratio"));
    let row = Row::new("outbox: emit one", runs.spread("/s", |run| 1.0 / run.get("ours")));
    table.push(row.ratio(ratio).judged(ratio, EMIT));
    Ok(())
}

fn deliver(directory: &Path, port: u16, others: usize) -> Result<Figures, Box<dyn Error>> {
    let database = new_file(directory)?;
    let job = Job { others, ..job(&database, port, WARM_UP, EVENTS) };
    Figures::of(this_program(&["deliver"])?.args(job.arguments()))
}

fn job(database: &str, port: u16, warm_up: usize, events: usize) -> Job<'_> {
    let concurrency = CONCURRENCY;
    Job { database, port, endpoints: 1, others: 0, concurrency, warm_up, events, postmaster: 0 }
}

/// A file for a database in a directory that is empty then.
pub(super) fn new_file(directory: &Path) -> Result<String, Box<dyn Error>> {
    let _ = fs::remove_dir_all(directory);
    fs::create_dir_all(directory)?;
    Ok(directory.join("outbox.db").to_str().ok_or("a path")?.to_owned())
}
