//! Removing one guard after the other, and asking its test.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use xtask::failure::Failure;

use super::tree::Tree;
use super::verdict::{Outcome, Table, Verdict};
use super::{GUARDS, Guard, Test};
use crate::database::Database;
use crate::steps::{announce, cargo};
use crate::tally::Tally;

/// How long a test may run, which is no matter of its speed: one that does not end is stopped.
const TEST_LIMIT: Duration = Duration::from_mins(3);

/// Removes every guard in turn, or the one that is named, and prints what its test says.
pub(crate) fn run(root: &Path, name: Option<&str>) -> ExitCode {
    match choose(name).and_then(|guards| judge(root, &guards)) {
        Ok(verdicts) => {
            print!("\n{}", Table(&verdicts));
            let is_good = verdicts.iter().all(|(_guard, verdict)| verdict.is_good());
            if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

pub(super) fn choose(name: Option<&str>) -> Result<Vec<&'static Guard>, Failure> {
    let Some(name) = name else {
        return Ok(GUARDS.iter().collect());
    };
    let guard = GUARDS.iter().find(|guard| guard.name == name).ok_or_else(|| {
        let names: Vec<String> = GUARDS.iter().map(|guard| format!("`{}`", guard.name)).collect();
        Failure::new(
            format!("there is no guard `{name}`"),
            format!("name one of {}", names.join(", ")),
        )
    })?;
    Ok(vec![guard])
}

fn judge<'a>(root: &Path, guards: &[&'a Guard]) -> Result<Vec<(&'a Guard, Verdict)>, Failure> {
    let place = root.join("target/guards");
    let needs_postgres = guards.iter().any(|guard| guard.test.needs_postgres());
    let database = needs_postgres.then(|| Database::open(&place.join("postgres"))).transpose()?;
    let laboratory = Laboratory {
        tree: Tree::copy(root, &place.join("tree"))?,
        target: place.join("target"),
        variables: database.iter().flat_map(Database::variables).collect(),
    };
    // All of them first, so that what does not hold with the guards is known soon.
    let mut with_guard = BTreeMap::new();
    for guard in guards {
        let name = guard.test.name;
        if !with_guard.contains_key(name) {
            let outcome = announce(name, "with every guard", || laboratory.ask(&guard.test))?;
            with_guard.insert(name, Verdict::with_guard(outcome));
        }
    }
    guards
        .iter()
        .map(|guard| {
            if let Some(Some(verdict)) = with_guard.get(guard.test.name) {
                return Ok((*guard, *verdict));
            }
            let asked = || laboratory.ask(&guard.test);
            let removed = announce(guard.name, "without the guard", || {
                laboratory.tree.without(guard, asked)
            })?;
            let verdict = match removed {
                Ok(outcome) => Verdict::without_guard(outcome?),
                Err(count) => Verdict::Occurs(count),
            };
            println!("    {}: {verdict}", guard.name);
            Ok((*guard, verdict))
        })
        .collect()
}

/// Where tests are built and run.
struct Laboratory {
    tree: Tree,
    target: PathBuf,
    variables: Vec<(&'static str, OsString)>,
}

impl Laboratory {
    /// Builds and runs one test. The compiler's messages go to the user, the test's do not.
    fn ask(&self, test: &Test) -> Result<Outcome, Failure> {
        let built = self.cargo(test).args(["--quiet", "--no-run"]).status();
        if !built.map_err(|error| cargo_did_not_run(&error))?.success() {
            return Ok(Outcome::NotBuilt);
        }
        let mut command = self.cargo(test);
        command.args(["--", "--exact", test.name]);
        run_within(TEST_LIMIT, &mut command).map_err(|error| cargo_did_not_run(&error))
    }

    fn cargo(&self, test: &Test) -> Command {
        let mut command = cargo(self.tree.directory());
        command
            .args(test.build_arguments())
            .env("CARGO_TARGET_DIR", &self.target)
            .envs(self.variables.iter().cloned());
        command
    }
}

/// Runs a command that prints results of tests, in a group of its own, so that all of it can be
/// killed at the limit.
pub(super) fn run_within(limit: Duration, command: &mut Command) -> io::Result<Outcome> {
    let mut child = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut output = child.stdout.take().expect("the output was asked for above");
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        output.read_to_end(&mut text).map(|_length| text)
    });
    let end = Instant::now() + limit;
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() < end => thread::sleep(Duration::from_millis(20)),
            None => {
                kill_group(&mut child)?;
                return Ok(Outcome::Endless);
            }
        }
    };
    let text = reader.join().expect("reading does not panic")?;
    let tally = Tally::stream(text.as_slice(), io::sink())?;
    Ok(Outcome::Ended { success: status.success(), tally })
}

fn kill_group(child: &mut Child) -> io::Result<()> {
    Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status()?;
    child.wait()?;
    Ok(())
}

fn cargo_did_not_run(error: &io::Error) -> Failure {
    Failure::new(
        format!("`cargo test` could not be run to its end: {error}"),
        "check that cargo is on PATH",
    )
}
