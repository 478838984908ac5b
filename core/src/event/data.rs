use std::fmt;

use serde::de::value::UnitDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny};
use serde::ser::{SerializeStruct, Serializer};

use super::{Event, EventName};
use crate::object::WebhookObject;

/// What an event carries: a record, or the data of a custom event.
///
/// Every [`WebhookObject`] does, and so does what derives [`WebhookEvent`].
pub trait EventData {
    /// The first part of the event's name, such as `person`.
    const OBJECT: &'static str;

    /// The second part of the event's name, where there is but one such as `merged`. `None` for an
    /// object, which has several.
    const OPERATION: Option<&'static str>;

    /// The data is `{}`, and the type is one that serde would read from `null`: a unit struct.
    #[doc(hidden)]
    const IS_EMPTY: bool = false;

    /// The operations of an object; none for a custom event.
    #[doc(hidden)]
    const OPERATIONS: &'static [&'static str] = &[];

    /// The members that the type has and receivers do not see as they are.
    #[doc(hidden)]
    const HIDDEN: Hidden = Hidden::NOTHING;

    /// The id of the record that the event is of; an empty text where it is of none.
    fn subject(&self) -> &dyn fmt::Display;

    /// Writes the data as receivers see it.
    ///
    /// # Errors
    ///
    /// The serializer's, and that of a field whose `Serialize` fails.
    fn serialize_payload<S>(&self, serializer: S) -> Result<S::Ok, S::Error>
    where
        S: Serializer;
}

#[diagnostic::do_not_recommend]
impl<T: WebhookObject> EventData for T {
    const OBJECT: &'static str = T::NAME;
    const OPERATION: Option<&'static str> = None;
    const OPERATIONS: &'static [&'static str] = T::OPERATIONS;
    const HIDDEN: Hidden = T::HIDDEN;

    fn subject(&self) -> &dyn fmt::Display {
        self.object_id()
    }

    fn serialize_payload<S>(&self, serializer: S) -> Result<S::Ok, S::Error>
    where
        S: Serializer,
    {
        self.serialize_data(serializer)
    }
}

/// An event with data of its own, such as `person.merged`.
///
/// `#[derive(WebhookEvent)]` implements it; the options are described in
/// [`attributes`](crate::attributes).
///
/// # Examples
///
/// ```
/// use hookwright::{WebhookEvent, WebhookObject};
///
/// #[derive(serde::Serialize, WebhookObject)]
/// struct Person {
///     id: String,
/// }
///
/// #[derive(serde::Serialize, serde::Deserialize, WebhookEvent)]
/// #[webhook(object = Person, name = "merged")]
/// struct PersonMerged {
///     #[webhook(id)]
///     winner: String,
///     loser: String,
/// }
///
/// let event = PersonMerged { winner: "p1".into(), loser: "p2".into() }.event();
/// assert_eq!(event.name(), &PersonMerged::NAME);
/// assert_eq!(event.name().to_string(), "person.merged");
/// assert_eq!(event.object_id().to_string(), "p1");
///
/// let body = serde_json::to_string(&event)?;
/// assert!(body.starts_with(r#"{"event":"person.merged","data":{"winner":"p1","loser":"p2"},"#));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub trait WebhookEvent: EventData + Sized {
    /// The event's name, such as `person.merged`.
    const NAME: EventName = match Self::OPERATION {
        Some(operation) => EventName::of_object(Self::OBJECT, operation),
        None => panic!("a custom event has one operation: set `EventData::OPERATION`"),
    };

    /// The event, which happens now.
    fn event(self) -> Event<Self> {
        Event::now(Self::NAME, self)
    }
}

/// What the derive tells of the members that are skipped or redacted, by their names on the wire.
#[derive(Debug, Clone, Copy)]
pub struct Hidden {
    /// Those that are not on the wire.
    pub skipped: &'static [&'static str],
    /// Those whose value is not.
    pub redacted: &'static [&'static str],
    /// What to do about a field that is skipped and has no name on the wire: a flattened one.
    pub unnamed: Option<&'static str>,
}

impl Hidden {
    /// Receivers see the whole type.
    pub const NOTHING: Self = Self { skipped: &[], redacted: &[], unnamed: None };
}

/// What is expected of a name, as an error says it.
pub(crate) struct Expected<T>(pub(crate) std::marker::PhantomData<T>);

impl<T: EventData> fmt::Display for Expected<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match T::OPERATION {
            Some(operation) => write!(formatter, "the event `{}.{operation}`", T::OBJECT),
            None => write!(formatter, "an event of the object `{}`", T::OBJECT),
        }
    }
}

/// Whether an event of this name carries a `T`.
pub(crate) fn is_of<T: EventData>(object: &str, operation: &str) -> bool {
    object == T::OBJECT && T::OPERATION.is_none_or(|only| only == operation)
}

/// Data as it is read.
pub(crate) struct Data<T>(pub(crate) T);

impl<'de, T> Deserialize<'de> for Data<T>
where
    T: EventData + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if T::IS_EMPTY {
            IgnoredAny::deserialize(deserializer)?;
            return T::deserialize(UnitDeserializer::new()).map(Self);
        }
        T::deserialize(deserializer).map(Self)
    }
}

/// The data of an event that is a unit struct: an object without members.
pub(crate) fn empty<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_struct("Empty", 0)?.end()
}
