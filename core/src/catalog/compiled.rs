//! The schemas of a catalogue's types, as one of the documents needs them.

use std::collections::{BTreeMap, BTreeSet};

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::node::properties;
use super::references::{each_reference, resolve, retain_reachable, separate};
use super::{Part, names};
use crate::event::EventName;

/// For what schemas are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// What is sent, in JSON Schema 2020-12.
    Sent,
    /// What a receiver with the same types reads.
    Read,
    /// What is sent, in the draft that `AsyncAPI` knows.
    Draft7,
}

/// What stands on the wire for a redacted value.
const REDACTED: &str = "[redacted]";

/// What references begin with until a document puts its own path there.
pub(super) const PATH: &str = "#/$defs/";

/// Every schema by its name: of data, and of what stands in it.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) data: Vec<Data>,
    pub(super) events: Vec<Event>,
    pub(super) schemas: BTreeMap<String, Value>,
}

/// A type that events carry.
#[derive(Debug)]
pub(super) struct Data {
    /// The name of its schema: the object's, or that of a custom event with `.data`.
    pub(super) key: String,
    pub(super) object: &'static str,
    pub(super) is_custom: bool,
}

/// An event.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) name: EventName,
    /// The name of the schema of what it carries.
    pub(super) data: String,
    /// Whether it may say what has changed.
    pub(super) is_update: bool,
}

impl Compiled {
    pub(super) fn new(parts: &[Part], form: Form) -> Self {
        let settings = match form {
            Form::Sent => SchemaSettings::draft2020_12().for_serialize(),
            Form::Read => SchemaSettings::draft2020_12().for_deserialize(),
            Form::Draft7 => SchemaSettings::draft07().for_serialize(),
        };
        let settings = settings.with(|settings| settings.definitions_path = "/$defs".into());
        let mut generator = settings.into_generator();
        let mut compiled = Self { data: Vec::new(), events: Vec::new(), schemas: BTreeMap::new() };
        let mut keys: BTreeMap<String, &str> = BTreeMap::new();
        for part in parts {
            let key = match part.operations.first() {
                Some(operation) if part.is_custom => format!("{}.{operation}.data", part.object),
                _ => part.object.to_owned(),
            };
            let key = match keys.get(&key) {
                // The same type, added again for more of its events.
                Some(id) if **id == part.schema_id => key,
                _ => names::unique(key, |key| keys.contains_key(key)),
            };
            for operation in &part.operations {
                compiled.events.push(Event {
                    name: EventName::of_object(part.object, operation),
                    data: key.clone(),
                    is_update: !part.is_custom && *operation == "updated",
                });
            }
            if keys.insert(key.clone(), &part.schema_id).is_some() {
                continue;
            }
            let mut schema = (part.schema)(&mut generator);
            if part.is_empty {
                // Data without members is an object all the same.
                let description = schema.remove("description");
                schema = schemars::json_schema!({ "type": "object" });
                if let Some(description) = description {
                    schema.insert("description".to_owned(), description);
                }
            }
            for transform in generator.transforms_mut() {
                transform.transform(&mut schema);
            }
            let mut schema = schema.to_value();
            hide(&mut schema, part);
            compiled.schemas.insert(key.clone(), schema);
            let Part { object, is_custom, .. } = *part;
            compiled.data.push(Data { key, object, is_custom });
        }
        let mut definitions = generator.take_definitions(true).into_iter().collect();
        // Of what is hidden, the types are known to the generator all the same.
        retain_reachable(compiled.schemas.values_mut(), &mut definitions);
        compiled.add(definitions);
        compiled.schemas.values_mut().for_each(separate);
        compiled
    }

    /// Adds the types that stand in data, under names that are free and can stand in any document.
    fn add(&mut self, definitions: BTreeMap<String, Value>) {
        let mut taken: BTreeSet<String> = self.schemas.keys().cloned().collect();
        let mut names = BTreeMap::new();
        for name in definitions.keys() {
            let is_legal = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            let legal = name.replace(|letter| !is_legal(letter), "_");
            let unique = names::unique(legal, |name| taken.contains(name));
            taken.insert(unique.clone());
            names.insert(name.clone(), unique);
        }
        for (name, schema) in definitions {
            self.schemas.insert(names[&name].clone(), schema);
        }
        for schema in self.schemas.values_mut() {
            each_reference(schema, &mut |reference| {
                if let Some(name) = reference.strip_prefix(PATH)
                    && let Some(name) = names.get(&names::decode(name))
                {
                    *reference = format!("{PATH}{name}");
                }
            });
        }
    }

    /// Lets references begin with the path that a document keeps schemas under.
    pub(super) fn under(mut self, path: &str) -> Self {
        for schema in self.schemas.values_mut() {
            each_reference(schema, &mut |reference| {
                if let Some(name) = reference.strip_prefix(PATH) {
                    *reference = format!("{path}{name}");
                }
            });
        }
        self
    }

