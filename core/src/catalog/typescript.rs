use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::Catalog;
use super::compiled::{Compiled, Form};
use super::names::{one_line, pascal_case, unique};
use super::node::{properties, strings};

/// What every catalogue declares.
const ENVELOPE: &str = "\
/** The body of a request. */
export interface Envelope<Name extends string, Data> {
  event: Name;
  data: Data;
  /** When it happened, in UTC. */
  timestamp: string;
}

/** What has changed, where the old record was known. */
export interface Changes<Data> {
  updatedFields?: Array<keyof Data & string>;
  /** The old values; null for a member that was absent. */
  previous?: { [Member in keyof Data]?: Data[Member] | null };
}
";

/// Names that are not free: declared above or below, or used in what is written.
const TAKEN: [&str; 7] =
    ["Array", "Changes", "Envelope", "EventName", "Record", "WebhookEvent", "Object"];

/// What an interface cannot say.
const NOT_IN_INTERFACES: [&str; 6] = [
    "additionalProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "patternProperties",
    "unevaluatedProperties",
];

pub(super) fn write(catalog: &Catalog) -> String {
    let compiled = catalog.compiled(Form::Sent);
    let names = Names::of(&compiled);
    let mut text = format!(
        "// {} {}: the bodies of webhooks, told apart by `event`.\n\n{ENVELOPE}",
        one_line(&catalog.title),
        one_line(&catalog.version)
    );
    let data = compiled.data.iter().map(|data| &data.key);
    let others = compiled.schemas.keys().filter(|key| compiled.data.iter().all(|d| d.key != **key));
    for key in data.chain(others) {
        text.push('\n');
        declare(&mut text, &names, key, &compiled.schemas[key]);
    }
    text.push('\n');
    for event in &compiled.events {
        let (name, data) = (event.name.to_string(), names.get(&event.data));
        let changes = if event.is_update { format!(" & Changes<{data}>") } else { String::new() };
        let declared = names.get(&name);
        let _ = writeln!(
            text,
            "export type {declared} = Envelope<{}, {data}>{changes};",
            quoted(&name)
        );
    }
    let events: Vec<&str> =
        compiled.events.iter().map(|event| names.get(&event.name.to_string())).collect();
    let union = if events.is_empty() { "never".to_owned() } else { events.join("\n  | ") };
    let _ = write!(
        text,
        "\n/** Every body: `switch (body.event)` tells which. */\nexport type WebhookEvent =\n  | {union};\n\nexport type EventName = WebhookEvent[\"event\"];\n"
    );
    text
}

/// The name of each declaration, by that of its schema or event.
struct Names(BTreeMap<String, String>);

impl Names {
    fn of(compiled: &Compiled) -> Self {
        let mut names = BTreeMap::new();
        let mut taken: BTreeSet<String> = TAKEN.into_iter().map(str::to_owned).collect();
        let events = compiled.events.iter().map(|event| event.name.to_string());
        let data = compiled.data.iter().map(|data| data.key.clone());
        for name in data.chain(events).chain(compiled.schemas.keys().cloned()) {
            if names.contains_key(&name) {
                continue;
            }
            let declared = match pascal_case(&name) {
                digit if !digit.starts_with(|first: char| first.is_ascii_alphabetic()) => {
                    format!("Type{digit}")
                }
                declared => declared,
            };
            let declared = unique(declared, |declared| taken.contains(declared));
            taken.insert(declared.clone());
            names.insert(name, declared);
        }
        Self(names)
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("unknown", String::as_str)
    }
}

fn declare(text: &mut String, names: &Names, key: &str, schema: &Value) {
    comment(text, "", schema);
    let name = names.get(key);
    let is_interface = schema["properties"].is_object()
        && NOT_IN_INTERFACES
            .iter()
            .all(|keyword| schema.get(keyword).is_none_or(|value| *value == Value::Bool(false)));
    let _ = if is_interface {
        writeln!(text, "export interface {name} {}", members(names, schema, ""))
    } else {
        writeln!(text, "export type {name} = {};", type_of(names, schema, ""))
    };
}

/// The type, as it stands at this indentation.
fn type_of(names: &Names, schema: &Value, indent: &str) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return names.get(reference.rsplit('/').next().unwrap_or_default()).to_owned();
    }
    if let Some(value) = schema.get("const") {
        return literal(value);
    }
    if let Some(values) = schema["enum"].as_array() {
        return union(values.iter().map(literal));
    }
    let mut parts = Vec::new();
    if let Some(own) = own_type(names, schema, indent) {
        parts.push(own);
    }
    for keyword in ["anyOf", "oneOf"] {
        if let Some(schemas) = schema[keyword].as_array() {
            parts.push(union(schemas.iter().map(|schema| type_of(names, schema, indent))));
        }
    }
    for schema in schema["allOf"].as_array().into_iter().flatten() {
        parts.push(type_of(names, schema, indent));
    }
    match parts.as_slice() {
        [] if *schema == Value::Bool(false) => "never".to_owned(),
        [] => "unknown".to_owned(),
        [only] => only.clone(),
        _ => parts.iter().map(|part| in_parentheses(part)).collect::<Vec<_>>().join(" & "),
    }
}

