//! What has changed between two records, told by their payloads.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::{RawValue, to_raw_value};

use super::members::{Members, MembersError};
use crate::object::WebhookObject;

/// The `updatedFields` of a body, and its `previous` where the old record was known.
#[derive(Clone)]
pub(crate) struct Changes {
    fields: Vec<Cow<'static, str>>,
    previous: Option<Box<RawValue>>,
}

impl Changes {
    pub(crate) fn new(fields: Vec<Cow<'static, str>>, previous: Option<Box<RawValue>>) -> Self {
        Self { fields, previous }
    }

    pub(crate) fn fields(&self) -> &[Cow<'static, str>] {
        &self.fields
    }

    pub(crate) fn previous(&self) -> Option<&RawValue> {
        self.previous.as_deref()
    }
}

/// JSON as it is read: of `serde_json` its exact text. Serde itself holds what it reads for an
/// untagged enum in its own values, of which JSON is written again.
pub(crate) struct Json(Box<RawValue>);

impl Json {
    pub(crate) fn into_raw(self) -> Box<RawValue> {
        self.0
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct JsonVisitor;

        impl<'de> Visitor<'de> for JsonVisitor {
            type Value = Json;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("any JSON")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Json, A::Error> {
                Box::deserialize(MapAccessDeserializer::new(map)).map(Json)
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Json, D::Error> {
                let value = serde_json::Value::deserialize(deserializer)?;
                to_raw_value(&value).map(Json).map_err(D::Error::custom)
            }
        }

        // By this name `serde_json` hands over the text of a `RawValue`, as a map.
        deserializer.deserialize_newtype_struct("$serde_json::private::RawValue", JsonVisitor)
    }
}

/// The value of one member of `object`; an absent one is `null`.
pub(crate) fn member<'de, V>(
    object: &'de RawValue,
    name: &str,
) -> Result<Option<V>, serde_json::Error>
where
    V: Deserialize<'de>,
{
    match text_of(object, name)? {
        Some(value) => serde_json::from_str(value.get()),
        None => Ok(None),
    }
}

/// The JSON of one member of `object`.
pub(crate) fn text_of<'de>(
    object: &'de RawValue,
    name: &str,
) -> Result<Option<&'de RawValue>, serde_json::Error> {
    let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(object.get())?;
    Ok(members.get(name).copied())
}

/// Compares the payloads member by member; `None` when they are the same.
pub(crate) fn between<T: WebhookObject>(
    before: &T,
    after: &T,
) -> Result<Option<Changes>, UpdateError> {
    if before.object_id().to_string() != after.object_id().to_string() {
        return Err(UpdateError::DifferentIds { object: T::NAME });
    }
    let old = Members::of(before).map_err(UpdateError::of_members::<T>)?;
    let new = Members::of(after).map_err(UpdateError::of_members::<T>)?;

    let (in_old, in_new) = (old.finder(), new.finder());

    let mut changes = Recorder::default();
    let mut passed = 0;
    for index in 0..new.len() {
        let name = new.name(index);
        let Some(found) = in_old.find(name, passed) else {
            changes.record(name.clone(), "null");
            continue;
        };
        // Members that are gone stand in the old payload before one that is not.
        for gone in (passed..found).filter(|gone| in_new.find(old.name(*gone), index).is_none()) {
            changes.record(old.name(gone).clone(), old.value(gone));
        }
        passed = passed.max(found + 1);
        if after.redacted_differs(before, name) || !same(old.value(found), new.value(index), DEPTH)
        {
            changes.record(name.clone(), old.value(found));
        }
    }
    for gone in (passed..old.len()).filter(|gone| in_new.find(old.name(*gone), 0).is_none()) {
        changes.record(old.name(gone).clone(), old.value(gone));
    }
    changes.finish().map_err(|source| UpdateError::Serialize { object: T::NAME, source })
}

