//! What the derive's code names. Not for use by hand, and not stable.

pub use std::fmt::Display;
pub use std::result::Result;

pub use serde::{self, Serializer};

pub use crate::emits;
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
