//! The envelope of a received body, in whichever format it was written.

mod members;

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::value::RawValue;

use self::members::Members;
use super::name::split_name;
use super::{Actor, EventId, ReadError, timestamp};

/// What a body says of its event, which is every format's own way of saying the same.
pub(super) struct Envelope<'a> {
    pub(super) name: Name<'a>,
    /// Which member the data is: `data`, or `record`.
    pub(super) member: &'static str,
    /// The record's exact text in the body, which is JSON and otherwise not looked at.
    pub(super) data: &'a RawValue,
    pub(super) beside: Beside<'a>,
}

/// What stands beside name and data.
#[derive(Clone)]
pub(super) struct Beside<'a> {
    /// An id that stands in the body itself, as CloudEvents' does.
    pub(super) id: Option<EventId>,
    /// In whole milliseconds.
    pub(super) timestamp: DateTime<Utc>,
    pub(super) fields: Option<Vec<Cow<'static, str>>>,
    /// Owned where it was a text that holds JSON.
    pub(super) previous: Option<Cow<'a, RawValue>>,
    pub(super) actor: Option<Box<Actor>>,
}

impl<'a> Envelope<'a> {
    /// Reads a body. It is walked over once, whatever its depth, and nothing of `data` is copied.
    ///
    /// Members that are not known are passed over, as are those that only another format knows; one
    /// that is known stands once. Of `event`, `eventName` and `specversion`, each of which tells a
    /// format, no two stand together, so that the order of members tells nothing.
    pub(super) fn read(body: &'a str) -> Result<Self, ReadError> {
        let members: Members<'a> =
            serde_json::from_str(body).map_err(|error| ReadError::envelope(body, &error))?;
        match (members.event, members.event_name, members.specversion, members.kind) {
            (Some(name), None, None, _) => Self::of_data(&members, parse("event", name)?),
            (None, Some(name), None, _) => Self::of_twenty(&members, name),
            (None, None, Some(version), _) => Self::of_cloud_events(&members, version),
            (None, None, None, Some(name)) => Self::of_data(&members, parse("type", name)?),
            _ => Err(ReadError::UnknownFormat),
        }
    }

    /// The documented one and Standard Webhooks', which call the name differently.
    fn of_data(members: &Members<'a>, name: Name<'a>) -> Result<Self, ReadError> {
        Ok(Self {
            name,
            member: "data",
            data: present("data", members.data)?,
            beside: Beside {
                id: None,
                timestamp: time("timestamp", members.timestamp)?,
                fields: optional("updatedFields", members.updated_fields)?,
                previous: not_null(members.previous),
                actor: None,
            },
        })
    }

    fn of_twenty(members: &Members<'a>, name: &'a RawValue) -> Result<Self, ReadError> {
        let user = optional("userId", members.user_id)?;
        let workspace_member = optional("workspaceMemberId", members.workspace_member_id)?;
        Ok(Self {
            name: parse("eventName", name)?,
            member: "record",
            data: present("record", members.record)?,
            beside: Beside {
                id: None,
                timestamp: time("eventDate", members.event_date)?,
                fields: optional("updatedFields", members.updated_fields)?,
                previous: not_null(members.previous),
                actor: Actor::of_ids(user, workspace_member).map(Box::new),
            },
        })
    }

    fn of_cloud_events(members: &Members<'a>, version: &'a RawValue) -> Result<Self, ReadError> {
        let version: Cow<'_, str> = parse("specversion", version)?;
        if version != "1.0" {
            return Err(ReadError::not_taken("specversion"));
        }
        // That of another sender may be one that cannot stand in a header.
        let id: Cow<'_, str> = required("id", members.id)?;
        Ok(Self {
            name: required("type", members.kind)?,
            member: "data",
            data: present("data", members.data)?,
            beside: Beside {
                id: id.parse().ok(),
                timestamp: time("time", members.time)?,
                fields: in_text("updatedfields", members.updated_fields_in_text)?,
                previous: in_text("previous", members.previous)?.map(Cow::Owned),
                actor: None,
            },
        })
    }
}

/// The member's text, which must be there.
fn present<'a>(
    name: &'static str,
    member: Option<&'a RawValue>,
) -> Result<&'a RawValue, ReadError> {
    member.ok_or_else(|| ReadError::missing(name))
}

fn required<'a, V: Deserialize<'a>>(
    name: &'static str,
    member: Option<&'a RawValue>,
) -> Result<V, ReadError> {
    parse(name, present(name, member)?)
}

/// A member that may be absent, or `null`.
fn optional<'a, V: Deserialize<'a>>(
    name: &'static str,
    member: Option<&'a RawValue>,
) -> Result<Option<V>, ReadError> {
    member.map_or(Ok(None), |member| parse(name, member))
}

fn parse<'a, V: Deserialize<'a>>(name: &'static str, json: &'a RawValue) -> Result<V, ReadError> {
    parse_text(name, json.get())
}

fn parse_text<'a, V: Deserialize<'a>>(name: &'static str, json: &'a str) -> Result<V, ReadError> {
    serde_json::from_str(json).map_err(|error| ReadError::member(name, json, &error))
}

fn time(name: &'static str, member: Option<&RawValue>) -> Result<DateTime<Utc>, ReadError> {
    required(name, member).map(timestamp::whole_milliseconds)
}

fn not_null(member: Option<&RawValue>) -> Option<Cow<'_, RawValue>> {
    member.filter(|member| member.get() != "null").map(Cow::Borrowed)
}

/// An attribute of CloudEvents, which is a text, and holds JSON.
fn in_text<V>(name: &'static str, member: Option<&RawValue>) -> Result<Option<V>, ReadError>
where
    V: for<'de> Deserialize<'de>,
{
    let text: Option<Cow<'_, str>> = optional(name, member)?;
    text.map(|json| parse_text(name, &json)).transpose()
}

/// The two parts of an event's name, borrowed unless it is written with escapes.
pub(super) struct Name<'a> {
    pub(super) object: Cow<'a, str>,
    pub(super) operation: Cow<'a, str>,
}

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the name of an event")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Name<'de>, E> {
                let (object, operation) = split_name(text).map_err(E::custom)?;
                Ok(Name { object: object.into(), operation: operation.into() })
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Name<'de>, E> {
                let (object, operation) = split_name(text).map_err(E::custom)?;
                Ok(Name {
                    object: object.to_owned().into(),
                    operation: operation.to_owned().into(),
                })
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(test)]
mod tests;
