//! The project's own commands, run as `cargo xtask <command>`.

mod ci;
mod database;
mod features;
mod guards;
mod package;
mod skips;
mod steps;
mod tally;
mod test;
mod tools;
mod unpacked;

use std::env;
use std::path::Path;
use std::process::ExitCode;

use xtask::failure::Failure;

const USAGE: &str = "\
usage: cargo xtask <command>

commands:
  ci             check the format, lints, documentation, features and packages, then test
  test           run every test, after finding the foreign tools that some of them need
  package        build the image of packaging/Dockerfile without an engine, and try it
  guards [NAME]  remove each guard in turn, or the one named, and run the test that must fail
";

/// The exit code for a command line that is not understood.
const MISUSED: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let words: Option<Vec<&str>> = arguments.iter().map(|word| word.to_str()).collect();
    match words.as_deref() {
        Some(["ci"]) => ci::run(root()),
        Some(["package"]) => conclude(package::run(root())),
        Some(["test"]) => test::run(root()).conclude(),
        Some(["guards"]) => guards::run(root(), None),
        Some(["guards", name]) => guards::run(root(), Some(name)),
        _ => {
            eprint!("{USAGE}");
            ExitCode::from(MISUSED)
        }
    }
}

fn conclude(outcome: Result<(), Failure>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// The directory of the workspace, whichever directory the command was given in.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this package is in a directory of the workspace")
}
