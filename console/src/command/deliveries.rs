//! `hookwright deliveries`.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::client::Client;
use super::database::Missing;
use super::dispatch::waiting;
use super::failure::{Exit, Failure};
use super::listing::Listing;
use super::output::{Output, cell};
use super::settings::Settings;
use super::time;

/// What is shown of a delivery.
const MEMBERS: [&str; 5] = ["id", "event", "state", "attempts", "at"];

/// Deliveries: each event on its way to each webhook.
#[derive(Subcommand, Debug)]
pub(super) enum Deliveries {
    /// Lists deliveries, those of the newest events first.
    List(List),
    /// Shows one delivery, and its attempts.
    Show {
        /// The id of the delivery: the event's, a colon, and the webhook's.
        id: String,
    },
    /// Sends deliveries again, under the same ids, with the same bodies.
    Resend {
        /// The ids of the deliveries.
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

#[derive(Args, Debug)]
pub(super) struct List {
    /// Of the webhook of this id.
    #[arg(long, value_name = "ID")]
    webhook: Option<String>,
    /// In this state.
    #[arg(long)]
    state: Option<State>,
    /// Of events of this name, such as person.created.
    #[arg(long, value_name = "NAME")]
    event: Option<String>,
    /// Of the event of this id.
    #[arg(long, value_name = "ID")]
    event_id: Option<String>,
    /// Of one kind of object, such as person.
    #[arg(long, value_name = "NAME")]
    object: Option<String>,
    /// Of the object of this id.
    #[arg(long, value_name = "ID")]
    object_id: Option<String>,
    /// Not before this time, or this long ago.
    #[arg(long, value_name = "TIME", value_parser = time::past)]
    since: Option<DateTime<Utc>>,
    /// Before this time, or this long ago.
    #[arg(long, value_name = "TIME", value_parser = time::past)]
    until: Option<DateTime<Utc>>,
    #[command(flatten)]
    listing: Listing,
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    Pending,
    Held,
    Dead,
    Delivered,
}

impl Deliveries {
    pub(super) async fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        let client = Client::new(settings, Missing::Refuse).await?;
        match self {
            Self::List(list) => list.run(&client, output).await,
            Self::Show { id } => show(&client, &id, output).await,
            Self::Resend { ids } => {
                for id in ids {
                    client.post(&["api", "deliveries", &id, "resend"], &json!({})).await?;
                    if output.is_json {
                        output.json(&json!({"id": id, "resent": true}))?;
                    } else {
                        output.line(&format!("{id} is sent again"))?;
                    }
                }
                Ok(())
            }
        }
    }
}

impl List {
    async fn run(self, client: &Client, output: Output) -> Result<(), Failure> {
        let mut query = self.listing.query();
        let state = self.state.and_then(|state| state.to_possible_value());
        let state = state.map(|state| state.get_name().to_owned());
        for (name, value) in [
            ("webhook", self.webhook),
            ("state", state),
            ("event", self.event),
            ("eventId", self.event_id),
            ("object", self.object),
            ("objectId", self.object_id),
            ("since", self.since.map(|time| time.to_rfc3339())),
            ("until", self.until.map(|time| time.to_rfc3339())),
        ] {
            query.extend(value.map(|value| (name, value)));
        }
        let is_narrowed = query.iter().any(|(name, _)| *name != "limit");
        let page = client.get(&["api", "deliveries"], &query).await?;
        if output.is_json {
            return output.json(&page);
        }
        let deliveries = page["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        if deliveries.is_empty() {
            let none = if is_narrowed { "no such deliveries" } else { "no deliveries yet" };
            return output.line(&match client.undispatched().await? {
                0 => none.to_owned(),
                events => format!("{none}; {}", waiting(events)),
            });
        }
        let rows = deliveries.iter().map(|delivery| {
            let [id, event, state, attempts, at] = MEMBERS.map(|name| cell(&delivery[name]));
            let [due, ended] =
                if is_to_come(delivery) { [at, "-".to_owned()] } else { ["-".to_owned(), at] };
            [id, event, state, attempts, due, ended]
        });
        output.table(["ID", "EVENT", "STATE", "ATTEMPTS", "DUE", "ENDED"], rows)?;
        Listing::tell_next(&page, output);
        Ok(())
    }
}

/// Whether a delivery's time is that of its next attempt: else it was delivered, or has died, then.
fn is_to_come(delivery: &Value) -> bool {
    delivery["state"] == "pending" || delivery["state"] == "held"
}

async fn show(client: &Client, id: &str, output: Output) -> Result<(), Failure> {
    let delivery = client.get(&["api", "deliveries", id], &[]).await?;
    let text = |name: &str| delivery[name].as_str().unwrap_or_default().to_owned();
    let mut query = vec![
        ("eventId", text("eventId")),
        ("webhook", text("webhookId")),
        ("limit", "500".to_owned()),
    ];
    let mut attempts: Vec<Value> = Vec::new();
    loop {
        let mut page = client.get(&["api", "attempts"], &query).await?;
        attempts.extend(page["data"].as_array_mut().map(std::mem::take).unwrap_or_default());
        let Some(next) = page["next"].as_str() else { break };
        query.retain(|(name, _)| *name != "cursor");
        query.push(("cursor", next.to_owned()));
    }
    // Of a webhook that was deleted, or data that is kept no longer, there is none.
    let request = match client.get(&["api", "deliveries", id, "request"], &[]).await {
        Err(failure) if failure.exit() == Exit::NotFound => None,
        request => Some(request?),
    };
    if output.is_json {
        let shown = json!({"delivery": delivery, "attempts": attempts, "request": request});
        return output.json(&shown);
    }
    let time = if is_to_come(&delivery) { "due" } else { "ended" };
    for member in MEMBERS {
        let name = if member == "at" { time } else { member };
        output.line(&format!("{name:<9} {}", cell(&delivery[member])))?;
    }
    if let Some(request) = request {
        output.line(&format!("to        {}", cell(&request["url"])))?;
        output.line(&format!("body      {}", cell(&request["body"])))?;
    }
    if attempts.is_empty() {
        return Ok(());
    }
    output.line("")?;
    let rows = attempts.iter().map(|attempt| {
        let took = attempt["durationMs"].as_f64().map(|took| format!("{took:.0} ms"));
        let answer: String = cell(&attempt["answer"]).chars().take(60).collect();
        let [number, at, outcome, status, error] =
            ["attempt", "at", "outcome", "status", "error"].map(|name| cell(&attempt[name]));
        [number, at, outcome, status, error, took.unwrap_or_default(), answer]
    });
    output.table(["ATTEMPT", "AT", "OUTCOME", "STATUS", "ERROR", "TOOK", "ANSWER"], rows)
}
