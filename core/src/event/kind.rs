use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, Error as _};

use super::{Event, EventId, EventName};
use crate::object::WebhookObject;

/// An event of an object, told by what has happened to it: to be matched exhaustively.
///
/// # Examples
///
/// ```
/// use hookwright::{ObjectEvent, WebhookObject};
///
/// #[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
/// struct Person {
///     id: String,
/// }
///
/// fn handle(event: &ObjectEvent<Person>) -> String {
///     match event {
///         ObjectEvent::Created(event) => format!("{} is new", event.data().id),
///         ObjectEvent::Updated(event) => format!("{:?} changed", event.updated_fields()),
///         ObjectEvent::Restored(event) => format!("{} is back", event.data().id),
///         ObjectEvent::Deleted(event) | ObjectEvent::Destroyed(event) => {
///             format!("{} is gone", event.data().id)
///         }
///     }
/// }
///
/// let body = r#"{"event":"person.created","data":{"id":"p1"},"timestamp":"2025-02-10T15:30:50Z"}"#;
/// assert_eq!(handle(&serde_json::from_str(body)?), "p1 is new");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub enum ObjectEvent<T> {
    /// The record is new.
    Created(Event<T>),
    /// Fields of the record have changed.
    Updated(Event<T>),
    /// The record is gone, or hidden where the application can restore it.
    Deleted(Event<T>),
    /// A deleted record is back.
    Restored(Event<T>),
    /// The record is gone for good.
    Destroyed(Event<T>),
}

/// The operations that every object may have, as they stand in names.
pub(crate) const OPERATIONS: [&str; 5] = ["created", "updated", "deleted", "restored", "destroyed"];

impl<T> ObjectEvent<T> {
    /// The event, whatever has happened.
    pub fn event(&self) -> &Event<T> {
        match self {
            Self::Created(event)
            | Self::Updated(event)
            | Self::Deleted(event)
            | Self::Restored(event)
            | Self::Destroyed(event) => event,
        }
    }

    /// The event, whatever has happened, without a copy.
    pub fn into_event(self) -> Event<T> {
        match self {
            Self::Created(event)
            | Self::Updated(event)
            | Self::Deleted(event)
            | Self::Restored(event)
            | Self::Destroyed(event) => event,
        }
    }

    /// What happened, such as `person.created`.
    pub fn name(&self) -> &EventName {
        self.event().name()
    }

    /// What tells this event from all others, as [`Event::id`].
    pub fn id(&self) -> Option<&EventId> {
        self.event().id()
    }

    /// When it happened, to the millisecond.
    pub fn timestamp(&self) -> DateTime<Utc> {
        self.event().timestamp()
    }

    /// The record as it was after the event.
    pub fn data(&self) -> &T {
        self.event().data()
    }

    /// The record as it was after the event, without its envelope.
    pub fn into_data(self) -> T {
        self.into_event().into_data()
    }
}

impl<T: WebhookObject> ObjectEvent<T> {
    /// The id of the record that the event is of.
    pub fn object_id(&self) -> &dyn fmt::Display {
        self.data().object_id()
    }
}

impl<T> From<ObjectEvent<T>> for Event<T> {
    fn from(event: ObjectEvent<T>) -> Self {
        event.into_event()
    }
}

/// Gives an event back whose operation is another than the five.
impl<T> TryFrom<Event<T>> for ObjectEvent<T> {
    type Error = Event<T>;

    fn try_from(event: Event<T>) -> Result<Self, Event<T>> {
        Ok(match event.name().operation() {
            "created" => Self::Created(event),
            "updated" => Self::Updated(event),
            "deleted" => Self::Deleted(event),
            "restored" => Self::Restored(event),
            "destroyed" => Self::Destroyed(event),
            _ => return Err(event),
        })
    }
}

/// As [`Event`] is read, in the documented format; an operation other than the five is refused.
impl<'de, T> Deserialize<'de> for ObjectEvent<T>
where
    T: WebhookObject + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Event::deserialize(deserializer)?.try_into().map_err(|event: Event<T>| {
            let name = event.name();
            D::Error::custom(format_args!("`{name}` is not an event that every object may have"))
        })
    }
}
