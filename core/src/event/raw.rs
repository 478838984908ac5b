//! An event whose envelope was read, and its data not yet. Bodies of receivers are read here, and
//! nowhere else.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde_json::value::RawValue;

use super::changes::{Changes, Json};
use super::data::{Data, EventData};
use super::envelope::{Beside, Envelope, Name};
use super::name::split_name;
use super::{Actor, EventId, EventName, ReadError, ReadEvent, timestamp};

/// An event as it has come: its name is read, its data is text.
///
/// What implements [`ReadEvent`] is read from it.
#[derive(Clone)]
pub struct Incoming<'a> {
    body: &'a str,
    id: Option<EventId>,
    object: Cow<'a, str>,
    operation: Cow<'a, str>,
    rest: Rest<'a>,
}

/// How far an envelope is read.
#[derive(Clone)]
enum Rest<'a> {
    /// To the place where the data begins, which is the usual one.
    Ahead(&'a str),
    /// To its end. The data, which is this member, was passed over.
    Read { member: &'static str, data: &'a str, beside: Beside<'a> },
}

/// An event, all of which is read but its name.
pub(crate) struct Decoded<T> {
    pub(crate) id: Option<EventId>,
    pub(crate) timestamp: DateTime<Utc>,
    pub(crate) changes: Option<Changes>,
    pub(crate) actor: Option<Box<Actor>>,
    pub(crate) data: T,
}

impl<'a> Incoming<'a> {
    /// Reads the name of a body's event, in whichever format the body is.
    ///
    /// # Errors
    ///
    /// [`ReadError::NotJson`], [`ReadError::UnknownFormat`] and [`ReadError::Envelope`].
    pub fn parse(body: &'a [u8]) -> Result<Self, ReadError> {
        let body = str::from_utf8(body).map_err(|error| ReadError::not_utf8(body, &error))?;
        match usual::start(body) {
            Some(((object, operation), ahead)) => Ok(Self {
                body,
                id: None,
                object: Cow::Borrowed(object),
                operation: Cow::Borrowed(operation),
                rest: Rest::Ahead(ahead),
            }),
            None => Self::parse_whole(body),
        }
    }

    /// Reads the whole envelope, of any format and any order.
    fn parse_whole(body: &'a str) -> Result<Self, ReadError> {
        let Envelope { name: Name { object, operation }, member, data, beside } =
            Envelope::read(body)?;
        let rest = Rest::Read { member, data: data.get(), beside };
        Ok(Self { body, id: None, object, operation, rest })
    }

    /// The same event under this id, which is that of the request's header.
    ///
    /// An id that stands in the body itself, as that of CloudEvents does, counts for more: every
    /// signature covers the body, and not every one the header.
    #[must_use]
    pub fn with_id(mut self, id: Option<EventId>) -> Self {
        self.id = id;
        self
    }

    /// What it happened to, such as `person`.
    pub fn object(&self) -> &str {
        &self.object
    }

    /// What was done, such as `created`.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// The event as a value of its own, for what is not known.
    ///
    /// # Errors
    ///
    /// [`ReadError::NotJson`], [`ReadError::UnknownFormat`] and [`ReadError::Envelope`].
    pub fn into_raw(self) -> Result<RawEvent, ReadError> {
        let name = self.name();
        let (member, data, beside) = match self.rest {
            Rest::Read { member, data, beside } => (member, data, beside),
            Rest::Ahead(_) => {
                return Self::parse_whole(self.body)?.with_id(self.id).into_raw();
            }
        };
        Ok(RawEvent {
            member,
            data: range_in(self.body, data),
            previous: beside.previous.map(Cow::into_owned),
            body: self.body.into(),
            id: beside.id.or(self.id),
            name,
            timestamp: beside.timestamp,
            fields: beside.fields,
            actor: beside.actor,
        })
    }

    /// That there is nothing that reads an event of this name.
    pub fn unknown(&self) -> ReadError {
        ReadError::UnknownEvent { name: self.name() }
    }

    pub(crate) fn name(&self) -> EventName {
        EventName::of_parts(self.object.clone().into_owned(), self.operation.clone().into_owned())
    }

    /// The name, when what is known of it is that it is of `object`.
    pub(crate) fn name_of(&self, object: &'static str, operations: &[&'static str]) -> EventName {
        match operations.iter().find(|operation| **operation == self.operation) {
            Some(operation) => EventName::of_object(object, operation),
            None => self.name(),
        }
    }

    /// Reads the data, and what stands after it.
    pub(crate) fn decode<T>(self, name: &EventName) -> Result<Decoded<T>, ReadError>
    where
        T: EventData + DeserializeOwned,
    {
        let (data, beside) = match self.rest {
            Rest::Ahead(ahead) => match usual::rest(ahead) {
                Some((Data(data), beside)) => (data, beside),
                // Of another shape, or wrong: it is read from the start, and said what is wrong.
                None => {
                    return Self::parse_whole(self.body)?.with_id(self.id).decode(name);
                }
            },
            Rest::Read { member, data, beside } => {
                let Data(read) = serde_json::from_str(data)
                    .map_err(|error| ReadError::data(name, member, data, &error))?;
                (read, beside)
            }
        };
        let previous = beside.previous.map(Cow::into_owned);
        let changes = beside.fields.map(|fields| Changes::new(fields, previous));
        Ok(Decoded {
            id: beside.id.or(self.id),
            timestamp: beside.timestamp,
            changes,
            actor: beside.actor,
            data,
        })
    }
}

