//! Bodies to be shown, made of schemas.

use serde_json::{Value, json};

use super::compiled::{Compiled, Event};
use super::node::{Node, properties};

/// How far types within types are followed.
const DEPTH: usize = 8;
/// The patterns of the names that are numbers.
const NUMBERS: [&str; 2] = [r"^\d+$", r"^-?\d+$"];
const TIME: &str = "2025-02-10T15:30:50Z";

/// The body of an event in the documented format.
pub(super) fn body(compiled: &Compiled, event: &Event) -> Node {
    let schema = &compiled.schemas[&event.data];
    let data = Sampler { compiled }.sample(schema, "", DEPTH);
    let mut body = vec![("event", Node::text(event.name.to_string())), ("data", data)];
    if event.is_update
        && let Node::Map(members) = &body[1].1
        && let Some((name, value)) = changed(compiled, schema, members)
    {
        body.push(("updatedFields", Node::List(vec![Node::text(&name)])));
        body.push(("previous", Node::Map(vec![(name, value)])));
    }
    body.push(("timestamp", Node::text(TIME)));
    Node::map(body)
}

/// A member that may have changed, and what it was: a text of no format, or else the last one.
fn changed(
    compiled: &Compiled,
    schema: &Value,
    members: &[(String, Node)],
) -> Option<(String, Node)> {
    const RULES: [&str; 6] = ["const", "enum", "format", "maxLength", "pattern", "examples"];
    let is_free = |schema: &Value| {
        schema["type"] == "string" && RULES.iter().all(|rule| schema.get(rule).is_none())
    };
    for (name, value) in members.iter().skip(1) {
        let member = compiled.resolve(&schema["properties"][name]);
        if let Node::Scalar(Value::String(text)) = value
            && is_free(member)
        {
            return Some((name.clone(), Node::text(format!("old {text}"))));
        }
    }
    members.last().filter(|_| members.len() > 1).cloned()
}

struct Sampler<'a> {
    compiled: &'a Compiled,
}

impl Sampler<'_> {
    /// A value that is valid by the schema, as far as that is told by its types.
    fn sample(&self, schema: &Value, name: &str, depth: usize) -> Node {
        let schema =
            if schema["examples"].is_array() { schema } else { self.compiled.resolve(schema) };
        for keyword in ["examples", "enum"] {
            if let Some(value) = schema[keyword].as_array().and_then(|values| values.first()) {
                return Node::data(value);
            }
        }
        if let Some(value) = schema.get("const") {
            return Node::data(value);
        }
        if depth == 0 {
            return Node::Scalar(Value::Null);
        }
        let mut sample = self.by_type(schema, name, depth);
        for keyword in ["allOf", "oneOf", "anyOf"] {
            let Some(schemas) = schema[keyword].as_array() else {
                continue;
            };
            let count = if keyword == "allOf" { schemas.len() } else { 1 };
            // Where types hold themselves, only the shortest way out ends.
            let is_null = |schema: &&Value| schema["type"] == "null";
            let out = schemas.iter().find(is_null).filter(|_| depth < DEPTH - 2 && count == 1);
            for schema in out.into_iter().chain(schemas).take(count) {
                sample = Some(merge(sample, self.sample(schema, name, depth - 1)));
            }
        }
        sample.unwrap_or(Node::Scalar(Value::Null))
    }

    fn by_type(&self, schema: &Value, name: &str, depth: usize) -> Option<Node> {
        let first = schema["type"].as_array().and_then(|types| types.first());
        let kind = first.unwrap_or(&schema["type"]).as_str();
        let node = match kind {
            Some("object") => return Some(self.object(schema, depth)),
            None if schema["properties"].is_object() => return Some(self.object(schema, depth)),
            Some("array") => return Some(self.array(schema, name, depth)),
            Some("string") => string(schema, name).into(),
            Some("integer") => integer(schema),
            Some("number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(12.5)),
            Some("boolean") => true.into(),
            Some("null") => Value::Null,
            _ => return None,
        };
        Some(Node::Scalar(node))
    }

    fn object(&self, schema: &Value, depth: usize) -> Node {
        let member = |(name, schema): (&str, &Value)| {
            (name.to_owned(), self.sample(schema, name, depth - 1))
        };
        let required: Vec<&str> = super::node::strings(&schema["required"]).collect();
        // Deep down, only what must be there.
        let is_shown = |(name, _): &(&str, &Value)| depth > DEPTH - 3 || required.contains(name);
        let mut members: Vec<_> = properties(schema).filter(is_shown).map(member).collect();
        // A map by numbers has a member, where its pattern is one of those that are known.
        let patterns = schema["patternProperties"].as_object().into_iter().flatten();
        for (pattern, schema) in patterns.filter(|_| depth > DEPTH - 3) {
            if NUMBERS.contains(&pattern.as_str()) {
                members.push(("12".to_owned(), self.sample(schema, "", depth - 1)));
            }
        }
        Node::Map(members)
    }

    fn array(&self, schema: &Value, name: &str, depth: usize) -> Node {
        // A list of types, in either draft.
        let tuple = schema["prefixItems"].as_array().or(schema["items"].as_array());
        if let Some(items) = tuple {
            return Node::List(
                items.iter().map(|item| self.sample(item, name, depth - 1)).collect(),
            );
        }
        let Some(item) = schema.get("items") else {
            return Node::List(Vec::new());
        };
        let least = schema["minItems"].as_u64().and_then(|least| usize::try_from(least).ok());
        let usual = usize::from(depth > DEPTH - 3);
        let item = self.sample(item, name, depth - 1);
        Node::List(vec![item; least.unwrap_or(usual).min(64)])
    }
}

fn string(schema: &Value, name: &str) -> String {
    let text = match schema["format"].as_str() {
        Some("date-time") => TIME,
        Some("date") => "2025-02-10",
        Some("time" | "partial-time") => "15:30:50",
        Some("partial-date-time") => "2025-02-10T15:30:50",
        Some("duration") => "P1D",
        Some("uuid") => "0194f0c0-5a5a-7000-8000-000000000001",
        Some("uri" | "url" | "iri") => "https://example.com/",
        Some("email") => "alice@example.com",
        Some("ipv4" | "ip") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        _ if name.eq_ignore_ascii_case("email") => "alice@example.com",
        _ => name,
    };
    let text = if text.is_empty() { "text" } else { text };
    let length = |keyword: &str| schema[keyword].as_u64().and_then(|n| usize::try_from(n).ok());
    let most = length("maxLength").unwrap_or(usize::MAX);
    let least = length("minLength").unwrap_or(0).min(1024);
    text.chars().cycle().take(text.chars().count().max(least).min(most)).collect()
}

fn integer(schema: &Value) -> Value {
    let bound = |keyword: &str| schema[keyword].as_i64();
    let usual = 12;
    let least = bound("minimum").unwrap_or(usual).max(usual);
    bound("maximum").map_or(least, |most| least.min(most)).into()
}

/// The members of both; else what was made last.
fn merge(sample: Option<Node>, with: Node) -> Node {
    match (sample, with) {
        (Some(Node::Map(mut members)), Node::Map(more)) => {
            for (name, node) in more {
                if members.iter().all(|(known, _)| *known != name) {
                    members.push((name, node));
                }
            }
            Node::Map(members)
        }
        (_, with) => with,
    }
}
