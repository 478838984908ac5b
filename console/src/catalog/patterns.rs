//! Whether a pattern can match an event of the catalogue.

use hookwright::EventPattern;
use serde_json::Value;

use super::EventCatalog;
use crate::events::is_operational;

/// The members that an event can tell to have changed.
pub(super) enum Changes {
    Nothing,
    These(Vec<String>),
    Anything,
}

impl Changes {
    /// Reads them from the schema of an event's body.
    pub(super) fn of(schema: &Value) -> Self {
        let Some(members) = schema["properties"].as_object() else {
            return Self::Anything;
        };
        let Some(fields) = members.get("updatedFields") else {
            return Self::Nothing;
        };
        match fields["items"]["enum"].as_array() {
            Some(names) => {
                Self::These(names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            }
            None => Self::Anything,
        }
    }
}

impl EventCatalog {
    /// Refuses a pattern that matches no event of the catalogue, or names a field that none has, and
    /// tells what was probably meant. Events about webhooks are in no catalogue.
    pub(crate) fn check(&self, pattern: &EventPattern) -> Result<(), String> {
        let (object, operation) = (pattern.object(), pattern.operation());
        if object.is_some_and(is_operational) {
            return Ok(());
        }
        let names: Vec<(&str, &str)> =
            self.events().filter_map(|event| event.event.split_once('.')).collect();
        check_name(&names, object, operation)?;
        let mut known = Vec::new();
        for described in &self.events {
            let name = described.event.event.split_once('.');
            if name.is_some_and(|(one, other)| is(object, one) && is(operation, other)) {
                match &described.changes {
                    Changes::Nothing => {}
                    Changes::These(names) => known.extend(names.iter().map(String::as_str)),
                    Changes::Anything => return Ok(()),
                }
            }
        }
        let Some(unknown) = pattern.fields().find(|field| !known.contains(field)) else {
            return Ok(());
        };
        let written = |field| format!("{}.updated[{field}]", object.unwrap_or("*"));
        Err(refusal(&written(unknown), nearest(unknown, known.into_iter()).map(written)))
    }
}

/// Whether a part of a pattern matches: `None` is any.
fn is(part: Option<&str>, name: &str) -> bool {
    part.is_none_or(|part| part == name)
}

fn check_name(
    known: &[(&str, &str)],
    object: Option<&str>,
    operation: Option<&str>,
) -> Result<(), String> {
    if known.iter().any(|name| is(object, name.0) && is(operation, name.1)) {
        return Ok(());
    }
    let written = |object: Option<&str>, operation: Option<&str>| {
        format!("{}.{}", object.unwrap_or("*"), operation.unwrap_or("*"))
    };
    let meant = || {
        // The object first, and then an operation that this object has.
        let object = match object {
            Some(object) => Some(nearest(object, known.iter().map(|name| name.0))?),
            None => None,
        };
        let of_object = known.iter().filter(|name| is(object, name.0));
        let operation = match operation {
            Some(operation) => Some(nearest(operation, of_object.map(|name| name.1))?),
            None => None,
        };
        Some(written(object, operation))
    };
    Err(refusal(&written(object, operation), meant()))
}

fn refusal(pattern: &str, meant: Option<String>) -> String {
    let what_to_do = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "choose among its events".to_owned(),
    };
    format!("no event of the catalogue is `{pattern}`: {what_to_do}")
}

/// The word that was probably meant: the nearest one, when at most a third of the letters differ;
/// two that have changed places count as one.
fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distances = known.map(|candidate| (strsim::osa_distance(word, candidate), candidate));
    let (distance, nearest) = distances.min()?;
    let allowed = (word.chars().count().max(nearest.chars().count()) / 3).max(1);
    (distance <= allowed).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use hookwright::Catalog;
    use hookwright::schemars::JsonSchema;
    use hookwright::{WebhookEvent, WebhookObject};

    use super::*;

    #[derive(serde::Serialize, WebhookObject, JsonSchema)]
    #[schemars(crate = "hookwright::schemars")]
    struct Person {
        id: String,
        email: String,
    }

    #[derive(serde::Serialize, WebhookEvent, JsonSchema)]
    #[webhook(object = Person, name = "merged")]
    #[schemars(crate = "hookwright::schemars")]
    struct PersonMerged {
        winner: String,
    }

    /// One whose members may have any name.
    #[derive(serde::Serialize, WebhookObject, JsonSchema)]
    #[schemars(crate = "hookwright::schemars")]
    struct Note {
        id: String,
        #[serde(flatten)]
        more: std::collections::BTreeMap<String, String>,
    }

    fn check(pattern: &str, expected: Result<(), &str>) {
        let people = Catalog::new().object::<Person>().event::<PersonMerged>();
        let catalog = EventCatalog::of(&people).expect("a catalogue");
        let found = catalog.check(&pattern.parse().expect("a pattern"));
        assert_eq!(found, expected.map_err(str::to_owned), "{pattern}");
    }

    #[test]
    fn what_can_match_an_event_is_taken() {
        for pattern in [
            "*.*",
            "person.*",
            "*.merged",
            "person.created",
            "person.updated[id,email]",
            "*.updated[email]",
            "webhookDelivery.exhausted",
        ] {
            check(pattern, Ok(()));
        }
    }

    #[test]
    fn what_matches_nothing_is_refused_with_what_was_meant() {
        let refused = "no event of the catalogue is";
        for (pattern, meant) in [
            ("persn.created", "person.created"),
            ("persn.*", "person.*"),
            ("person.merge", "person.merged"),
            ("*.creatd", "*.created"),
            ("persn.create", "person.created"),
            ("person.updated[emial]", "person.updated[email]"),
            ("*.updated[id,emial]", "*.updated[email]"),
        ] {
            let written = pattern.replace("id,", "");
            check(pattern, Err(&format!("{refused} `{written}`: did you mean `{meant}`?")));
        }
        for pattern in ["invoice.created", "person.paid", "person.updated[birthday]"] {
            check(pattern, Err(&format!("{refused} `{pattern}`: choose among its events")));
        }
    }

    #[test]
    fn members_that_nobody_knows_are_taken() {
        let catalog = Catalog::new().object::<Person>().object::<Note>();
        let catalog = EventCatalog::of(&catalog).expect("a catalogue");
        let check = |pattern: &str| catalog.check(&pattern.parse().expect("a pattern")).is_ok();
        assert!(check("note.updated[colour]") && check("*.updated[colour]"));
        assert!(!check("person.updated[colour]"));
    }
}