/// Shows the name alone, so that no data can reach a log.
impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Incoming")
            .field("name", &self.name())
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The documented envelope as it is sent: its members in their order, without blanks between. The
/// data is read where it stands, and not passed over first, which would take half as long again.
/// Every other body is `None` here.
mod usual {
    use serde::Deserialize;

    use super::{Beside, Cow, RawValue, split_name, timestamp};

    /// The name, and the text that begins with the data.
    pub(super) fn start(body: &str) -> Option<((&str, &str), &str)> {
        let (name, ahead) = body.strip_prefix(r#"{"event":""#)?.split_once('"')?;
        Some((split_name(name).ok()?, ahead.strip_prefix(r#","data":"#)?))
    }

    /// The data, and what stands after it to the end of the body.
    pub(super) fn rest<'a, T: Deserialize<'a>>(mut text: &'a str) -> Option<(T, Beside<'a>)> {
        let data = value(&mut text)?;
        let mut fields = None;
        if after(&mut text, r#","updatedFields":"#) {
            fields = Some(value(&mut text)?);
        }
        let mut previous: Option<&RawValue> = None;
        if after(&mut text, r#","previous":"#) {
            previous = value(&mut text)?;
        }
        if !after(&mut text, r#","timestamp":"#) {
            return None;
        }
        let timestamp = timestamp::whole_milliseconds(value(&mut text)?);
        let previous = previous.map(Cow::Borrowed);
        let beside = Beside { id: None, timestamp, fields, previous, actor: None };
        (text == "}").then_some((data, beside))
    }

    /// Whether `name` stands here: then the text goes on after it.
    fn after(text: &mut &str, name: &str) -> bool {
        let rest = text.strip_prefix(name);
        *text = rest.unwrap_or(text);
        rest.is_some()
    }

    /// The value that the text begins with.
    fn value<'a, V: Deserialize<'a>>(text: &mut &'a str) -> Option<V> {
        let mut values = serde_json::Deserializer::from_str(text).into_iter();
        let value = values.next()?.ok()?;
        *text = text.get(values.byte_offset()..)?;
        Some(value)
    }
}

/// Where `part` stands in `text`, of which it is a slice.
fn range_in(text: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + part.len()
}

/// An event that is kept whole, its data not read: of a name that is not known, or to be passed on.
///
/// # Examples
///
/// ```
/// use hookwright::{Event, RawEvent, ReadError, WebhookObject};
///
/// #[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
/// struct Person {
///     id: String,
/// }
///
/// let body = r#"{"event":"person.created","data":{"id":"p1"},"timestamp":"2025-02-10T15:30:50Z"}"#;
/// let event = RawEvent::parse(body.as_bytes())?;
/// assert_eq!(event.name().to_string(), "person.created");
/// assert_eq!(event.data(), r#"{"id":"p1"}"#);
/// assert_eq!(event.body(), body);
///
/// let event: Event<Person> = event.read()?;
/// assert_eq!(event.data().id, "p1");
/// # Ok::<(), ReadError>(())
/// ```
#[derive(Clone)]
pub struct RawEvent {
    body: Box<str>,
    id: Option<EventId>,
    name: EventName,
    timestamp: DateTime<Utc>,
    /// What the data is called in the body, and where it stands there.
    member: &'static str,
    data: Range<usize>,
    fields: Option<Vec<Cow<'static, str>>>,
    previous: Option<Box<RawValue>>,
    actor: Option<Box<Actor>>,
}

impl RawEvent {
    /// Reads the envelope of a body, and keeps it whole.
    ///
    /// # Errors
    ///
    /// [`ReadError::NotJson`], [`ReadError::UnknownFormat`] and [`ReadError::Envelope`].
    pub fn parse(body: &[u8]) -> Result<Self, ReadError> {
        Incoming::parse(body)?.into_raw()
    }

    /// What happened, such as `person.created`.
    pub fn name(&self) -> &EventName {
        &self.name
    }

    /// What tells this event from all others, as [`Event::id`](crate::Event::id).
    pub fn id(&self) -> Option<&EventId> {
        self.id.as_ref()
    }

    /// When it happened, to the millisecond.
    pub fn timestamp(&self) -> DateTime<Utc> {
        self.timestamp
    }

    /// The exact JSON of the data.
    pub fn data(&self) -> &str {
        &self.body[self.data.clone()]
    }

    /// The names on the wire of the members that have changed.
    pub fn updated_fields(&self) -> &[Cow<'static, str>] {
        self.fields.as_deref().unwrap_or_default()
    }

    /// The names of the members that have changed, where the body tells: also that there are none.
    pub(super) fn changed_fields(&self) -> Option<&[Cow<'static, str>]> {
        self.fields.as_deref()
    }

    /// The exact JSON of the old values, where they were sent.
    pub fn previous(&self) -> Option<&str> {
        self.previous.as_deref().map(RawValue::get)
    }

    /// Who did it, where the body tells.
    pub fn actor(&self) -> Option<&Actor> {
        self.actor.as_deref()
    }

    /// The whole body, as it came.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Reads the data too: as an [`Event`](crate::Event), an [`ObjectEvent`](crate::ObjectEvent),
    /// or an enum of events.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when the event is another, and when the data is not of the type.
    pub fn read<E: ReadEvent>(&self) -> Result<E, ReadError> {
        E::read(Incoming {
            body: &self.body,
            id: self.id.clone(),
            object: Cow::Borrowed(self.name.object()),
            operation: Cow::Borrowed(self.name.operation()),
            rest: Rest::Read {
                member: self.member,
                data: self.data(),
                beside: Beside {
                    id: None,
                    timestamp: self.timestamp,
                    fields: self.fields.clone(),
                    previous: self.previous.as_deref().map(Cow::Borrowed),
                    actor: self.actor.clone(),
                },
            },
        })
    }
}

/// Shows neither the data nor the old values, so that they cannot reach a log.
impl fmt::Debug for RawEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RawEvent")
            .field("name", &self.name)
            .field("id", &self.id)
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}

/// Reads a body of any format from anything that serde reads; of `serde_json` its exact text is kept.
impl<'de> Deserialize<'de> for RawEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let body = Json::deserialize(deserializer)?.into_raw();
        Self::parse(body.get().as_bytes()).map_err(D::Error::custom)
    }
}
