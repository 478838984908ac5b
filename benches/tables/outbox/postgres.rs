//! The outbox in PostgreSQL: one endpoint, one dispatcher.

use std::error::Error;

use hookwright_benches::{Bound, Row, Table};

use super::database::start_postgres;
use super::deliver::Job;
use super::figures::{Figures, Runs};
use super::{sender, this_program};
use crate::send::Server;

const ROUNDS: usize = 5;
const WARM_UP: usize = 2_000;
const EVENTS: usize = 20_000;

/// CPU-seconds per 1,000 deliveries, of the dispatcher and the server together.
const CPU: Bound = Bound::AtMost(0.15);

pub(crate) fn measure() -> Table {
    let mut table = Table::new(
        "outbox-postgres",
        "20,000 events emitted a hundred to a transaction, then delivered to one endpoint, 64 at a \
         time (least / median / most)",
    );
    if let Err(error) = fill(&mut table) {
        table.void(error.to_string());
    }
    table
}

fn fill(table: &mut Table) -> Result<(), Box<dyn Error>> {
    let mut postgres = start_postgres()?;
    let address = postgres.url().replace("/postgres", "/bench");
    let sink = Server::start()?;
    let job = Job {
        database: &address,
        port: sink.port(),
        endpoints: 1,
        others: 0,
        concurrency: 64,
        warm_up: WARM_UP,
        events: EVENTS,
        postmaster: postgres.process_id().unwrap_or_default(),
    };
    let mut runs = Both::default();
    for _ in 0..ROUNDS {
        runs.add(job)?;
    }
    add_rows(table, &runs, 20_000.0, 20_000.0, CPU);
    postgres.stop()?;
    Ok(())
}

/// The outbox, and the sender alone beside it.
#[derive(Debug, Default)]
pub(super) struct Both {
    outbox: Runs,
    sender: Runs,
}

impl Both {
    pub(super) fn add(&mut self, job: Job<'_>) -> Result<(), Box<dyn Error>> {
        self.sender.0.push(sender::measure(job.port)?);
        self.outbox.0.push(Figures::of(this_program(&["deliver"])?.args(job.arguments()))?);
        Ok(())
    }
}

/// What the runs have used, of which the sum is judged.
pub(super) fn add_rows(table: &mut Table, both: &Both, events: f64, deliveries: f64, bound: Bound) {
    let Both { outbox: runs, sender } = both;
    let thousands = deliveries / 1e3;
    let unit = "CPU-s per 1,000";
    let each = move |name: &'static str| move |run: &Figures| run.get(name) / thousands;
    let rate = |name: &'static str| move |run: &Figures| deliveries / run.get(name);
    let row = Row::new("Sender without an outbox", sender.spread("/s", rate("deliver.seconds")));
    table.push(row);
    let row = Row::new("Sender without an outbox: CPU", sender.spread(unit, each("deliver.cpu")));
    table.push(row);
    table.push(Row::new("emit", runs.spread("/s", |run| events / run.get("emit.seconds"))));
    table.push(Row::new("deliver", runs.spread("/s", rate("deliver.seconds"))));
    table.push(Row::new("emit: application", runs.spread(unit, each("emit.cpu"))));
    if runs.median(each("emit.server")) > 0.0 {
        table.push(Row::new("emit: server", runs.spread(unit, each("emit.server"))));
    }
    let row = Row::new("deliver: dispatcher", runs.spread(unit, each("deliver.cpu")));
    table.push(row.ratio(runs.ratio(sender, each("deliver.cpu"))));
    let has_server = runs.median(each("deliver.server")) > 0.0;
    if has_server {
        table.push(Row::new("deliver: server", runs.spread(unit, each("deliver.server"))));
    }
    let sum = |run: &Figures| {
        let parts = ["emit.cpu", "emit.server", "deliver.cpu", "deliver.server"];
        parts.iter().map(|name| run.get(name)).sum::<f64>() / thousands
    };
    table.push(
        Row::new("from emit to recorded attempt", runs.spread(unit, sum))
            .judged(runs.median(sum), bound),
    );
    sender::expect_known(table, sender);
    if has_server {
        let row = "VACUUM and CHECKPOINT after it: server";
        table.push(Row::new(row, runs.spread(unit, each("clean.server"))));
        let wal = |run: &Figures| (run.get("emit.wal") + run.get("deliver.wal")) / deliveries;
        table.push(Row::new("WAL of a delivery", runs.spread("bytes", wal)));
    }
}
