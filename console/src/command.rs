//! The `hookwright` command.

mod database;
mod health;
mod serve;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Webhooks from a terminal: serve them, make them, watch them, send again.
#[derive(Parser)]
#[command(name = "hookwright", version)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the settings page and the REST API, and delivers events.
    Serve(serve::Serve),
    /// Asks a server whether it works: for a container, which has no other program to ask with.
    Health(health::Health),
}

/// Runs the command as the process was asked to.
pub fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no threads can be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(async {
        match options.command {
            Command::Serve(serve) => serve.run().await,
            Command::Health(health) => health.run().await,
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", with_sources(&*error));
            ExitCode::FAILURE
        }
    }
}

fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
