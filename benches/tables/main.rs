//! Tables of speed, each figure beside a baseline of the same run.
//!
//! ```text
//! cargo bench -p hookwright-benches
//! cargo bench -p hookwright-benches -- sign verify
//! ```

mod build;
mod by_hand;
mod changes;
mod outbox;
mod receive;
mod records;
mod send;
mod sign;
mod verify;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use hookwright_benches::allocations::CountingAllocator;
use hookwright_benches::{Cases, Outcome, Row, Table, instructions};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

type Measure = fn() -> Table;

const TABLES: [(&str, Measure); 6] = [
    ("sign", sign::measure),
    ("send", send::measure),
    ("changes", changes::measure),
    ("verify", verify::measure),
    ("receive", receive::measure),
    ("build", build::measure),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [instructions::ARGUMENT, case, times] => repeat(case, times),
        [send::ARGUMENT, ref role @ ..] => send::play(role),
        [outbox::ARGUMENT, ref role @ ..] => outbox::play(role),
        ref chosen if chosen.contains(&"--bench") => print(chosen),
        _ => {
            println!("nothing is measured: run `cargo bench -p hookwright-benches`");
            ExitCode::SUCCESS
        }
    }
}

/// Prints the chosen tables, or all of them.
fn print(arguments: &[&str]) -> ExitCode {
    let chosen: Vec<&str> =
        arguments.iter().copied().filter(|argument| !argument.starts_with("--")).collect();
    let tables: Vec<_> = TABLES.into_iter().chain(outbox::TABLES).collect();
    if let Some(unknown) =
        chosen.iter().find(|name| !tables.iter().any(|(table, _)| is_of(table, name)))
    {
        let names: Vec<_> = tables.iter().map(|(name, _)| *name).collect();
        eprintln!("there is no table `{unknown}`, but: {}", names.join(" "));
        return ExitCode::FAILURE;
    }
    let mut outcomes = Vec::new();
    for (name, measure) in tables {
        if chosen.is_empty() || chosen.iter().any(|chosen| is_of(name, chosen)) {
            let table = measure();
            println!("{table}");
            outcomes.push(table.outcome());
        }
    }
    let count = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
    println!(
        "{} tables: {} ok, {} missed, {} void",
        outcomes.len(),
        count(Outcome::Ok),
        count(Outcome::Missed),
        count(Outcome::Void)
    );
    let _ = io::stdout().flush();
    ExitCode::SUCCESS
}

/// Whether a table is the chosen one, or of the chosen kind: `outbox` stands for `outbox-sqlite` too.
fn is_of(table: &str, chosen: &str) -> bool {
    table.strip_prefix(chosen).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Does one case so often, for the count of its instructions.
fn repeat(name: &str, times: &str) -> ExitCode {
    let case = sign::cases()
        .into_iter()
        .chain(changes::cases())
        .chain(verify::cases())
        .chain(receive::cases())
        .flat_map(Cases::into_cases)
        .find(|case| case.name() == name);
    match (case, times.parse()) {
        (Some(mut case), Ok(times)) => {
            case.run(times);
            ExitCode::SUCCESS
        }
        _ => ExitCode::FAILURE,
    }
}

/// Times the cases, counts their instructions, and adds a row for each.
fn add_rows(
    table: &mut Table,
    mut cases: Cases,
    finish: impl Fn(usize, Row, f64) -> Row,
) -> Vec<f64> {
    let names: Vec<&str> = cases.names().collect();
    let timed = cases.time();
    for (index, (name, timed)) in names.into_iter().zip(&timed).enumerate() {
        let row = Row::timed(name, *timed, instructions::count(name));
        table.push(finish(index, row, timed.ratio));
    }
    timed.iter().map(|timed| timed.nanoseconds).collect()
}
