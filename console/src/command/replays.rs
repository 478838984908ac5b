//! `hookwright recover`, `replay` and `replays`: sending again, which goes on by itself.

use std::io::IsTerminal;
use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use super::client::Client;
use super::database::Missing;
use super::failure::{Exit, Failure};
use super::listing::Listing;
use super::output::{Output, cell};
use super::settings::Settings;
use super::signals::Signals;
use super::{time, typed};

/// How often it is asked how far a replay has come.
const EVERY: Duration = Duration::from_millis(250);

/// What `recover` and `replay` have in common.
#[derive(Args, Debug)]
pub(super) struct Again {
    /// The id of the webhook.
    webhook: String,
    /// From this time on, or from so long ago, such as 24h.
    #[arg(long, value_name = "TIME", value_parser = time::past)]
    since: DateTime<Utc>,
    /// How many deliveries are queued in a second: 200, unless given.
    #[arg(long, value_name = "DELIVERIES", value_parser = typed::read::<NonZeroU32>)]
    per_second: Option<NonZeroU32>,
    /// Begin, and do not wait for the end.
    #[arg(long)]
    detach: bool,
}

/// Sends to a webhook again what has died.
#[derive(Args, Debug)]
pub(super) struct Recover {
    #[command(flatten)]
    again: Again,
}

/// Sends to a webhook again all events of a span of time that it wants.
#[derive(Args, Debug)]
pub(super) struct Replay {
    #[command(flatten)]
    again: Again,
    /// Up to this time, or up to so long ago: now, unless given.
    #[arg(long, value_name = "TIME", value_parser = time::past)]
    until: Option<DateTime<Utc>>,
}

/// Recoveries and replays: what is sent again, and how far it has come.
#[derive(Subcommand, Debug)]
pub(super) enum Replays {
    /// Lists those of a webhook, the newest first.
    List {
        /// The id of the webhook.
        webhook: String,
        #[command(flatten)]
        listing: Listing,
    },
    /// Waits until one is done.
    Follow {
        /// The id of the webhook.
        webhook: String,
        /// The id of the recovery or the replay.
        id: String,
    },
    /// Stops one. What it has queued is delivered.
    Cancel {
        /// The id of the webhook.
        webhook: String,
        /// The id of the recovery or the replay.
        id: String,
    },
}

impl Recover {
    pub(super) async fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        self.again.run("recovery", "recover", None, settings, output).await
    }
}

impl Replay {
    pub(super) async fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        self.again.run("replay", "replay", self.until, settings, output).await
    }
}

impl Again {
    async fn run(
        self,
        kind: &str,
        action: &str,
        until: Option<DateTime<Utc>>,
        settings: &Settings,
        output: Output,
    ) -> Result<(), Failure> {
        let client = Client::new(settings, Missing::Refuse).await?;
        let running = running(&client, &self.webhook, kind, self.since, until).await?;
        let replay = if let Some(replay) = running {
            let id = cell(&replay["id"]);
            output.note(&format!("{kind} {id} runs already, and is followed"));
            replay
        } else {
            let mut body = Map::new();
            body.insert("since".to_owned(), json!(self.since));
            body.extend(until.map(|until| ("until".to_owned(), json!(until))));
            body.extend(self.per_second.map(|rate| ("perSecond".to_owned(), json!(rate))));
            let path = ["api", "webhooks", &self.webhook, action];
            client.post(&path, &Value::Object(body)).await?
        };
        if self.detach {
            return tell(&replay, output);
        }
        follow(&client, replay, output).await
    }
}

impl Replays {
    pub(super) async fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        let client = Client::new(settings, Missing::Refuse).await?;
        match self {
            Self::List { webhook, listing } => {
                let path = ["api", "webhooks", &webhook, "replays"];
                let page = client.get(&path, &listing.query()).await?;
                if output.is_json {
                    return output.json(&page);
                }
                let rows = page["data"].as_array().into_iter().flatten().map(|replay| {
                    ["id", "kind", "state", "queued", "since", "until"]
                        .map(|name| cell(&replay[name]))
                });
                output.table(["ID", "KIND", "STATE", "QUEUED", "SINCE", "UNTIL"], rows)?;
                Listing::tell_next(&page, output);
                Ok(())
            }
            Self::Follow { webhook, id } => {
                let path = ["api", "webhooks", &webhook, "replays", &id];
                let replay = client.get(&path, &[]).await?;
                follow(&client, replay, output).await
            }
            Self::Cancel { webhook, id } => {
                let path = ["api", "webhooks", &webhook, "replays", &id];
                client.delete(&path).await?;
                tell(&client.get(&path, &[]).await?, output)
            }
        }
    }
}

/// One that runs, and sends all that is asked for: it was begun by the same command.
async fn running(
    client: &Client,
    webhook: &str,
    kind: &str,
    since: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
) -> Result<Option<Value>, Failure> {
    let path = ["api", "webhooks", webhook, "replays"];
    let page = client.get(&path, &[("limit", "100".to_owned())]).await?;
    let time = |replay: &Value, name: &str| {
        replay[name].as_str().and_then(|time| time.parse::<DateTime<Utc>>().ok())
    };
    let covers = |replay: &&Value| {
        let reaches = match (kind, until) {
            ("recovery", _) => true,
            (_, Some(until)) => time(replay, "until").is_some_and(|end| end >= until),
            // One that was asked to send all until then.
            (_, None) => time(replay, "until")
                .zip(time(replay, "createdAt"))
                .is_some_and(|(end, begun)| end >= begun - TimeDelta::minutes(1)),
        };
        // Databases keep milliseconds.
        let begins = time(replay, "since").is_some_and(|begin| begin <= since);
        replay["kind"] == kind && replay["state"] == "running" && begins && reaches
    };
    Ok(page["data"].as_array().into_iter().flatten().find(covers).cloned())
}