/// What `type` and the keywords that go with it say.
fn own_type(names: &Names, schema: &Value, indent: &str) -> Option<String> {
    let of_kind = |kind: &str| match kind {
        "integer" | "number" => "number".to_owned(),
        "array" => array(names, schema, indent),
        "object" => object(names, schema, indent),
        other => other.to_owned(),
    };
    match &schema["type"] {
        // Said by what it is combined with.
        Value::String(kind) if kind == "object" && is_said_elsewhere(schema) => None,
        Value::String(kind) => Some(of_kind(kind)),
        Value::Array(kinds) => Some(union(kinds.iter().filter_map(Value::as_str).map(of_kind))),
        _ if schema["properties"].is_object() => Some(object(names, schema, indent)),
        _ => None,
    }
}

fn is_said_elsewhere(schema: &Value) -> bool {
    let is_combined = ["allOf", "anyOf", "oneOf"].iter().any(|keyword| schema[keyword].is_array());
    let says_members = |keyword: &&str| schema[*keyword].is_object();
    is_combined
        && !["properties", "patternProperties", "additionalProperties"].iter().any(says_members)
}

fn array(names: &Names, schema: &Value, indent: &str) -> String {
    if let Some(items) = schema["prefixItems"].as_array() {
        let items: Vec<_> = items.iter().map(|item| type_of(names, item, indent)).collect();
        return format!("[{}]", items.join(", "));
    }
    let item =
        schema.get("items").map_or("unknown".to_owned(), |item| type_of(names, item, indent));
    format!("Array<{item}>")
}

fn object(names: &Names, schema: &Value, indent: &str) -> String {
    let more = ["additionalProperties", "unevaluatedProperties"]
        .iter()
        .find_map(|keyword| schema.get(keyword).filter(|value| **value != Value::Bool(false)));
    let patterns = schema["patternProperties"].as_object().filter(|patterns| !patterns.is_empty());
    let of_patterns = patterns.into_iter().flat_map(|patterns| patterns.values());
    let values = || union(of_patterns.chain(more).map(|schema| type_of(names, schema, indent)));
    let is_map = more.is_some() || patterns.is_some();
    let record = is_map.then(|| format!("Record<string, {}>", values()));
    if !schema["properties"].is_object() {
        return record.unwrap_or_else(|| "Record<string, never>".to_owned());
    }
    let members = members(names, schema, indent);
    match record {
        // A member of another type than the rest could not be written otherwise.
        Some(_) => format!("{members} & Record<string, unknown>"),
        None => members,
    }
}

fn members(names: &Names, schema: &Value, indent: &str) -> String {
    let inner = format!("{indent}  ");
    let required: Vec<&str> = strings(&schema["required"]).collect();
    let mut text = "{\n".to_owned();
    for (name, schema) in properties(schema) {
        comment(&mut text, &inner, schema);
        let mark = if required.contains(&name) { "" } else { "?" };
        let ty = type_of(names, schema, &inner);
        let _ = writeln!(text, "{inner}{}{mark}: {ty};", member_name(name));
    }
    text + indent + "}"
}

fn member_name(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(is_plain)
    {
        name.to_owned()
    } else {
        quoted(name)
    }
}

fn union(types: impl Iterator<Item = String>) -> String {
    let mut seen = BTreeSet::new();
    let types: Vec<_> = types.filter(|ty| seen.insert(ty.clone())).collect();
    match types.as_slice() {
        [] => "never".to_owned(),
        [only] => only.clone(),
        _ => types.iter().map(|ty| in_parentheses(ty)).collect::<Vec<_>>().join(" | "),
    }
}

/// A type that stands beside others. Parentheses where none are needed do no harm.
fn in_parentheses(ty: &str) -> String {
    if ty.contains(" & ") || ty.contains(" | ") { format!("({ty})") } else { ty.to_owned() }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => "unknown".to_owned(),
        Value::String(text) => quoted(text),
        scalar => scalar.to_string(),
    }
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

fn comment(text: &mut String, indent: &str, schema: &Value) {
    let Some(description) = schema["description"].as_str() else {
        return;
    };
    let description = description.replace("*/", "*\u{200b}/");
    let mut lines = description.lines();
    if let (Some(only), None) = (lines.next(), lines.next()) {
        let _ = writeln!(text, "{indent}/** {only} */");
        return;
    }
    let _ = writeln!(text, "{indent}/**");
    for line in description.lines() {
        let _ = writeln!(text, "{}", format!("{indent} * {line}").trim_end());
    }
    let _ = writeln!(text, "{indent} */");
}
