use std::fmt::Write as _;

use serde_json::Value;

use super::compiled::{Compiled, Data, Form};
use super::names::one_line;
use super::node::{properties, strings};
use super::{Catalog, example};

/// Of what a type may be put together, and the word between.
const PARTS: [(&str, &str); 3] = [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")];

pub(super) fn write(catalog: &Catalog) -> String {
    let compiled = catalog.compiled(Form::Sent);
    let mut page = format!(
        "# {}\n\nVersion {}. Each event is a POST with a body of JSON:\n\n\
         | member | what it is |\n| --- | --- |\n\
         | `event` | what happened, such as `{}` |\n\
         | `data` | as described below |\n\
         | `updatedFields` | on updates, where it is known: the names of the members that have changed |\n\
         | `previous` | with it: their old values, `null` for one that was absent |\n\
         | `timestamp` | when it happened, in UTC |\n\n\
         Answer with a status of 200 to 299, at once: what is not acknowledged is sent again. The same \
         event may come more than once, with the same `webhook-id` header. Members may be added: pass \
         over those that you do not know.\n",
        one_line(&catalog.title),
        one_line(&catalog.version),
        compiled.events.first().map_or_else(String::new, |event| event.name.to_string()),
    );
    for data in &compiled.data {
        describe(&mut page, &compiled, data);
    }
    let is_data = |key: &String| compiled.data.iter().any(|data| data.key == *key);
    let others: Vec<_> = compiled.schemas.iter().filter(|(key, _)| !is_data(key)).collect();
    if !others.is_empty() {
        page.push_str("\n## Types\n");
    }
    for (name, schema) in others {
        let _ = write!(page, "\n### {name}\n");
        body(&mut page, schema);
    }
    page
}

fn describe(page: &mut String, compiled: &Compiled, data: &Data) {
    let events: Vec<_> = compiled.events.iter().filter(|event| event.data == data.key).collect();
    let title = match events.as_slice() {
        [only] if data.is_custom => only.name.to_string(),
        _ => data.key.clone(),
    };
    let _ = write!(page, "\n## {title}\n");
    if !data.is_custom {
        let names: Vec<_> = events.iter().map(|event| format!("`{}`", event.name)).collect();
        let _ = write!(page, "\nEvents: {}.\n", names.join(", "));
    }
    body(page, &compiled.schemas[&data.key]);
    for event in events {
        let example = example::body(compiled, event).pretty();
        let _ = write!(page, "\n```json\n{example}```\n");
    }
}

/// The description, and a table of the members, or the type in words.
fn body(page: &mut String, schema: &Value) {
    if let Some(text) = schema["description"].as_str() {
        let _ = write!(page, "\n{text}\n");
    }
    if !schema["properties"].is_object() {
        let words = in_words(schema);
        // A struct without members says all by that.
        if words != "object" {
            let _ = write!(page, "\n{words}\n");
        }
        return;
    }
    let required: Vec<&str> = strings(&schema["required"]).collect();
    page.push_str("\n| member | type | |\n| --- | --- | --- |\n");
    for (name, schema) in properties(schema) {
        let absent = if required.contains(&name) { "" } else { "May be absent. " };
        let text = schema["description"].as_str().map(one_line).unwrap_or_default();
        let text = format!("{absent}{text}");
        let _ = writeln!(
            page,
            "| `{}` | {} | {} |",
            cell(name),
            cell(&in_words(schema)),
            cell(text.trim())
        );
    }
    for (keyword, word) in PARTS {
        if let Some(schemas) = schema[keyword].as_array() {
            let words = join(schemas.iter().map(in_words).collect(), word);
            let _ = write!(page, "\nAnd the members of {words}.\n");
        }
    }
}

/// A type as people say it.
fn in_words(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return format!("[{name}](#{})", name.to_ascii_lowercase());
    }
    if let Some(value) = schema.get("const") {
        return format!("`{value}`");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
        return values.join(", ");
    }
    let mut parts = Vec::new();
    for (keyword, word) in PARTS {
        if let Some(schemas) = schema[keyword].as_array() {
            parts.push(join(schemas.iter().map(in_words).collect(), word));
        }
    }
    // Members of its own stand before those of others; what else a type says, they say too.
    if parts.is_empty() || schema["properties"].is_object() {
        parts.insert(0, own_words(schema));
    }
    join(parts, " and ")
}

/// Parentheses stand around what would be read otherwise.
fn join(parts: Vec<String>, word: &str) -> String {
    let is_alone = parts.len() == 1;
    let set_off = |part: String| match word {
        " and " if !is_alone && part.contains(" or ") => format!("({part})"),
        _ => part,
    };
    parts.into_iter().map(set_off).collect::<Vec<_>>().join(word)
}

/// What `type` and the keywords that go with it say.
fn own_words(schema: &Value) -> String {
    let of_kind = |kind: &str| match (kind, schema["format"].as_str()) {
        ("string", Some("date-time")) => "time (RFC 3339)".to_owned(),
        ("string", Some(format)) => format!("string ({format})"),
        ("array", _) => match schema.get("items") {
            Some(items) => format!("list of {}", in_words(items)),
            None => "list".to_owned(),
        },
        ("object", _) => object_in_words(schema),
        (kind, _) => kind.to_owned(),
    };
    match &schema["type"] {
        Value::String(kind) => of_kind(kind),
        Value::Array(kinds) => {
            let words: Vec<_> = kinds.iter().filter_map(Value::as_str).map(of_kind).collect();
            words.join(" or ")
        }
        _ => "anything".to_owned(),
    }
}

fn object_in_words(schema: &Value) -> String {
    let patterns = schema["patternProperties"].as_object();
    let of_patterns = patterns.into_iter().flat_map(|patterns| patterns.values());
    let more = schema.get("additionalProperties").filter(|more| more.is_object());
    let values: Vec<_> = of_patterns.chain(more).map(in_words).collect();
    if !values.is_empty() {
        return format!("map to {}", values.join(" or "));
    }
    if !schema["properties"].is_object() {
        return "object".to_owned();
    }
    // The tag of an enum is told with its value.
    let member = |(name, schema): (&str, &Value)| match schema.get("const") {
        Some(value) => format!("`{name}` (`{value}`)"),
        None => format!("`{name}`"),
    };
    format!("object of {}", properties(schema).map(member).collect::<Vec<_>>().join(", "))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
