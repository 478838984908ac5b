//! References between schemas.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::compiled::PATH;
use super::names;

/// Keywords that say nothing of which values there are.
pub(super) const TEXTS: [&str; 9] = [
    "$comment",
    "$schema",
    "default",
    "deprecated",
    "description",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
];

/// The schema that a reference means, or the schema itself. One that means nothing is left.
pub(super) fn resolve<'a>(
    schemas: &'a BTreeMap<String, Value>,
    mut schema: &'a Value,
) -> &'a Value {
    // A type may be another's name; no chain of names is as long as there are types.
    for _ in 0..=schemas.len() {
        let reference = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        match reference.and_then(|name| schemas.get(name)) {
            Some(meant) => schema = meant,
            None => break,
        }
    }
    schema
}

/// Leaves those definitions to which a reference leads from one of the schemas.
pub(super) fn retain_reachable<'a>(
    schemas: impl Iterator<Item = &'a mut Value>,
    definitions: &mut BTreeMap<String, Value>,
) {
    let mut reached = BTreeSet::new();
    let mut pending = Vec::new();
    for schema in schemas {
        each_reference(schema, &mut |reference| pending.push(reference.clone()));
    }
    while let Some(reference) = pending.pop() {
        let Some(name) = reference.strip_prefix(PATH).map(names::decode) else {
            continue;
        };
        if let Some(schema) = definitions.get_mut(&name)
            && reached.insert(name)
        {
            each_reference(schema, &mut |reference| pending.push(reference.clone()));
        }
    }
    definitions.retain(|name, _| reached.contains(name));
}

/// Lets each reference stand alone, or beside texts: where rules stand beside it, it becomes one of
/// `allOf`. So is the variant of a tagged enum that holds another type.
pub(super) fn separate(schema: &mut Value) {
    each_schema(schema, &mut |keywords| {
        let is_rule = |keyword: &String| keyword != "$ref" && !TEXTS.contains(&keyword.as_str());
        if !keywords.keys().any(is_rule) {
            return;
        }
        if let Some(reference) = keywords.remove("$ref") {
            let all = keywords.entry("allOf").or_insert_with(|| json!([]));
            if let Some(all) = all.as_array_mut() {
                all.insert(0, json!({ "$ref": reference }));
            }
        }
    });
}

pub(super) fn each_reference(schema: &mut Value, change: &mut dyn FnMut(&mut String)) {
    each_schema(schema, &mut |keywords| {
        if let Some(Value::String(reference)) = keywords.get_mut("$ref") {
            change(reference);
        }
    });
}

/// Shows every schema in this one, and then itself.
fn each_schema(value: &mut Value, show: &mut dyn FnMut(&mut serde_json::Map<String, Value>)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each_schema(item, show)),
        Value::Object(keywords) => {
            for (keyword, value) in keywords.iter_mut() {
                match (keyword.as_str(), value) {
                    // Data, in which nothing refers.
                    ("const" | "default" | "enum" | "examples", _) => {}
                    // Their keys are names, and no keywords.
                    ("properties" | "patternProperties", Value::Object(members)) => {
                        members.values_mut().for_each(|schema| each_schema(schema, show));
                    }
                    (_, value) => each_schema(value, show),
                }
            }
            show(keywords);
        }
        _ => {}
    }
}
