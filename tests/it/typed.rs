//! Custom events, typed changes, and typed receivers.

mod custom;
mod fields;
mod formats;
mod malformed;
mod raw;
mod receive;
mod variants;

use hookwright::{WebhookEvent, WebhookObject};
use serde::{Deserialize, Serialize};

/// As senders write it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, WebhookObject)]
#[webhook(events(created, updated, deleted, restored, destroyed), fields)]
#[serde(rename_all = "camelCase")]
struct Person {
    id: String,
    email: String,
    job_title: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, WebhookObject)]
struct Company {
    id: u64,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, WebhookEvent)]
#[webhook(object = Person, name = "merged")]
struct PersonMerged {
    #[webhook(id)]
    winner: String,
    loser: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, WebhookEvent)]
#[webhook(name = "workspace.suspended")]
struct Suspended;

fn person() -> Person {
    Person { id: "p1".into(), email: "alice@example.com".into(), job_title: None }
}

fn merged() -> PersonMerged {
    PersonMerged { winner: "p1".into(), loser: "p2".into() }
}

/// A body as it stands on the wire.
fn body(name: &str, data: &str) -> String {
    format!(r#"{{"event":"{name}","data":{data},"timestamp":"2025-02-10T15:30:50Z"}}"#)
}