/// Writes `previous` while the changed members are found.
#[derive(Default)]
struct Recorder {
    fields: Vec<Cow<'static, str>>,
    previous: String,
}

impl Recorder {
    fn record(&mut self, name: Cow<'static, str>, old_value: &str) {
        self.previous.push(if self.fields.is_empty() { '{' } else { ',' });
        self.previous.push_str(&quoted(&name));
        self.previous.push(':');
        self.previous.push_str(old_value);
        self.fields.push(name);
    }

    fn finish(mut self) -> Result<Option<Changes>, serde_json::Error> {
        if self.fields.is_empty() {
            return Ok(None);
        }
        self.previous.push('}');
        let previous = RawValue::from_string(self.previous)?;
        Ok(Some(Changes::new(self.fields, Some(previous))))
    }
}

fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

/// How deep two values are compared as JSON: as deep as `serde_json` reads them. What lies deeper
/// is compared by its bytes.
const DEPTH: usize = 128;

/// Whether two JSON texts are the same: by their bytes, or else as JSON, where neither the order of
/// keys nor the way a string is escaped counts. Numbers are compared by their text, since no number
/// type holds all of them.
fn same(left: &str, right: &str, depth: usize) -> bool {
    if left == right {
        return true;
    }
    if depth == 0 || left.as_bytes().first() != right.as_bytes().first() {
        return false;
    }
    match left.as_bytes().first() {
        Some(b'{') => {
            both::<BTreeMap<Cow<'_, str>, &RawValue>>(left, right).is_some_and(|(left, right)| {
                left.len() == right.len()
                    && left.iter().zip(&right).all(|((left_key, left), (right_key, right))| {
                        left_key == right_key && same(left.get(), right.get(), depth - 1)
                    })
            })
        }
        Some(b'[') => both::<Vec<&RawValue>>(left, right).is_some_and(|(left, right)| {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(&right)
                    .all(|(left, right)| same(left.get(), right.get(), depth - 1))
        }),
        Some(b'"') if left.contains('\\') || right.contains('\\') => {
            both::<String>(left, right).is_some_and(|(left, right)| left == right)
        }
        _ => false,
    }
}

fn both<'a, V: Deserialize<'a>>(left: &'a str, right: &'a str) -> Option<(V, V)> {
    Some((serde_json::from_str(left).ok()?, serde_json::from_str(right).ok()?))
}

/// Why it cannot be told what has changed.
#[derive(Debug)]
#[non_exhaustive]
pub enum UpdateError {
    /// The two records have different ids, so that neither is an older state of the other.
    #[non_exhaustive]
    DifferentIds {
        /// The object's name.
        object: &'static str,
    },
    /// The data is not a JSON object, so that it has no members to compare.
    #[non_exhaustive]
    NotAnObject {
        /// The object's name.
        object: &'static str,
    },
    /// The data cannot be written as JSON, such as a map whose keys are not strings.
    #[non_exhaustive]
    Serialize {
        /// The object's name.
        object: &'static str,
        /// What serde said.
        source: serde_json::Error,
    },
}

impl UpdateError {
    fn of_members<T: WebhookObject>(error: MembersError) -> Self {
        match error {
            MembersError::NotAnObject => Self::NotAnObject { object: T::NAME },
            MembersError::Serialize(source) => Self::Serialize { object: T::NAME, source },
        }
    }
}

impl fmt::Display for UpdateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DifferentIds { object } => write!(
                formatter,
                "the old `{object}` has another id: compare two states of one record"
            ),
            Self::NotAnObject { object } => write!(
                formatter,
                "the data of `{object}` is not a JSON object, so its members cannot be compared: use `updated()`"
            ),
            Self::Serialize { object, .. } => {
                write!(formatter, "the data of `{object}.updated` cannot be written as JSON")
            }
        }
    }
}

impl Error for UpdateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Serialize { source, .. } => Some(source),
            Self::DifferentIds { .. } | Self::NotAnObject { .. } => None,
        }
    }
}
