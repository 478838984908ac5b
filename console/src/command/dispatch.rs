//! `hookwright dispatch`, and the dispatcher within `serve`.

use std::time::Duration;

use clap::Args;
use hookwright::{Dispatcher, Health, IpNet, OutboxError, Sender};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::database::{self, Missing};
use super::failure::{Exit, Failure};
use super::networks;
use super::output::Output;
use super::settings::{DATABASE, Origin, Settings, Target, Values};
use super::signals::Signals;
use super::typed;
use crate::outbox::{AnyOutbox, on_store};

/// How long a dispatcher may take to begin.
const PATIENCE: Duration = Duration::from_secs(5);

/// What delivers is set by this.
#[derive(Args, Debug, Default)]
pub(super) struct Delivering {
    /// Allow webhooks in this network, such as 127.0.0.0/8, and by plain http there; may be given
    /// several times [env: HOOKWRIGHT_ALLOW, with commas]
    #[arg(long, value_name = "NETWORK", value_parser = typed::read::<IpNet>)]
    allow: Vec<IpNet>,
}

impl Delivering {
    pub(super) fn values(&self, values: &mut Values) {
        values.insert("allow", self.allow.iter().map(ToString::to_string).collect());
    }
}

/// A dispatcher that works in this process.
pub(super) struct Working {
    pub(super) health: Health,
    stop: watch::Sender<()>,
    task: JoinHandle<Result<(), OutboxError>>,
}

impl Working {
    /// Starts a dispatcher, and lets the other commands know what it may dial.
    pub(super) async fn start(
        outbox: AnyOutbox,
        sender: Sender,
        allow: &[IpNet],
    ) -> Result<Self, Failure> {
        let (stop, mut stopped) = watch::channel(());
        let until = async move {
            let _ = stopped.changed().await;
        };
        let (health, task) = on_store!(outbox.clone(), outbox => {
            let dispatcher = Dispatcher::new(outbox).sender(sender);
            (dispatcher.health(), tokio::spawn(dispatcher.run(until)))
        });
        let begun = health.clone();
        let mut working = Self { health, stop, task };
        tokio::select! {
            failure = working.ended() => return Err(failure),
            () = ready(&begun) => {}
        }
        // Not before: it may be the second on a file, and is refused then.
        networks::note(&outbox, allow).await?;
        Ok(working)
    }

    /// Ends when the dispatcher does, which it does not unless it cannot go on.
    pub(super) async fn ended(&mut self) -> Failure {
        match (&mut self.task).await {
            Ok(Ok(())) => Failure::failed("the dispatcher has ended"),
            Ok(Err(error)) => error.into(),
            Err(error) => Failure::of(Exit::Failed, &error),
        }
    }

    /// Waits for the requests under way.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        drop(self.stop);
        match self.task.await {
            Ok(result) => Ok(result?),
            Err(error) => Err(Failure::of(Exit::Failed, &error)),
        }
    }
}

/// Ends when a dispatcher has begun, or is expected to begin later, when its database answers.
async fn ready(health: &Health) {
    let begun = async {
        while !health.is_ready() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let _ = tokio::time::timeout(PATIENCE, begun).await;
}

/// How many events no dispatcher has looked at yet.
pub(super) fn waiting(events: u64) -> String {
    match events {
        1 => "1 event waits for a dispatcher".to_owned(),
        _ => format!("{events} events wait for a dispatcher"),
    }
}

/// The database of a command that works on nothing else.
pub(super) fn own_database(settings: &Settings) -> Result<&str, Failure> {
    if settings.all("server").1 == Origin::Flag {
        return Err(Failure::usage("this works on a database alone: name one with --database"));
    }
    match settings.target()? {
        Target::Database(database) => Ok(database),
        // That a server is set somewhere is of no account here.
        Target::Server(_) => Ok(settings.one("database").unwrap_or(DATABASE)),
    }
}

/// `hookwright dispatch`.
pub(super) async fn run(settings: &Settings, output: Output) -> Result<(), Failure> {
    let signals = Signals::listen()?;
    let database = own_database(settings)?;
    let allow: Vec<IpNet> = settings.list("allow")?;
    let outbox = database::open(database, Missing::Make).await?;
    let mut working = Working::start(outbox, networks::sender(&allow)?, &allow).await?;
    let shown = database::without_password(database);
    if output.is_json {
        output.json(&json!({"database": shown}))?;
    } else {
        output.line(&format!("delivering from {shown}; Ctrl-C ends it"))?;
    }
    tokio::select! {
        () = signals.first() => {}
        failure = working.ended() => return Err(failure),
    }
    output.note("ending: requests under way are waited for; Ctrl-C again ends at once");
    tokio::select! {
        stopped = working.stop() => stopped,
        () = signals.second() => Err(Failure::silent(Exit::Interrupted)),
    }
}
