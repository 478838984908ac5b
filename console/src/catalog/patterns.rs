//! Whether a pattern can match an event of the catalogue.

use hookwright::{EventPattern, UnknownEvent};
use serde_json::Value;

use super::EventCatalog;

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
    /// Refuses a pattern that matches no event of the catalogue, or names a field that none has.
    pub(crate) fn check(&self, pattern: &EventPattern) -> Result<(), UnknownEvent> {
        pattern.check(&self.names, || self.fields(pattern))
    }

    /// The fields that the events which a pattern matches may tell of: `None` when it may be any.
    fn fields(&self, pattern: &EventPattern) -> Option<Vec<String>> {
        let mut fields = Vec::new();
        for (name, described) in self.names.iter().zip(&self.events) {
            match &described.changes {
                Changes::These(names) if pattern.matches(name) => fields.extend_from_slice(names),
                Changes::Anything if pattern.matches(name) => return None,
                _ => {}
            }
        }
        Some(fields)
    }
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
        let found = found.map_err(|unknown| unknown.to_string());
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
            check(
                pattern,
                Err(&format!(
                    "{refused} `{pattern}`: choose among its events, or add this one to it"
                )),
            );
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