/// Shows how far one has come, until it is done, or a signal comes: it goes on then.
async fn follow(client: &Client, mut replay: Value, output: Output) -> Result<(), Failure> {
    let signals = Signals::listen()?;
    let (webhook, id) = (cell(&replay["webhookId"]), cell(&replay["id"]));
    let path = ["api", "webhooks", &webhook, "replays", &id];
    let mut progress = Progress::new(&replay, output);
    while replay["state"] == "running" {
        progress.show(&replay);
        let next = async {
            tokio::time::sleep(EVERY).await;
            client.get(&path, &[]).await
        };
        replay = tokio::select! {
            next = next => next?,
            () = signals.first() => {
                progress.bar.abandon();
                return Err(leave(&replay, output));
            }
        };
    }
    progress.bar.finish_and_clear();
    tell(&replay, output)
}

/// Says how to go on with one that goes on by itself.
fn leave(replay: &Value, output: Output) -> Failure {
    let [kind, webhook, id] = ["kind", "webhookId", "id"].map(|name| cell(&replay[name]));
    output.note(&format!("{kind} {id} goes on by itself, wherever the dispatcher runs"));
    output.note("  follow it  by the same command again, or by:");
    output.note(&format!("             hookwright replays follow {webhook} {id}"));
    output.note(&format!("  stop it    hookwright replays cancel {webhook} {id}"));
    let told = if output.is_json { output.json(replay) } else { Ok(()) };
    told.err().unwrap_or_else(|| Failure::silent(Exit::Interrupted))
}

/// How far one has come: of a replay there is a bar, since it goes through a span of time; of a
/// recovery nobody knows how much it is.
struct Progress {
    bar: ProgressBar,
    way: Option<Way>,
}

impl Progress {
    fn new(replay: &Value, output: Output) -> Self {
        let way = Way::of(replay);
        if output.is_json || !std::io::stderr().is_terminal() {
            return Self { bar: ProgressBar::hidden(), way };
        }
        let (bar, template) = match way {
            Some(_) => {
                (ProgressBar::new(1), "{bar:30} {percent:>3} % of the time {msg}, {elapsed}")
            }
            None => (ProgressBar::new_spinner(), "{spinner} {msg}, {elapsed}"),
        };
        let style = ProgressStyle::with_template(template);
        Self { bar: bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())), way }
    }

    fn show(&mut self, replay: &Value) {
        if let Some(way) = &mut self.way {
            let (gone, all) = way.gone(milliseconds(&replay["reached"]));
            self.bar.set_length(all);
            self.bar.set_position(gone);
        }
        self.bar.set_message(format!("{} queued", replay["queued"].as_u64().unwrap_or_default()));
        self.bar.tick();
    }
}

/// The way of a replay through its span, in milliseconds since the epoch. It begins at the first
/// event that is reached: before that, the span may be empty for long.
#[derive(Debug)]
struct Way {
    begin: Option<i64>,
    until: i64,
}

impl Way {
    /// `None` of a recovery.
    fn of(replay: &Value) -> Option<Self> {
        Some(Self { begin: None, until: milliseconds(&replay["until"])? })
    }

    /// How much of how much is behind it.
    fn gone(&mut self, reached: Option<i64>) -> (u64, u64) {
        let Some(reached) = reached else {
            return (0, 1);
        };
        let begin = *self.begin.get_or_insert(reached);
        let all = u64::try_from(self.until - begin).unwrap_or_default().max(1);
        (u64::try_from(reached - begin).unwrap_or_default().min(all), all)
    }
}

fn milliseconds(time: &Value) -> Option<i64> {
    Some(time.as_str()?.parse::<DateTime<Utc>>().ok()?.timestamp_millis())
}

fn tell(replay: &Value, output: Output) -> Result<(), Failure> {
    if output.is_json {
        return output.json(replay);
    }
    let [kind, id, state, queued] =
        ["kind", "id", "state", "queued"].map(|name| cell(&replay[name]));
    output.line(&format!("{kind} {id} is {state}: {queued} queued"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_begins_at_the_first_event_and_not_where_the_span_does() {
        let replay = json!({"since": "2026-03-01T00:00:00Z", "until": "2026-03-02T00:00:00Z"});
        let mut way = Way::of(&replay).unwrap();
        assert_eq!(way.gone(None), (0, 1));
        let hour = |hour: u32| milliseconds(&json!(format!("2026-03-01T{hour:02}:00:00Z")));
        let hours = 60 * 60 * 1000;
        assert_eq!(way.gone(hour(20)), (0, 4 * hours));
        assert_eq!(way.gone(hour(23)), (3 * hours, 4 * hours));
        assert!(Way::of(&json!({"since": "2026-03-01T00:00:00Z", "until": null})).is_none());
    }
}
