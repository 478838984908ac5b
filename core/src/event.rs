//! The event: its name, id, time and data, and the body that it is written to.

mod actor;
mod body;
pub(crate) mod changes;
pub(crate) mod data;
mod envelope;
mod field;
mod id;
mod json_data;
mod kind;
mod members;
mod name;
#[cfg(feature = "http")]
pub(crate) mod parts;
mod raw;
mod read;
mod read_error;
mod timestamp;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Error as _, SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};

pub use self::actor::Actor;
pub use self::body::{Body, BodyError};
pub use self::changes::UpdateError;
use self::changes::{Changes, Json};
pub use self::data::{EventData, Hidden, WebhookEvent};
use self::data::{Expected, is_of};
pub use self::field::{Carries, Field};
pub use self::id::{EventId, EventIdError};
pub use self::json_data::{JsonData, JsonDataError};
pub use self::kind::ObjectEvent;
pub use self::name::{EventName, EventNameError};
#[cfg(feature = "_outbox")]
pub(crate) use self::parts::{Parts, Written};
pub use self::raw::{Incoming, RawEvent};
pub use self::read::{Claim, EventSet, ReadEvent};
pub use self::read_error::{Problem, ReadError};
pub(crate) use self::timestamp::Rfc3339;
use crate::rfc3339;

/// Something that happened to an object: a name, data, a time and an id.
///
/// An event *is* its envelope: it serializes to the body that is sent, and deserializes from it.
/// The methods of [`WebhookObject`](crate::WebhookObject) and [`WebhookEvent`] make events;
/// [`receiver::verify`](crate::receiver::verify) reads them, whatever the format of their body. serde
/// knows the documented one alone, which is what an event serializes to.
///
/// `Debug` shows neither the data nor the old values, so that they cannot reach a log.
///
/// # Examples
///
/// ```
/// use hookwright::{Event, WebhookObject};
///
/// #[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
/// struct Note {
///     id: String,
///     title: String,
/// }
///
/// let note = Note { id: "n1".into(), title: "Call Alice".into() };
/// let event = note.created().at("2025-02-10T15:30:50Z".parse()?);
/// let body = serde_json::to_string(&event)?;
/// assert_eq!(
///     body,
///     r#"{"event":"note.created","data":{"id":"n1","title":"Call Alice"},"timestamp":"2025-02-10T15:30:50Z"}"#,
/// );
///
/// let received: Event<Note> = serde_json::from_str(&body)?;
/// assert_eq!(received.name(), event.name());
/// assert_eq!(received.data().title, "Call Alice");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "an event does nothing until it is sent"]
pub struct Event<T> {
    name: EventName,
    id: Option<EventId>,
    /// In whole milliseconds, as the body has it.
    timestamp: DateTime<Utc>,
    data: T,
    changes: Option<Changes>,
    /// Boxed, since few events have one.
    actor: Option<Box<Actor>>,
}

impl<T> Event<T> {
    /// An event of this moment with an id of its own. Of an event's life, only this reads the clock.
    pub(crate) fn now(name: EventName, data: T) -> Self {
        let timestamp = timestamp::now();
        let id = Some(EventId::at(timestamp));
        Self { name, id, timestamp, data, changes: None, actor: None }
    }

    /// What happened, such as `person.created`.
    pub fn name(&self) -> &EventName {
        &self.name
    }

    /// What tells this event from all others, the same at every attempt to deliver it.
    ///
    /// A new event has a UUID of version 7. A body does not hold the id, but for one of CloudEvents: so
    /// an event that was read has that of its body, or else of the verified request's `webhook-id`
    /// header, and none when it was read with serde alone. Only Standard Webhooks' signature covers
    /// that header.
    pub fn id(&self) -> Option<&EventId> {
        self.id.as_ref()
    }

    /// When it happened, to the millisecond.
    pub fn timestamp(&self) -> DateTime<Utc> {
        self.timestamp
    }

    /// The record as it was after the event.
    pub fn data(&self) -> &T {
        &self.data
    }

