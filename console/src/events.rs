//! Events that come from programs not written in Rust, and those that try a webhook out.

use chrono::{DateTime, Datelike, Utc};
use hookwright::{EndpointId, EventName, JsonData, SendError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::console::Console;
use crate::history::{Attempt, Outcome};
use crate::outbox::{AnyOutbox, on_store};
use crate::problem::{FieldError, Problem};

/// An event to be sent to every webhook that wants it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewEvent {
    /// Its name, such as `person.created`.
    #[schema(example = "person.created")]
    pub(crate) event: String,
    /// What it carries: an object, whose `id` is that of the record.
    #[schema(value_type = Object, example = json!({"id": "abc12345", "email": "alice@example.com"}))]
    pub(crate) data: Box<RawValue>,
    /// When it happened: now, unless given.
    #[serde(default)]
    pub(crate) timestamp: Option<DateTime<Utc>>,
    /// Of an update: the members of the data that have changed.
    #[serde(default)]
    pub(crate) updated_fields: Option<Vec<String>>,
    /// Of an update: what the changed members were before.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(crate) previous: Option<Box<RawValue>>,
    /// Whose it is.
    #[serde(default)]
    pub(crate) tenant: Option<String>,
}

/// An event that was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Emitted {
    /// The event's id, the `webhook-id` of its requests.
    pub(crate) id: String,
}

/// What a webhook is tried out with.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Trial {
    /// The name of the event: `webhook.test`, unless given.
    #[serde(default)]
    #[schema(example = "person.created")]
    pub(crate) event: Option<String>,
    /// What it carries: an example, unless given.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(crate) data: Option<Box<RawValue>>,
}

/// How long an event's name and a record's id are at most, in bytes.
const MAX_NAME: usize = 256;

/// The name of an event that only tries a webhook out.
pub(crate) const TEST: &str = "webhook.test";

/// Takes an event, which is sent from now on to every webhook that wants it.
pub(crate) async fn emit(
    console: &Console,
    outbox: &AnyOutbox,
    new: NewEvent,
) -> Result<Emitted, Problem> {
    let outbox = &outbox.narrowed(new.tenant.as_deref())?;
    let mut errors = Vec::new();
    let mut refuse = |field, detail: String| errors.push(FieldError { field, detail });
    let name: Option<EventName> =
        new.event.parse().map_err(|error| refuse("event", format!("{error}"))).ok();
    let data =
        JsonData::parse(new.data.get()).map_err(|error| refuse("data", error.to_string())).ok();
    if let Some(Err(detail)) = name.as_ref().map(check_name) {
        refuse("event", detail);
    }
    if data.as_ref().is_some_and(|data| data.id().len() > MAX_NAME || data.id().contains('\0')) {
        refuse("data", format!("an `id` has {MAX_NAME} bytes at most, and no character NUL"));
    }
    if new.timestamp.is_some_and(|timestamp| !(0..=9999).contains(&timestamp.year())) {
        refuse("timestamp", "a year is one of 0000 to 9999".to_owned());
    }
    let (Some(name), Some(data)) = (name.filter(|_| errors.is_empty()), data) else {
        return Err(Problem::of_fields("the event was not taken", errors));
    };
    let mut event = hookwright::Event::untyped(name, data);
    if let Some(timestamp) = new.timestamp {
        event = event.at(timestamp);
    }
    match (new.updated_fields, &new.previous) {
        (Some(fields), previous) => {
            let previous = previous.as_ref().map(|previous| previous.get());
            event = event
                .with_updated_fields(fields, previous)
                .map_err(|error| Problem::of_field("previous", error))?;
        }
        (None, Some(_)) => {
            let detail = "name the fields that have changed beside what they were";
            return Err(Problem::of_field("updatedFields", detail));
        }
        (None, None) => {}
    }
    if let Some(catalog) = &console.catalog {
        if catalog.get(&new.event).is_none() {
            return Err(not_in_catalogue(&new.event));
        }
        let body = serde_json::to_value(&event)
            .map_err(|_| Problem::of_field("data", "this is not JSON"))?;
        let wrong = catalog.errors(&new.event, &body);
        if !wrong.is_empty() {
            let wrong = wrong.into_iter().map(|detail| FieldError { field: "data", detail });
            let detail = "the event is not as the catalogue has it: nothing was sent";
            return Err(Problem::of_fields(detail, wrong.collect()));
        }
    }
    let id = on_store!(outbox, outbox => {
        let mut transaction = outbox.begin().await?;
        let id = outbox.emit(&mut transaction, &event).await?;
        transaction.commit().await?;
        id
    });
    Ok(Emitted { id: id.to_string() })
}

