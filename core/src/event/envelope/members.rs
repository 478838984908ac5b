use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor,
};
use serde_json::value::RawValue;

/// The place of a member, with its name; `None` of one that no format knows.
type Place<'m, 'a> = Option<(&'static str, &'m mut Option<&'a RawValue>)>;

/// The members of a body that some format knows, each as its text.
#[derive(Default)]
pub(super) struct Members<'a> {
    pub(super) event: Option<&'a RawValue>,
    pub(super) data: Option<&'a RawValue>,
    pub(super) updated_fields: Option<&'a RawValue>,
    pub(super) previous: Option<&'a RawValue>,
    pub(super) timestamp: Option<&'a RawValue>,
    pub(super) event_name: Option<&'a RawValue>,
    pub(super) event_date: Option<&'a RawValue>,
    pub(super) user_id: Option<&'a RawValue>,
    pub(super) workspace_member_id: Option<&'a RawValue>,
    pub(super) record: Option<&'a RawValue>,
    pub(super) kind: Option<&'a RawValue>,
    pub(super) specversion: Option<&'a RawValue>,
    pub(super) id: Option<&'a RawValue>,
    pub(super) time: Option<&'a RawValue>,
    pub(super) updated_fields_in_text: Option<&'a RawValue>,
}

impl<'a> Members<'a> {
    fn place(&mut self, name: &str) -> Place<'_, 'a> {
        Some(match name {
            "event" => ("event", &mut self.event),
            "data" => ("data", &mut self.data),
            "updatedFields" => ("updatedFields", &mut self.updated_fields),
            "previous" => ("previous", &mut self.previous),
            "timestamp" => ("timestamp", &mut self.timestamp),
            "eventName" => ("eventName", &mut self.event_name),
            "eventDate" => ("eventDate", &mut self.event_date),
            "userId" => ("userId", &mut self.user_id),
            "workspaceMemberId" => ("workspaceMemberId", &mut self.workspace_member_id),
            "record" => ("record", &mut self.record),
            "type" => ("type", &mut self.kind),
            "specversion" => ("specversion", &mut self.specversion),
            "id" => ("id", &mut self.id),
            "time" => ("time", &mut self.time),
            "updatedfields" => ("updatedfields", &mut self.updated_fields_in_text),
            _ => return None,
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the envelope of an event")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Members::default();
                while let Some(place) = map.next_key_seed(PlaceSeed(&mut members))? {
                    match place {
                        Some((name, Some(_))) => return Err(A::Error::duplicate_field(name)),
                        Some((_, place)) => *place = Some(map.next_value()?),
                        None => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

/// Reads a member's name, and finds its place.
struct PlaceSeed<'m, 'a>(&'m mut Members<'a>);

impl<'m, 'a, 'de> DeserializeSeed<'de> for PlaceSeed<'m, 'a> {
    type Value = Place<'m, 'a>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<'m, 'a> Visitor<'_> for PlaceSeed<'m, 'a> {
    type Value = Place<'m, 'a>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a member")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.place(name))
    }
}
