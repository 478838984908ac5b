//! The outbox and the dispatcher. What is measured runs in a process of its own, and so does the
//! server that answers, unless a table says otherwise.

mod backlog;
mod bare;
mod burst;
mod cpu;
mod database;
mod deliver;
mod fan_out;
mod figures;
mod isolation;
mod latency;
mod note;
mod postgres;
mod sender;
mod sink;
mod sqlite;
mod stores;

use std::env;
use std::error::Error;
use std::process::{Command, ExitCode};

use hookwright_benches::Table;
use tokio::runtime::Runtime;

use self::deliver::Job;
use self::figures::Figures;
use crate::Measure;

/// The first argument of a process that measures.
pub(crate) const ARGUMENT: &str = "play-outbox";

pub(crate) const TABLES: [(&str, Measure); 8] = [
    ("outbox-sqlite", sqlite::measure as fn() -> Table),
    ("outbox-postgres", postgres::measure),
    ("outbox-fan-out", fan_out::measure_postgres),
    ("outbox-fan-out-sqlite", fan_out::measure_sqlite),
    ("outbox-isolation", isolation::measure),
    ("outbox-backlog", backlog::measure),
    ("outbox-latency", latency::measure),
    ("outbox-burst", burst::measure),
];

/// One of this process's children, which prints what it has measured.
pub(crate) fn play(arguments: &[&str]) -> ExitCode {
    let runtime = Runtime::new().expect("threads can be started");
    match runtime.block_on(run(arguments)) {
        Ok(figures) => {
            figures.print();
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}: {error}", arguments.join(" "));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[&str]) -> Result<Figures, Box<dyn Error>> {
    match *arguments {
        ["sender", port, warm_up, events] => {
            sender::run(port.parse()?, warm_up.parse()?, events.parse()?).await
        }
        ["bare", path, events, commits] => bare::run(path, events.parse()?, commits.parse()?).await,
        ["emit", ours, bare, blocks] => {
            let (ours, bare, blocks) = (ours.to_owned(), bare.to_owned(), blocks.parse()?);
            // In a task, as an application's requests are handled, and not on the thread that waits
            // for the runtime.
            let emitted = async move {
                let emitted = bare::emit_one_by_one(&ours, &bare, blocks).await;
                emitted.map_err(|error| error.to_string())
            };
            Ok(tokio::spawn(emitted).await??)
        }
        ["deliver", ref job @ ..] => Job::parse(job)?.run().await,
        ["widths", ref job @ ..] => fan_out::widths(Job::parse(job)?).await,
        ["isolation", database, tenth, events] => {
            isolation::run(database, tenth, events.parse()?).await
        }
        ["backlog-fill", database, deliveries] => {
            backlog::fill(database, deliveries.parse()?).await
        }
        ["backlog", database, deliveries] => backlog::run(database, deliveries.parse()?).await,
        ["burst", database, at_once] => burst::run(database, at_once.parse()?).await,
        ["latency", directory, ticks] => latency::run(directory, ticks.parse()?).await,
        _ => Err("there is no such role".into()),
    }
}

/// The process of this program with another part to play.
fn this_program(arguments: &[&str]) -> Result<Command, Box<dyn Error>> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(ARGUMENT).args(arguments);
    Ok(command)
}

/// The arguments of such a process.
fn role(name: &str) -> Vec<String> {
    vec![ARGUMENT.to_owned(), name.to_owned()]
}