    /// The schema that a reference means, or the schema itself.
    pub(super) fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        resolve(&self.schemas, schema)
    }

    /// The members of an object's data, where they can be told.
    pub(super) fn fields(&self, object: &str) -> Vec<String> {
        let data = self.data.iter().find(|data| data.object == object && !data.is_custom);
        data.map(|data| self.fields_of(&data.key)).unwrap_or_default()
    }

    /// The members of the data whose schema has this name.
    pub(super) fn fields_of(&self, key: &str) -> Vec<String> {
        let mut fields = Vec::new();
        self.collect_fields(&self.schemas[key], &mut fields, self.schemas.len());
        fields
    }

    /// Whether data has a flattened map, whose members may have any name.
    #[cfg(feature = "_outbox")]
    pub(super) fn takes_any_field(&self, key: &str) -> bool {
        self.is_open(&self.schemas[key], self.schemas.len())
    }

    #[cfg(feature = "_outbox")]
    fn is_open(&self, schema: &Value, depth: usize) -> bool {
        let schema = self.resolve(schema);
        let more = |keyword: &str| schema.get(keyword).is_some_and(|more| *more != false);
        let parts = ["allOf", "anyOf", "oneOf"];
        let mut parts = parts.iter().filter_map(|keyword| schema[*keyword].as_array()).flatten();
        more("additionalProperties")
            || more("patternProperties")
            || more("unevaluatedProperties")
            || (depth > 0 && parts.any(|schema| self.is_open(schema, depth - 1)))
    }

    /// Those that stand in the schema itself, and then those of what is flattened into it.
    fn collect_fields(&self, schema: &Value, fields: &mut Vec<String>, depth: usize) {
        let schema = self.resolve(schema);
        for (name, _) in properties(schema) {
            if !fields.iter().any(|field| field == name) {
                fields.push(name.to_owned());
            }
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for schema in schema[keyword].as_array().into_iter().flatten().filter(|_| depth > 0) {
                self.collect_fields(schema, fields, depth - 1);
            }
        }
    }

    /// The first line of what a type's doc comment says.
    pub(super) fn summary(&self, event: &Event) -> Option<String> {
        let text = self.schemas[&event.data]["description"].as_str()?;
        text.lines().next().map(str::to_owned)
    }

    /// The schema of a body, which refers to the data under `path`.
    pub(super) fn envelope(&self, event: &Event, path: &str) -> Value {
        let data = &event.data;
        let mut schema = json!({
            "type": "object",
            "properties": {
                "event": { "const": event.name.to_string() },
                "data": { "$ref": format!("{path}{data}") },
                "timestamp": {
                    "type": "string",
                    "format": "date-time",
                    "description": "When it happened, in UTC.",
                },
            },
            "required": ["event", "data", "timestamp"],
        });
        if let Some(summary) = self.summary(event) {
            schema["description"] = summary.into();
        }
        if event.is_update {
            let (fields, previous) = self.changes(data, path);
            schema["properties"]["updatedFields"] = fields;
            schema["properties"]["previous"] = previous;
        }
        schema
    }

    /// The schemas of `updatedFields` and `previous`.
    fn changes(&self, data: &str, path: &str) -> (Value, Value) {
        let schema = &self.schemas[data];
        let old = |name: &str| {
            let pointer = name.replace('~', "~0").replace('/', "~1");
            let pointer = names::encode(&pointer);
            let reference = format!("{path}{data}/properties/{pointer}");
            json!({ "anyOf": [{ "$ref": reference }, { "type": "null" }] })
        };
        let names: Vec<&str> = properties(schema).map(|(name, _)| name).collect();
        let members: serde_json::Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), old(name))).collect();
        let mut field = json!({ "type": "string" });
        if is_closed(schema) {
            field["enum"] = names.into();
        }
        let fields = json!({
            "type": "array",
            "items": field,
            "description": "The members that have changed, where the old record was known.",
        });
        let previous = json!({
            "type": "object",
            "properties": members,
            "description": "The old values of these members; null for one that was absent.",
        });
        (fields, previous)
    }
}

/// Whether all members are among the properties.
fn is_closed(schema: &Value) -> bool {
    const MORE: [&str; 9] = [
        "$ref",
        "allOf",
        "anyOf",
        "oneOf",
        "if",
        "not",
        "additionalProperties",
        "patternProperties",
        "unevaluatedProperties",
    ];
    MORE.iter().all(|keyword| schema.get(keyword).is_none_or(|value| *value == json!(false)))
        && schema["properties"].is_object()
}

/// Takes out what receivers do not see, and marks what they do not see the value of.
fn hide(schema: &mut Value, part: &Part) {
    let Some(keywords) = schema.as_object_mut() else {
        return;
    };
    if let Some(properties) = keywords.get_mut("properties").and_then(Value::as_object_mut) {
        for name in part.hidden.skipped {
            properties.remove(*name);
        }
        for name in part.hidden.redacted {
            if let Some(property) = properties.get_mut(*name) {
                *property = redacted(property);
            }
        }
    }
    if let Some(required) = keywords.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !part.hidden.skipped.iter().any(|skipped| name == skipped));
        if required.is_empty() {
            keywords.remove("required");
        }
    }
}

fn redacted(property: &Value) -> Value {
    const NOTE: &str = "Redacted: the value is not sent.";
    let description = match property["description"].as_str() {
        Some(text) => format!("{text}\n\n{NOTE}"),
        None => NOTE.to_owned(),
    };
    json!({ "type": "string", "const": REDACTED, "description": description })
}
