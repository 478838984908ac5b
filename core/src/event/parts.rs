//! What an event is stored as: the exact bytes of its parts, of which a body is put together.

mod compose;

use chrono::{DateTime, Utc};

use super::body::{Body, BodyError};
use super::timestamp::{self, Rfc3339};
use super::{Actor, Data, Event, EventData, EventId, EventName};

/// The parts of one event. `data` is serialized when they are made, and never again.
pub(crate) struct Parts {
    pub(crate) id: EventId,
    pub(crate) name: EventName,
    /// As it is looked up, and told by CloudEvents.
    pub(crate) object_id: String,
    pub(crate) time: DateTime<Utc>,
    /// `updatedFields`, as JSON.
    pub(crate) changed: Option<String>,
    /// `previous`, as JSON.
    pub(crate) previous: Option<Vec<u8>>,
    pub(crate) data: Vec<u8>,
    pub(crate) actor: Option<Actor>,
}

/// The same parts wherever they lie, to be put into a body.
#[derive(Clone, Copy)]
pub(crate) struct Written<'a> {
    pub(crate) id: &'a str,
    pub(crate) object: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) object_id: &'a str,
    pub(crate) time: DateTime<Utc>,
    pub(crate) changed: Option<&'a str>,
    pub(crate) previous: Option<&'a [u8]>,
    pub(crate) data: &'a [u8],
    pub(crate) actor: Option<&'a Actor>,
}

/// How much of an object's id is kept to look it up, in bytes. The data has all of it.
const MAX_OBJECT_ID: usize = 512;

impl<T: EventData> Event<T> {
    /// Writes the parts, of which a body has at most `limit` bytes.
    pub(crate) fn parts(&self, limit: usize) -> Result<Parts, BodyError> {
        let name = self.name.clone();
        let data =
            Body::write(&name, &Data { name: &name, record: &self.data }, limit)?.into_bytes();
        let known = self.changes.as_ref();
        let changed = known.map(|changes| serde_json::to_string(changes.fields()));
        let changed = changed
            .transpose()
            .map_err(|source| BodyError::Serialize { event: name.clone(), source })?;
        let previous = known.and_then(|changes| changes.previous());
        let parts = Parts {
            id: self.id.clone().unwrap_or_else(|| EventId::at(timestamp::now())),
            object_id: indexed(self.data.subject().to_string()),
            time: self.timestamp,
            changed,
            previous: previous.map(|previous| previous.get().as_bytes().to_vec()),
            data,
            actor: self.actor.as_deref().cloned(),
            name,
        };
        let too_large = |event| BodyError::TooLarge { event, limit };
        match documented_length(&parts) {
            Some(length) if length <= limit => Ok(parts),
            Some(_) => Err(too_large(parts.name)),
            // A year that cannot be written is told by what serializes the whole event.
            None => Err(self.body_within(limit).err().unwrap_or_else(|| too_large(parts.name))),
        }
    }
}

impl Parts {
    /// Hands the parts over to be put into a body; `id` is the text of the event's.
    pub(crate) fn written<'a>(&'a self, id: &'a str) -> Written<'a> {
        Written {
            id,
            object: self.name.object(),
            operation: self.name.operation(),
            object_id: &self.object_id,
            time: self.time,
            changed: self.changed.as_deref(),
            previous: self.previous.as_deref(),
            data: &self.data,
            actor: self.actor.as_ref(),
        }
    }
}

/// An object's id as it is looked up: PostgreSQL's texts have no NUL, and its indexes no long ones.
fn indexed(mut id: String) -> String {
    if id.len() > MAX_OBJECT_ID {
        id.truncate(id.floor_char_boundary(MAX_OBJECT_ID));
    }
    if id.contains('\0') { id.replace('\0', "\u{fffd}") } else { id }
}

/// The length of the documented body, which is the measure of the limit whatever the format; with
/// who did it, whom the documented body does not tell.
fn documented_length(parts: &Parts) -> Option<usize> {
    let time = Rfc3339::new(parts.time)?;
    let text = |text: Option<usize>, name: &str| text.map_or(0, |length| name.len() + length);
    Some(
        r#"{"event":".","data":,"timestamp":""}"#.len()
            + parts.name.object().len()
            + parts.name.operation().len()
            + parts.data.len()
            + text(parts.changed.as_ref().map(String::len), r#","updatedFields":"#)
            + text(parts.previous.as_ref().map(Vec::len), r#","previous":"#)
            + parts.actor.as_ref().map_or(0, Actor::length)
            + time.as_str().len(),
    )
}

#[cfg(test)]
mod tests;