    /// The record as it was after the event, without its envelope.
    pub fn into_data(self) -> T {
        self.data
    }

    /// The names on the wire of the members that have changed, in the order of the payload.
    ///
    /// Empty when the event is no update, or when the old record was not at hand.
    pub fn updated_fields(&self) -> &[Cow<'static, str>] {
        self.changes.as_ref().map_or(&[], Changes::fields)
    }

    /// The old value of a member that has changed.
    ///
    /// `None` when the member has not changed, and when it was absent or `null` before.
    ///
    /// # Errors
    ///
    /// serde's, when the old value is not of the type that was asked for. Its text may show the
    /// value: keep it out of logs.
    pub fn previous_value<'de, V>(&'de self, member: &str) -> Result<Option<V>, serde_json::Error>
    where
        V: Deserialize<'de>,
    {
        match self.changes.as_ref().and_then(Changes::previous) {
            Some(previous) => changes::member(previous, member),
            None => Ok(None),
        }
    }

    /// Who did it, where [`by`](Self::by) has told, or the body.
    pub fn actor(&self) -> Option<&Actor> {
        self.actor.as_deref()
    }

    /// The same event, with who did it: told by the bodies of [`Format::Twenty`], and by no others.
    ///
    #[cfg_attr(feature = "http", doc = "[`Format::Twenty`]: crate::Format::Twenty")]
    #[cfg_attr(not(feature = "http"), doc = "[`Format::Twenty`]: crate")]
    pub fn by(mut self, actor: Actor) -> Self {
        self.actor = Some(Box::new(actor));
        self
    }

    /// The same event at another time, for tests and replays.
    ///
    /// The time is kept to the millisecond. The id stays: [`with_id`](Self::with_id) sets it.
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.timestamp = timestamp::whole_milliseconds(time);
        self
    }

    /// The same event under another id, for tests and replays.
    ///
    /// ```
    /// # use hookwright::WebhookObject;
    /// # #[derive(serde::Serialize, WebhookObject)]
    /// # struct Note { id: u64 }
    /// # let note = Note { id: 1 };
    /// let event = note.created().with_id("evt_1".parse()?);
    /// assert_eq!(event.id().map(|id| id.to_string()).as_deref(), Some("evt_1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_id(mut self, id: EventId) -> Self {
        self.id = Some(id);
        self
    }

    pub(crate) fn with_changes(mut self, changes: Changes) -> Self {
        self.changes = Some(changes);
        self
    }
}

impl<T: EventData> Event<T> {
    /// The id of the record that the event is of; empty where it is of none.
    pub fn object_id(&self) -> &dyn fmt::Display {
        self.data.subject()
    }

    /// Writes the exact bytes that are signed and sent, of at most [`Body::DEFAULT_LIMIT`] bytes.
    ///
    /// # Errors
    ///
    /// [`BodyError`] when the data cannot be serialized or is too large.
    pub fn body(&self) -> Result<Body, BodyError> {
        self.body_within(Body::DEFAULT_LIMIT)
    }

    /// Writes the body, and stops at `limit` bytes.
    ///
    /// # Errors
    ///
    /// As [`body`](Self::body).
    pub fn body_within(&self, limit: usize) -> Result<Body, BodyError> {
        Body::write(&self.name, self, limit)
    }
}

impl<T> fmt::Debug for Event<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Event")
            .field("name", &self.name)
            .field("id", &self.id)
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}

impl<T: EventData> Serialize for Event<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let previous = self.changes.as_ref().and_then(Changes::previous);
        let members = 3 + usize::from(self.changes.is_some()) + usize::from(previous.is_some());
        let mut envelope = serializer.serialize_struct("Event", members)?;
        envelope.serialize_field("event", &self.name)?;
        envelope.serialize_field("data", &Data { name: &self.name, record: &self.data })?;
        if let Some(changes) = &self.changes {
            envelope.serialize_field("updatedFields", changes.fields())?;
        }
        if let Some(previous) = previous {
            envelope.serialize_field("previous", previous)?;
        }
        envelope.serialize_field("timestamp", &Timestamp(self.timestamp))?;
        envelope.end()
    }
}

