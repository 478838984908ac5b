//! The envelope of a received body, in whichever format it was written.

mod error;
mod members;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) use self::error::EnvelopeError;
use self::members::Members;
use super::changes::Changes;
use super::{Actor, EventId, EventName, timestamp};

/// What a body says of its event, which is every format's own way of saying the same.
pub(crate) struct Envelope<'a> {
    pub(crate) name: EventName,
    pub(crate) id: Option<EventId>,
    /// In whole milliseconds.
    pub(crate) timestamp: DateTime<Utc>,
    /// The record's exact text in the body, which is JSON and otherwise not looked at.
    pub(crate) data: &'a RawValue,
    pub(crate) changes: Option<Changes>,
    pub(crate) actor: Option<Actor>,
}

impl<'a> Envelope<'a> {
    /// Reads a body. It is walked over once, whatever its depth, and nothing of `data` is copied.
    ///
    /// `id` is that of the request's header. An id that stands in the body itself, as CloudEvents'
    /// does, counts for more: every signature covers the body, and not every one the header.
    ///
    /// Members that are not known are passed over, as are those that only another format knows; one
    /// that is known stands once.
    pub(crate) fn read(body: &'a [u8], id: Option<EventId>) -> Result<Self, EnvelopeError> {
        // Checked once for all of it, so that what is cut out need not be.
        let text = str::from_utf8(body).map_err(|_| EnvelopeError::NotUtf8)?;
        let members: Members<'a> = serde_json::from_str(text).map_err(EnvelopeError::Json)?;
        if members.specversion.is_some() {
            Self::of_cloud_events(&members, id)
        } else if members.event.is_some() {
            Self::of_documented(&members, id)
        } else if members.event_name.is_some() {
            Self::of_twenty(&members, id)
        } else if members.kind.is_some() {
            Self::of_standard(&members, id)
        } else {
            Err(EnvelopeError::NoFormat)
        }
    }

    fn of_documented(members: &Members<'a>, id: Option<EventId>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            name: required("event", members.event)?,
            id,
            timestamp: time("timestamp", members.timestamp)?,
            data: present("data", members.data)?,
            changes: changes(members)?,
            actor: None,
        })
    }

    fn of_twenty(members: &Members<'a>, id: Option<EventId>) -> Result<Self, EnvelopeError> {
        let user = optional("userId", members.user_id)?;
        let workspace_member = optional("workspaceMemberId", members.workspace_member_id)?;
        Ok(Self {
            name: required("eventName", members.event_name)?,
            id,
            timestamp: time("eventDate", members.event_date)?,
            data: present("record", members.record)?,
            changes: changes(members)?,
            actor: Actor::of_ids(user, workspace_member),
        })
    }

    fn of_standard(members: &Members<'a>, id: Option<EventId>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            name: required("type", members.kind)?,
            id,
            timestamp: time("timestamp", members.timestamp)?,
            data: present("data", members.data)?,
            changes: changes(members)?,
            actor: None,
        })
    }

    fn of_cloud_events(members: &Members<'a>, id: Option<EventId>) -> Result<Self, EnvelopeError> {
        let version: Cow<'_, str> = required("specversion", members.specversion)?;
        if version != "1.0" {
            return Err(EnvelopeError::SpecVersion);
        }
        // That of another sender may be one that cannot stand in a header.
        let own: Cow<'_, str> = required("id", members.id)?;
        Ok(Self {
            name: required("type", members.kind)?,
            id: own.parse().ok().or(id),
            timestamp: time("time", members.time)?,
            data: present("data", members.data)?,
            changes: changes_in_text(members)?,
            actor: None,
        })
    }
}

/// The member's text, which must be there.
fn present<'a>(
    name: &'static str,
    member: Option<&'a RawValue>,
) -> Result<&'a RawValue, EnvelopeError> {
    member.ok_or(EnvelopeError::Missing { member: name })
}

fn required<'a, V: Deserialize<'a>>(
    name: &'static str,
    member: Option<&'a RawValue>,
) -> Result<V, EnvelopeError> {
    parse(name, present(name, member)?.get())
}

/// A member that may be absent, or `null`.
fn optional<'a, V: Deserialize<'a>>(
    name: &'static str,
    member: Option<&'a RawValue>,
) -> Result<Option<V>, EnvelopeError> {
    member.map_or(Ok(None), |member| parse(name, member.get()))
}

fn parse<'a, V: Deserialize<'a>>(name: &'static str, json: &'a str) -> Result<V, EnvelopeError> {
    serde_json::from_str(json).map_err(|source| EnvelopeError::Wrong { member: name, source })
}

fn time(name: &'static str, member: Option<&RawValue>) -> Result<DateTime<Utc>, EnvelopeError> {
    required(name, member).map(timestamp::whole_milliseconds)
}

fn changes(members: &Members<'_>) -> Result<Option<Changes>, EnvelopeError> {
    let Some(fields) = optional::<Vec<Cow<'static, str>>>("updatedFields", members.updated_fields)?
    else {
        return Ok(None);
    };
    let previous = members.previous.filter(|previous| previous.get() != "null");
    Ok(Some(Changes::new(fields, previous.map(ToOwned::to_owned))))
}

/// CloudEvents' attributes are texts, which hold JSON.
fn changes_in_text(members: &Members<'_>) -> Result<Option<Changes>, EnvelopeError> {
    let Some(fields) = optional::<Cow<'_, str>>("updatedfields", members.updated_fields_in_text)?
    else {
        return Ok(None);
    };
    let fields = parse("updatedfields", &fields)?;
    let previous = match optional::<Cow<'_, str>>("previous", members.previous)? {
        Some(previous) => Some(parse("previous", &previous)?),
        None => None,
    };
    Ok(Some(Changes::new(fields, previous)))
}

#[cfg(test)]
mod tests;
