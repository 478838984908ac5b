//! The `hookwright` command.
#![expect(clippy::doc_markdown, reason = "the help shows these texts as they are")]

mod catalog;
mod client;
mod config;
mod database;
mod deliveries;
mod dispatch;
mod doctor;
mod failure;
mod health;
mod input;
mod keys;
mod listen;
mod listing;
mod log;
mod networks;
mod output;
mod replays;
mod send;
mod serve;
mod settings;
mod signals;
mod text;
mod time;
mod typed;
mod verify;
mod webhooks;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use serde_json::json;

use self::database::Missing;
use self::failure::{EXIT_CODES, Failure};
use self::output::Output;
use self::settings::{Settings, Values};
use crate::console::Console;
use crate::outbox::on_store;

/// Webhooks from a terminal: serve them, make them, watch them, send again.
///
/// Commands work on a database, which is the file hookwright.db unless given, or on a server. What
/// can be set is set by a flag, by the environment, or by the file hookwright.toml, in this order:
/// `hookwright config` prints what is in force.
#[derive(Parser)]
#[command(name = "hookwright", version, after_help = EXIT_CODES, propagate_version = true)]
struct Options {
    #[command(flatten)]
    general: General,
    #[command(subcommand)]
    command: Command,
}

/// Where `--help` lists what holds for every command.
const GLOBAL: &str = "Global options";

/// What holds for every command.
#[derive(Args)]
struct General {
    /// A file of SQLite, or a URL of PostgreSQL: hookwright.db, unless given
    /// [env: HOOKWRIGHT_DATABASE]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "PATH_OR_URL", conflicts_with = "server")]
    database: Option<String>,
    /// A server, such as https://hooks.example.com, in place of a database [env: HOOKWRIGHT_SERVER]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "URL")]
    server: Option<String>,
    /// The API key that the server asks for [env: HOOKWRIGHT_KEY, which other programs do not see]
    #[arg(long, global = true, help_heading = GLOBAL)]
    key: Option<String>,
    /// The file with settings: hookwright.toml where it is there, unless given
    /// [env: HOOKWRIGHT_CONFIG]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print JSON, for programs.
    #[arg(long, global = true, help_heading = GLOBAL)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the settings page and the REST API, and delivers events.
    Serve(serve::Serve),
    /// Delivers events, and serves nothing.
    Dispatch(dispatch::Delivering),
    /// Makes the tables of a database, or brings them to this version.
    Migrate,
    /// Receives webhooks on this machine, and shows them.
    Listen(listen::Listen),
    /// Sends one event, which reaches every webhook that wants it.
    Send(send::Send),
    /// Judges a captured request by its signature, and says why it is not taken.
    Verify(verify::Verify),
    /// Signs a body, and prints the headers.
    Sign(verify::Sign),
    /// Lists, makes, changes, rotates, deletes and tests webhooks.
    #[command(subcommand)]
    Webhooks(webhooks::Webhooks),
    /// Lists and shows deliveries, and sends them again.
    #[command(subcommand)]
    Deliveries(deliveries::Deliveries),
    /// Sends to a webhook again what has died.
    Recover(replays::Recover),
    /// Sends to a webhook again all events of a span of time.
    Replay(replays::Replay),
    /// Lists, follows and stops recoveries and replays.
    #[command(subcommand)]
    Replays(replays::Replays),
    /// Lists, makes and revokes API keys.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Compares what receivers were promised.
    #[command(subcommand)]
    Catalog(catalog::Catalog),
    /// Finds what stands in the way of deliveries, and says what to do.
    Doctor(doctor::Doctor),
    /// Asks a server whether it works: for a container, which has no other program to ask with.
    Health(health::Health),
    /// Prints the settings that are in force, and from where.
    Config(serve::Serve),
    /// Prints a script that completes this command in a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// Runs the command as the process was asked to.
pub fn main() -> ExitCode {
    let options = Options::parse();
    log::start();
    let output = Output { is_json: options.general.json };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = Failure::failed(format!("no threads can be started: {error}"));
            return failure.report(output.is_json);
        }
    };
    let code = match runtime.block_on(run(options, output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(output.is_json),
    };
    // A read of the standard input, or a look-up, may never end.
    runtime.shutdown_background();
    code
}

async fn run(options: Options, output: Output) -> Result<(), Failure> {
    let settings = Settings::read(flags(&options), options.general.config.as_deref())?;
    match options.command {
        Command::Serve(_) => serve::run(&settings, output).await,
        Command::Dispatch(_) => dispatch::run(&settings, output).await,
        Command::Migrate => migrate(&settings, output).await,
        Command::Listen(listen) => listen.run(&settings, output).await,
        Command::Send(send) => send.run(&settings, output).await,
        Command::Verify(verify) => verify.run(&settings, output),
        Command::Sign(sign) => sign.run(&settings, output),
        Command::Webhooks(webhooks) => webhooks.run(&settings, output).await,
        Command::Deliveries(deliveries) => deliveries.run(&settings, output).await,
        Command::Recover(recover) => recover.run(&settings, output).await,
        Command::Replay(replay) => replay.run(&settings, output).await,
        Command::Replays(replays) => replays.run(&settings, output).await,
        Command::Keys(keys) => keys.run(&settings, output).await,
        Command::Catalog(catalog) => catalog.run(output),
        Command::Doctor(doctor) => doctor.run(&settings, output).await,
        Command::Health(health) => health.run(&settings, output).await,
        Command::Config(_) => config::run(&settings, output),
        Command::Completions { shell } => complete(shell),
    }
}

/// What the flags set.
fn flags(options: &Options) -> Values {
    let General { database, server, key, .. } = &options.general;
    let one = |value: &Option<String>| value.iter().cloned().collect();
    let mut values =
        Values::from([("database", one(database)), ("server", one(server)), ("key", one(key))]);
    match &options.command {
        Command::Serve(serve) | Command::Config(serve) => serve.values(&mut values),
        Command::Dispatch(delivering) => delivering.values(&mut values),
        Command::Listen(listen) => listen.values(&mut values),
        Command::Verify(verify) => verify.values(&mut values),
        Command::Sign(sign) => sign.values(&mut values),
        Command::Webhooks(webhooks) => webhooks.values(&mut values),
        _ => {}
    }
    values
}

async fn migrate(settings: &Settings, output: Output) -> Result<(), Failure> {
    let database = dispatch::own_database(settings)?;
    let outbox = database::open(database, Missing::Make).await?;
    on_store!(&outbox, outbox => outbox.migrate().await?);
    Console::new(outbox)?.migrate().await?;
    let shown = database::without_password(database);
    if output.is_json {
        return output.json(&json!({"database": shown, "migrated": true}));
    }
    output.line(&format!("the tables of {shown} are of this version"))
}

fn complete(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Options::command(), "hookwright", &mut script);
    output::write(String::from_utf8_lossy(&script).trim_end())
}