/// The time of the event.
struct Timestamp(DateTime<Utc>);

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        rfc3339::serialize(&self.0, serializer)
    }
}

/// The record as receivers see it.
struct Data<'a, T> {
    name: &'a EventName,
    record: &'a T,
}

impl<T: EventData> Serialize for Data<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.record.serialize_payload(serializer).map_err(|error| {
            S::Error::custom(format_args!(
                "the data of `{}` cannot be serialized: {error}",
                self.name
            ))
        })
    }
}

/// Refuses a body whose event is not one of `T`, and one of another format than the documented.
/// Members that are not known are passed over, and `updatedFields` and `previous` may be `null`.
///
/// [`ReadEvent::from_body`] reads every format.
impl<'de, T> Deserialize<'de> for Event<T>
where
    T: EventData + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const FIELDS: &[&str] = &["event", "data", "updatedFields", "previous", "timestamp"];
        deserializer.deserialize_struct("Event", FIELDS, EnvelopeVisitor(PhantomData))
    }
}

/// The name of a member. It is read by hand, so that serde's derive is needed by nobody who does
/// not use it.
enum Member {
    Event,
    Data,
    UpdatedFields,
    Previous,
    Timestamp,
    Unknown,
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(MemberVisitor)
    }
}

struct MemberVisitor;

impl Visitor<'_> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a member")
    }

    fn visit_str<E>(self, name: &str) -> Result<Member, E> {
        Ok(match name {
            "event" => Member::Event,
            "data" => Member::Data,
            "updatedFields" => Member::UpdatedFields,
            "previous" => Member::Previous,
            "timestamp" => Member::Timestamp,
            _ => Member::Unknown,
        })
    }
}

struct EnvelopeVisitor<T>(PhantomData<T>);

impl<'de, T> Visitor<'de> for EnvelopeVisitor<T>
where
    T: EventData + Deserialize<'de>,
{
    type Value = Event<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", Expected::<T>(PhantomData))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Event<T>, A::Error> {
        let mut name: Option<EventName> = None;
        let mut data = None;
        let mut fields: Option<Option<_>> = None;
        let mut previous: Option<Option<Json>> = None;
        let mut timestamp = None;
        while let Some(member) = map.next_key()? {
            match member {
                Member::Event => {
                    let name = set(&mut name, "event", &mut map)?;
                    if !is_of::<T>(name.object(), name.operation()) {
                        let expected = Expected::<T>(PhantomData);
                        return Err(A::Error::custom(format_args!("`{name}` is not {expected}")));
                    }
                }
                Member::Data => {
                    set::<data::Data<T>, _>(&mut data, "data", &mut map)?;
                }
                Member::UpdatedFields => drop(set(&mut fields, "updatedFields", &mut map)?),
                Member::Previous => drop(set(&mut previous, "previous", &mut map)?),
                Member::Timestamp => drop(set(&mut timestamp, "timestamp", &mut map)?),
                Member::Unknown => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let timestamp: DateTime<Utc> =
            timestamp.ok_or_else(|| A::Error::missing_field("timestamp"))?;
        let changes = fields
            .flatten()
            .map(|fields| Changes::new(fields, previous.flatten().map(Json::into_raw)));
        Ok(Event {
            name: name.ok_or_else(|| A::Error::missing_field("event"))?,
            id: None,
            timestamp: timestamp::whole_milliseconds(timestamp),
            data: data.ok_or_else(|| A::Error::missing_field("data"))?.0,
            changes,
            actor: None,
        })
    }
}

/// Reads a member that may stand once.
fn set<'de, 'a, V, A>(
    member: &'a mut Option<V>,
    name: &'static str,
    map: &mut A,
) -> Result<&'a mut V, A::Error>
where
    V: Deserialize<'de>,
    A: MapAccess<'de>,
{
    if member.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    Ok(member.insert(map.next_value()?))
}
