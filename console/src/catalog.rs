//! The events that there are, read from the JSON Schema that a [`Catalog`] writes.

mod patterns;

use std::sync::OnceLock;
use std::{error, fmt};

use hookwright::{Catalog, EventName};
use jsonschema::Validator;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use self::patterns::Changes;

/// The events of an application.
pub(crate) struct EventCatalog {
    /// The document as it was given.
    pub(crate) document: Value,
    /// The names of the events, in their order.
    names: Vec<EventName>,
    events: Vec<Described>,
}

struct Described {
    event: CatalogEvent,
    changes: Changes,
    /// What the event's bodies are checked by, once one is.
    validator: OnceLock<Option<Validator>>,
}

/// An event that there is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CatalogEvent {
    /// Its name, such as `person.created`.
    pub(crate) event: String,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// A body of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) example: Option<Value>,
}

impl EventCatalog {
    pub(crate) fn of(catalog: &Catalog) -> Result<Self, NotACatalog> {
        Self::read(&catalog.json_schema())
    }

    /// Reads what [`Catalog::json_schema`] has written.
    pub(crate) fn read(document: &str) -> Result<Self, NotACatalog> {
        let document: Value = serde_json::from_str(document).map_err(|_| NotACatalog)?;
        let bodies = document["oneOf"].as_array().ok_or(NotACatalog)?;
        let (mut names, mut events) = (Vec::new(), Vec::new());
        for body in bodies {
            let reference = body["$ref"].as_str().ok_or(NotACatalog)?;
            let name = reference.strip_prefix("#/$defs/").ok_or(NotACatalog)?;
            names.push(name.parse().map_err(|_| NotACatalog)?);
            let name = name.to_owned();
            let schema = document["$defs"].get(&name).ok_or(NotACatalog)?;
            let event = CatalogEvent {
                description: schema["description"].as_str().map(str::to_owned),
                example: schema["examples"].get(0).cloned(),
                event: name,
            };
            let changes = Changes::of(schema);
            events.push(Described { event, changes, validator: OnceLock::new() });
        }
        Ok(Self { document, names, events })
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &CatalogEvent> {
        self.events.iter().map(|described| &described.event)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&CatalogEvent> {
        self.events().find(|event| event.event == name)
    }

    /// What is wrong with a body, each with its place: nothing when it is as it should be.
    pub(crate) fn errors(&self, name: &str, body: &Value) -> Vec<String> {
        let Some(described) = self.events.iter().find(|one| one.event.event == name) else {
            return vec![format!("there is no event {name} in the catalogue")];
        };
        let build = || {
            let schema =
                json!({"$ref": format!("#/$defs/{name}"), "$defs": self.document["$defs"]});
            jsonschema::validator_for(&schema).ok()
        };
        let Some(validator) = described.validator.get_or_init(build) else {
            return vec![format!("the catalogue's schema of {name} cannot be used")];
        };
        let describe = |error: jsonschema::ValidationError<'_>| {
            let place = error.instance_path().to_string();
            // Without the value, which is a customer's.
            let problem = error.masked();
            if place.is_empty() { problem.to_string() } else { format!("{place}: {problem}") }
        };
        validator.iter_errors(body).take(20).map(describe).collect()
    }
}

impl fmt::Debug for EventCatalog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.events().map(|event| &event.event)).finish()
    }
}

/// What is not a JSON Schema of a catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotACatalog;

impl fmt::Display for NotACatalog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "this is no JSON Schema of a catalogue: write one with `Catalog::json_schema`",
        )
    }
}

impl error::Error for NotACatalog {}
