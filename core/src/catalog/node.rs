//! JSON in a chosen order, whatever order `serde_json`'s maps have in this build.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

/// A JSON value whose members stand as they were put.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// Anything but a list or an object.
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// The keywords of a schema that come first.
const FIRST: [&str; 9] =
    ["$schema", "$ref", "title", "description", "type", "format", "const", "enum", "properties"];

impl Node {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Scalar(Value::String(text.into()))
    }

    pub(super) fn reference(to: impl Into<String>) -> Self {
        Self::map([("$ref", Self::text(to))])
    }

    pub(super) fn map<'a>(members: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        Self::Map(members.into_iter().map(|(name, node)| (name.to_owned(), node)).collect())
    }

    /// A value that is data, its members in the order of their names.
    pub(super) fn data(value: &Value) -> Self {
        match value {
            Value::Array(items) => Self::List(items.iter().map(Self::data).collect()),
            Value::Object(members) => {
                let mut members: Vec<_> =
                    members.iter().map(|(name, value)| (name.clone(), Self::data(value))).collect();
                members.sort_by(|left, right| left.0.cmp(&right.0));
                Self::Map(members)
            }
            scalar => Self::Scalar(scalar.clone()),
        }
    }

    /// A schema: its keywords in a fixed order, properties as [`properties`] has them.
    pub(super) fn schema(value: &Value) -> Self {
        let Value::Object(keywords) = value else {
            return match value {
                Value::Array(items) => Self::List(items.iter().map(Self::schema).collect()),
                scalar => Self::Scalar(scalar.clone()),
            };
        };
        let place =
            |keyword: &str| FIRST.iter().position(|first| *first == keyword).unwrap_or(FIRST.len());
        let mut members: Vec<_> = keywords
            .iter()
            .map(|(keyword, inner)| {
                let node = match keyword.as_str() {
                    "const" | "default" | "enum" | "examples" | "required" => Self::data(inner),
                    "properties" => Self::Map(
                        properties(value)
                            .map(|(name, schema)| (name.to_owned(), Self::schema(schema)))
                            .collect(),
                    ),
                    _ => Self::schema(inner),
                };
                (keyword.clone(), node)
            })
            .collect();
        members.sort_by(|(left, _), (right, _)| (place(left), left).cmp(&(place(right), right)));
        Self::Map(members)
    }

    /// With indentation, and a line feed in the end.
    pub(super) fn pretty(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("it is JSON already");
        text.push('\n');
        text
    }

    pub(super) fn compact(&self) -> String {
        serde_json::to_string(self).expect("it is JSON already")
    }
}

/// The properties of a schema: first those that are required, as they stand there, which is the order
/// of the type's fields; then the others, by name.
pub(super) fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let required: Vec<&str> = strings(&schema["required"]).collect();
    let place = |name: &str| required.iter().position(|other| *other == name);
    let mut properties: Vec<(&str, &Value)> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.as_str(), schema))
        .collect();
    properties.sort_by_key(|(name, _)| (place(name).unwrap_or(usize::MAX), *name));
    properties.into_iter()
}

/// The texts of a list.
pub(super) fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Scalar(value) => value.serialize(serializer),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, node) in members {
                    map.serialize_entry(name, node)?;
                }
                map.end()
            }
        }
    }
}
