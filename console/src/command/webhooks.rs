//! `hookwright webhooks`.

mod draft;

use clap::Subcommand;
use serde_json::{Value, json};

use self::draft::{Create, Update};

use super::client::Client;
use super::database::Missing;
use super::failure::{Exit, Failure};
use super::listing::Listing;
use super::output::{Colour, Output, cell};
use super::settings::{Settings, Values};
use crate::reason::reason;

/// Webhooks: where events go.
#[derive(Subcommand, Debug)]
pub(super) enum Webhooks {
    /// Lists webhooks, the newest first.
    List(Listing),
    /// Shows one webhook.
    Show {
        /// The id of the webhook.
        id: String,
    },
    /// Makes a webhook, and tells its secret.
    Create(Create),
    /// Changes a webhook: what is not given stays as it is.
    Update(Update),
    /// Gives a webhook a new secret, and tells it; the old one signs on for a while.
    Rotate {
        /// The id of the webhook.
        id: String,
        /// How long the old secret signs on beside the new one, such as 24h.
        #[arg(long, value_parser = super::time::duration, default_value = "24h")]
        overlap: std::time::Duration,
    },
    /// Deletes webhooks. What was on its way to them is dropped.
    Delete {
        /// The ids of the webhooks.
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Sends a webhook one event, now, and tells what came of it.
    Test {
        /// The id of the webhook.
        id: String,
        /// The name of the event: webhook.test, unless given.
        #[arg(long)]
        event: Option<String>,
    },
}

impl Webhooks {
    pub(super) fn values(&self, values: &mut Values) {
        match self {
            Self::Create(create) => create.values(values),
            Self::Update(update) => update.values(values),
            _ => {}
        }
    }

    pub(super) async fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        let client = async || Client::new(settings, Missing::Refuse).await;
        match self {
            Self::List(listing) => {
                let page = client().await?.get(&["api", "webhooks"], &listing.query()).await?;
                list(&page, output)
            }
            Self::Show { id } => {
                let webhook = client().await?.get(&["api", "webhooks", &id], &[]).await?;
                show(&webhook, output)
            }
            Self::Create(create) => create.run(settings, output).await,
            Self::Update(update) => update.run(settings, output).await,
            Self::Rotate { id, overlap } => {
                let path = ["api", "webhooks", &id, "rotate-secret"];
                let body = json!({"overlapSeconds": overlap.as_secs()});
                show(&client().await?.post(&path, &body).await?, output)
            }
            Self::Delete { ids } => delete(&client().await?, &ids, output).await,
            Self::Test { id, event } => {
                let client = Client::to_send(settings, Missing::Refuse).await?;
                let body = event.map_or_else(|| json!({}), |event| json!({"event": event}));
                let attempt = client.post(&["api", "webhooks", &id, "test"], &body).await?;
                tested(&attempt, output)
            }
        }
    }
}

fn list(page: &Value, output: Output) -> Result<(), Failure> {
    if output.is_json {
        return output.json(page);
    }
    let rows = page["data"].as_array().into_iter().flatten();
    let rows = rows.map(|webhook| {
        [&webhook["id"], &webhook["targetUrl"], &webhook["operations"], &webhook["description"]]
            .map(cell)
    });
    let states = page["data"].as_array().into_iter().flatten().map(state);
    let rows = rows
        .zip(states)
        .map(|([id, url, events, description], state)| [id, url, events, state, description]);
    output.table(["ID", "URL", "EVENTS", "STATE", "DESCRIPTION"], rows)?;
    Listing::tell_next(page, output);
    Ok(())
}

fn state(webhook: &Value) -> String {
    match (webhook["enabled"].as_bool(), webhook["failingSince"].as_str()) {
        (Some(true), None) => "active".to_owned(),
        (Some(true), Some(_)) => "failing".to_owned(),
        _ => cell(&webhook["disabledReason"]),
    }
}

fn show(webhook: &Value, output: Output) -> Result<(), Failure> {
    if output.is_json {
        return output.json(webhook);
    }
    let format = match &webhook["format"] {
        Value::String(format) => format.clone(),
        format => format.to_string(),
    };
    let headers = webhook["headers"].as_object();
    let headers = headers.map(|headers| headers.keys().cloned().collect::<Vec<_>>().join(", "));
    let mut lines = vec![
        ("id", cell(&webhook["id"])),
        ("url", cell(&webhook["targetUrl"])),
        ("events", cell(&webhook["operations"])),
        ("state", state(webhook)),
        ("format", format),
        ("description", cell(&webhook["description"])),
        ("headers", headers.unwrap_or_default()),
        ("rate limit", cell(&webhook["rateLimit"])),
        ("tenant", cell(&webhook["tenant"])),
        ("created", cell(&webhook["createdAt"])),
    ];
    lines.retain(|(_, value)| !value.is_empty() && value != "-");
    for (name, value) in lines {
        output.line(&format!("{name:<12} {value}"))?;
    }
    if let Some(secret) = webhook["secret"].as_str() {
        output.line(&format!("{:<12} {secret}", "secret"))?;
        output.note("the secret is shown this once: the receiver verifies by it");
    }
    Ok(())
}

async fn delete(client: &Client, ids: &[String], output: Output) -> Result<(), Failure> {
    for id in ids {
        client.delete(&["api", "webhooks", id]).await?;
        if output.is_json {
            output.json(&json!({"id": id, "deleted": true}))?;
        } else {
            output.line(&format!("deleted {id}"))?;
        }
    }
    Ok(())
}

fn tested(attempt: &Value, output: Output) -> Result<(), Failure> {
    let is_delivered = attempt["outcome"] == "delivered";
    if output.is_json {
        output.json(attempt)?;
    } else {
        let took = attempt["durationMs"].as_f64().unwrap_or_default();
        let answered = answered(attempt);
        if is_delivered {
            output.marked(Colour::Green, "ok", &format!("{answered} in {took:.0} ms"))?;
        } else {
            output.marked(Colour::Red, "failed", &format!("{answered}, after {took:.0} ms"))?;
        }
        if let Some(answer) = attempt["answer"].as_str().filter(|answer| !answer.is_empty()) {
            output.line(&format!("answer: {answer}"))?;
        }
    }
    if is_delivered { Ok(()) } else { Err(Failure::silent(Exit::Failed)) }
}

/// How an endpoint has answered, or why it has not.
fn answered(attempt: &Value) -> String {
    let error = attempt["error"].as_str().filter(|error| *error != "status");
    match (attempt["status"].as_u64(), error) {
        (Some(status), Some(error)) => format!("answered with {status}: {}", reason(error)),
        (Some(status), None) if attempt["outcome"] == "delivered" => {
            format!("acknowledged with {status}")
        }
        (Some(status), None) => format!("answered with {status}"),
        (None, error) => reason(error.unwrap_or_default()).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_a_test_is_told_in_words() {
        let attempt = |outcome: &str, status: Value, error: Value| {
            answered(&json!({"outcome": outcome, "status": status, "error": error}))
        };
        let delivered = attempt("delivered", json!(204), Value::Null);
        assert_eq!(delivered, "acknowledged with 204");
        assert_eq!(attempt("failed", json!(418), json!("status")), "answered with 418");
        let broken = attempt("failed", json!(200), json!("transport"));
        assert_eq!(broken, "answered with 200: the connection broke");
        for class in ["body", "client", "connect", "timeout", "withdrawn", ""] {
            let told = attempt("failed", Value::Null, json!(class));
            assert!(told != class && told.contains(' '), "{class}: {told}");
        }
    }
}
