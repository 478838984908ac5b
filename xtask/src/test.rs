//! Every test of the workspace in one run, and one line that sums it up.

use std::env;
use std::fmt;
use std::io::{self, BufReader};
use std::path::Path;
use std::process::{ExitCode, Stdio};

use xtask::failure::Failure;

use crate::database::Database;
use crate::skips::Skip;
use crate::steps::cargo;
use crate::tally::Tally;
use crate::tools::{POSTGRES, Tool, find_missing};

/// The tests to run. Listing names the same packages and features, so that both build the
/// same dependencies.
const ALL_TESTS: [&str; 3] = ["test", "--workspace", "--all-features"];

/// What a run of all tests found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    tally: Tally,
    skips: Vec<Skip>,
    failures: Vec<Failure>,
}

/// Runs every test that this machine has the tools for.
pub(crate) fn run(root: &Path) -> Report {
    let mut missing = find_missing();
    let mut database = None;
    if !missing.contains(&&POSTGRES) {
        match Database::open(&root.join("target/postgres")) {
            Ok(opened) => database = Some(opened),
            // Then it does not work on this machine, like any tool that fails its probe.
            Err(failure) => {
                eprintln!("{failure}");
                missing.push(&POSTGRES);
            }
        }
    }
    let skips = match count_skips(root, &missing) {
        Ok(skips) => skips,
        Err(failure) => return Report::from(failure),
    };
    match run_tests(root, &missing, database.as_ref()) {
        Ok((tally, ending)) => Report::new(tally, ending, skips, Rule::of_this_run()),
        Err(failure) => Report::from(failure),
    }
}

fn count_skips(root: &Path, missing: &[&'static Tool]) -> Result<Vec<Skip>, Failure> {
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let output = cargo(root)
        .args(ALL_TESTS)
        .args(["--", "--list"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| cargo_did_not_run(&error))?;
    if !output.status.success() {
        return Err(Failure::new(
            "the tests could not be listed, so none was run",
            "correct what cargo reports above",
        ));
    }
    let list = String::from_utf8_lossy(&output.stdout);
    Ok(Skip::count(missing, &list))
}

fn run_tests(
    root: &Path,
    missing: &[&Tool],
    database: Option<&Database>,
) -> Result<(Tally, Ending), Failure> {
    let mut child = cargo(root)
        .args(ALL_TESTS)
        .args(["--no-fail-fast", "--"])
        .args(missing.iter().flat_map(|tool| ["--skip", tool.module]))
        .envs(database.into_iter().flat_map(Database::variables))
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| cargo_did_not_run(&error))?;
    let output = child.stdout.take().expect("the output was asked for above");
    let tally = Tally::stream(BufReader::new(output), io::stdout().lock());
    let status = child.wait().map_err(|error| cargo_did_not_run(&error))?;
    let ending = if status.success() { Ending::Success } else { Ending::Error };
    Ok((tally.map_err(|error| cargo_did_not_run(&error))?, ending))
}

fn cargo_did_not_run(error: &io::Error) -> Failure {
    Failure::new(
        format!("`cargo test` could not be run to its end: {error}"),
        "check that cargo is on PATH and its output is read to the end",
    )
}

/// How cargo itself ended.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Success,
    Error,
}

/// What a skipped test means.
#[derive(Debug, Clone, Copy)]
enum Rule {
    SkipsAreReported,
    SkipsAreFailures,
}

impl Rule {
    fn of_this_run() -> Self {
        if env::var_os("CI").is_some_and(|value| value == "true") {
            Self::SkipsAreFailures
        } else {
            Self::SkipsAreReported
        }
    }
}

impl Report {
    fn new(tally: Tally, ending: Ending, skips: Vec<Skip>, rule: Rule) -> Self {
        let mut failures = Vec::new();
        match (ending, tally.failed) {
            (Ending::Success, 0) => {}
            (Ending::Error, 0) => failures.push(Failure::new(
                "cargo failed though no test did: something was not built, or a test binary died",
                "correct what cargo reports above",
            )),
            (_, failed) => failures.push(Failure::new(
                format!("tests failed: {failed}"),
                "run one alone with `cargo test --workspace --all-features -- <its name>`",
            )),
        }
        if let Rule::SkipsAreFailures = rule {
            failures.extend(skips.iter().map(Skip::as_failure));
        }
        Self { tally, skips, failures }
    }

    /// Tells the user everything, the totals last.
    pub(crate) fn conclude(&self) -> ExitCode {
        for skip in &self.skips {
            println!("{skip}");
        }
        for failure in &self.failures {
            eprintln!("{failure}");
        }
        println!("{self}");
        if self.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

impl From<Failure> for Report {
    fn from(failure: Failure) -> Self {
        Self { failures: vec![failure], ..Self::default() }
    }
}

/// The totals, in the one form that other programs may read.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { passed, failed, .. } = self.tally;
        let skipped: usize = self.skips.iter().map(|skip| skip.tests).sum();
        write!(formatter, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

#[cfg(test)]
mod tests;