/// Refuses names that are not for programs to take.
fn check_name(name: &EventName) -> Result<(), String> {
    if name.is_operational() {
        return Err("events of this name are the dispatcher's own".to_owned());
    }
    if name.object().len() + name.operation().len() > MAX_NAME {
        return Err(format!("an event's name has {MAX_NAME} bytes at most"));
    }
    Ok(())
}

/// Sends a webhook one event, and tells what came of it. Nothing is stored, or tried again.
pub(crate) async fn test(
    console: &Console,
    outbox: &AnyOutbox,
    id: &EndpointId,
    trial: Trial,
) -> Result<Attempt, Problem> {
    let name = trial.event.as_deref().unwrap_or(TEST);
    let parsed: EventName = name.parse().map_err(|error| Problem::of_field("event", error))?;
    check_name(&parsed).map_err(|detail| Problem::of_field("event", detail))?;
    let data = match &trial.data {
        Some(data) => data.get().to_owned(),
        None => example(console, name)?.to_string(),
    };
    let data = JsonData::parse(&data).map_err(|error| Problem::of_field("data", error))?;
    let now = Utc::now();
    let event = hookwright::Event::untyped(parsed, data);
    let event_id = event.id().map(ToString::to_string).unwrap_or_default();
    let sent = on_store!(outbox, outbox => {
        outbox.endpoints().test(&console.sender, id, &event).await?
    });
    let attempt = Attempt {
        event_id,
        webhook_id: id.to_string(),
        attempt: 1,
        at: now,
        duration_ms: 0.0,
        outcome: Outcome::Delivered,
        status: None,
        error: None,
        answer: String::new(),
        location: None,
    };
    Ok(match sent {
        Ok(receipt) => Attempt {
            duration_ms: receipt.duration().as_secs_f64() * 1e3,
            status: Some(receipt.status().as_u16()),
            answer: String::from_utf8_lossy(receipt.answer()).into_owned(),
            ..attempt
        },
        Err(error) => failed(attempt, &error),
    })
}

fn failed(attempt: Attempt, error: &SendError) -> Attempt {
    Attempt {
        duration_ms: error.duration().map_or(0.0, |duration| duration.as_secs_f64() * 1e3),
        outcome: Outcome::Failed,
        status: error.status().map(|status| status.as_u16()),
        error: Some(error.class().to_owned()),
        answer: String::from_utf8_lossy(error.answer()).into_owned(),
        location: error.location().map(str::to_owned),
        ..attempt
    }
}

/// The data of an event that only tries a webhook out.
fn example(console: &Console, name: &str) -> Result<Value, Problem> {
    let test = json!({"id": "test", "message": "This event only tries the webhook out."});
    let Some(catalog) = console.catalog.as_ref().filter(|_| name != TEST) else {
        return Ok(test);
    };
    let event = catalog.get(name).ok_or_else(|| not_in_catalogue(name))?;
    Ok(event.example.as_ref().map_or(test, |body| body["data"].clone()))
}

fn not_in_catalogue(name: &str) -> Problem {
    Problem::of_field("event", format!("there is no event {name} in the catalogue"))
}
