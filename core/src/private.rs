//! What the derive's code names. Not for use by hand, and not stable.

pub use std::fmt::Display;
pub use std::option::Option::{self, None, Some};
pub use std::result::Result::{self, Err, Ok};
pub use std::string::String;

pub use serde::{self, Serializer};

pub use chrono::{DateTime, Utc};

pub use crate::emits;
pub use crate::event::{
    Claim, EventData, EventId, EventName, EventSet, Field, Hidden, Incoming, RawEvent, ReadError,
    ReadEvent, WebhookEvent,
};
pub use crate::object::WebhookObject;

use serde::Serialize;

/// What stands on the wire for a redacted value.
const REDACTED: &str = "[redacted]";

/// A record that can be written for receivers: every `Serialize` is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent in a webhook",
    label = "its data cannot be serialized",
    note = "add `#[derive(serde::Serialize)]` to `{Self}`"
)]
pub trait SerializeRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> SerializeRecord for T {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Serialize::serialize(self, serializer)
    }
}

/// A value that can tell records apart: everything that displays.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the id of a webhook object",
    label = "it cannot be shown as text",
    note = "an id implements `std::fmt::Display`: mark another field with `#[webhook(id)]`, or implement it"
)]
pub trait ObjectId {
    fn display(&self) -> &dyn Display;
}

#[diagnostic::do_not_recommend]
impl<T: Display> ObjectId for T {
    fn display(&self) -> &dyn Display {
        self
    }
}

/// A value of which it can be told that it has changed: everything that can be compared.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be redacted, since a change of it could not be told",
    label = "two of its values cannot be compared",
    note = "a redacted field implements `PartialEq`: use `#[webhook(skip)]`, or implement it"
)]
pub trait Redact {
    fn differs(&self, before: &Self) -> bool;
}

#[diagnostic::do_not_recommend]
impl<T: PartialEq> Redact for T {
    fn differs(&self, before: &Self) -> bool {
        self != before
    }
}

/// For serde's `serialize_with`: the value is never looked at.
pub fn redacted<T, S: Serializer>(_value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(REDACTED)
}

/// A member of the data, whose name the derive knows to be right.
pub const fn field<T, V>(name: &'static str) -> Field<T, V> {
    Field::named(name)
}

/// The data of an event that is a unit struct.
pub fn empty<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    crate::event::data::empty(serializer)
}

/// A type whose events have a name of their own beside it: every object.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a webhook object, so that no event is named for it",
    label = "it has no name on the wire",
    note = "add `#[derive(WebhookObject)]` to `{Self}`, or write the whole name: `name = \"object.operation\"`"
)]
pub trait Named {
    const NAME: &'static str;
}

#[diagnostic::do_not_recommend]
impl<T: WebhookObject> Named for T {
    const NAME: &'static str = T::NAME;
}

/// What keeps the events of every other name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot keep the events of every other name",
    label = "it does not take every event",
    note = "the variant for all other events holds a `RawEvent`"
)]
pub trait Other {
    fn keep(incoming: Incoming<'_>) -> Result<Self, ReadError>
    where
        Self: Sized;
}

impl Other for RawEvent {
    fn keep(incoming: Incoming<'_>) -> Result<Self, ReadError> {
        incoming.into_raw()
    }
}

impl Other for Box<RawEvent> {
    fn keep(incoming: Incoming<'_>) -> Result<Self, ReadError> {
        incoming.into_raw().map(Self::new)
    }
}

/// The variant that reads the event.
pub fn choose(claims: &[Claim], incoming: &Incoming<'_>) -> Option<usize> {
    Claim::choose(claims, incoming)
}

/// Refuses a variant that would never be read, when it is compiled.
pub const fn claims_its_own(claims: &[Claim], variant: usize) {
    assert!(
        !Claim::is_repeated(claims, variant),
        "this variant reads the same events as one before it: keep one of the two"
    );
}

/// Stands where a mistake was reported, so that the code is never run.
pub fn never<T>() -> T {
    unreachable!("a mistake was reported here when this was compiled")
}

/// For `Deserialize` of an enum.
pub fn deserialize<'de, E, D>(deserializer: D) -> Result<E, D::Error>
where
    E: ReadEvent,
    D: serde::Deserializer<'de>,
{
    use serde::de::{Deserialize, Error};
    RawEvent::deserialize(deserializer)?.read().map_err(D::Error::custom)
}
