//! The records of a CRM. Each derives its events; one event has data of its own.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use hookwright::{Catalog, WebhookEvent, WebhookObject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Every event of the CRM, with the schema of its data.
pub fn catalog() -> Catalog {
    Catalog::new()
        .title("CRM")
        .version(env!("CARGO_PKG_VERSION"))
        .object::<Person>()
        .object::<Company>()
        .object::<Note>()
        .object::<Task>()
        .object::<Deal>()
        .event::<DealWon>()
}

/// Somebody to talk to. The internal notes never leave the process.
#[derive(Debug, Clone, Serialize, Deserialize, WebhookObject, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The id, which is found by its name.
    pub id: String,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// Where mail goes.
    pub email: String,
    /// Present on the wire, but not its value.
    #[webhook(redact)]
    pub phone: String,
    /// When the record was made.
    pub created_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: String,
    /// Not on the wire at all: read back, it has its default.
    #[webhook(skip)]
    #[serde(default)]
    pub internal_notes: String,
}

/// Where people work. Its id is a number.
#[derive(Debug, Clone, Serialize, Deserialize, WebhookObject, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Company {
    /// Any type that displays can be the id.
    pub id: u64,
    /// The name.
    pub name: String,
    /// The internet domain, when it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Stands on the wire among the members of the company.
    #[serde(flatten)]
    pub address: Address,
}

/// A part of a company.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// The town.
    pub city: String,
    /// The country, by its two letters.
    pub country: String,
}

/// A text about somebody.
#[derive(Debug, Clone, Serialize, Deserialize, WebhookObject, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// The id is marked, since it is not named `id`.
    #[webhook(id)]
    pub note_id: String,
    /// The text.
    pub body: String,
    /// A set that is written in order, so that it compares well.
    pub tags: BTreeSet<String>,
}

/// Something to be done.
#[derive(Debug, Clone, Serialize, Deserialize, WebhookObject, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// The id.
    pub id: u64,
    /// What is to be done.
    pub title: String,
    /// How far it is.
    pub status: TaskStatus,
    /// Counts the saves, which is nobody else's business.
    #[webhook(skip)]
    #[serde(default)]
    pub revision: u32,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskStatus {
    /// Not begun.
    Todo,
    /// Begun.
    InProgress,
    /// Finished.
    Done,
}

/// A chance to sell. It can be deleted, restored, and destroyed for good.
#[derive(Debug, Clone, Serialize, Deserialize, WebhookObject, JsonSchema)]
#[webhook(name = "opportunity", events(created, updated, deleted, restored, destroyed))]
#[serde(rename_all = "camelCase")]
pub struct Deal {
    /// The id.
    pub id: String,
    /// What would be sold.
    pub name: String,
    /// For how much, in cents.
    pub amount_cents: i64,
    /// How likely it is, in percent.
    pub probability: u8,
}

/// A deal was won: an event with data of its own, `opportunity.won`.
#[derive(Debug, Clone, Serialize, Deserialize, WebhookEvent, JsonSchema)]
#[webhook(object = Deal, name = "won")]
#[serde(rename_all = "camelCase")]
pub struct DealWon {
    /// The deal, as whose event it is known.
    #[webhook(id)]
    pub deal_id: String,
    /// Who has bought.
    pub company_id: u64,
    /// For how much, in cents.
    pub amount_cents: i64,
}

#[cfg(test)]
mod tests {
    use hookwright::LockError;

    /// What receivers rely on is kept. After a change that is meant: `UPDATE_CATALOG=1`.
    #[test]
    fn no_event_is_broken() -> Result<(), LockError> {
        super::catalog().check_lock(concat!(env!("CARGO_MANIFEST_DIR"), "/catalog.lock"))
    }
}
