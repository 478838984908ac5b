//! A dispatcher in a process of its own, which may be killed.
//!
//! It prints `ready` when it works, and ends when it is told to by SIGTERM or ctrl-c.

mod failure;
mod key;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use hookwright::{
    Dispatcher, IpNet, Outbox, OutboxBuilder, RetrySchedule, Sender, SenderBuilder, Store,
};
use tokio::signal::unix::{SignalKind, signal};

/// Delivers the events of an outbox.
#[derive(Debug, Parser)]
struct Flags {
    /// A path of `SQLite`, or a URL of `PostgreSQL`.
    #[arg(long)]
    outbox: String,
    /// How long deliveries are leased, in seconds; the last that is said.
    #[arg(long, overrides_with = "lease")]
    lease: Option<f64>,
    /// A network that may be dialled, and by `http`.
    #[arg(long)]
    allow: Vec<IpNet>,
    /// The waits before further attempts, in milliseconds; nothing for one attempt.
    #[arg(long)]
    schedule_ms: Option<String>,
    /// How long requests under way are waited for at the end, in seconds.
    #[arg(long)]
    drain: Option<f64>,
    /// How many requests are under way at once.
    #[arg(long)]
    in_flight: Option<usize>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Flags::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::fail(&*error),
    }
}

async fn run(flags: Flags) -> Result<(), Box<dyn Error>> {
    let builder = OutboxBuilder::new().master_key(key::master_key()?);
    if flags.outbox.starts_with("postgres") {
        dispatch(builder.postgres(&flags.outbox).await?, &flags).await
    } else {
        dispatch(builder.sqlite(&flags.outbox).await?, &flags).await
    }
}

async fn dispatch<S: Store>(outbox: Outbox<S>, flags: &Flags) -> Result<(), Box<dyn Error>> {
    let sender = flags.allow.iter().copied().fold(Sender::builder(), SenderBuilder::allow);
    let mut dispatcher = Dispatcher::new(outbox)
        .sender(sender.build()?)
        .on_notice(|notice| eprintln!("notice: {notice:?}"));
    if let Some(seconds) = flags.lease {
        dispatcher = dispatcher.lease(Duration::try_from_secs_f64(seconds)?);
    }
    if let Some(waits) = &flags.schedule_ms {
        let waits = waits.split(',').filter(|wait| !wait.is_empty()).map(str::parse);
        let waits = waits.collect::<Result<Vec<u64>, _>>()?;
        dispatcher =
            dispatcher.schedule(RetrySchedule::new(waits.into_iter().map(Duration::from_millis)));
    }
    if let Some(seconds) = flags.drain {
        dispatcher = dispatcher.drain(Duration::try_from_secs_f64(seconds)?);
    }
    if let Some(requests) = flags.in_flight {
        dispatcher = dispatcher.in_flight(requests);
    }

    let health = dispatcher.health();
    let (mut terminated, mut interrupted) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        while !health.is_ready() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        println!("ready");
    });
    let shutdown = async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    };
    dispatcher.run(shutdown).await?;
    Ok(())
}
