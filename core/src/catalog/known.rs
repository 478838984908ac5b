//! What an outbox asks its catalogue, time and again.

use std::sync::OnceLock;

use super::compiled::{self, Compiled, Form};
use super::{Catalog, UnknownEvent};
use crate::event::EventName;
use crate::outbox::EventPattern;

/// The events of a catalogue that no more are added to, with their fields when they are asked for.
pub(crate) struct KnownEvents {
    catalog: Catalog,
    names: Vec<EventName>,
    sent: OnceLock<Compiled>,
}

impl KnownEvents {
    pub(crate) fn new(catalog: Catalog) -> Self {
        Self { names: catalog.names().collect(), catalog, sent: OnceLock::new() }
    }

    /// Refuses a pattern that can match none of the events, or names a field that none has.
    pub(crate) fn check(&self, pattern: &EventPattern) -> Result<(), UnknownEvent> {
        pattern.check(&self.names, || self.fields(pattern.object()))
    }

    /// The fields that updates may tell of: `None` when it may be any.
    fn fields(&self, object: Option<&str>) -> Option<Vec<String>> {
        let compiled = self.sent.get_or_init(|| self.catalog.compiled(Form::Sent));
        // An object whose updates are no events has no fields that could be meant.
        let is_meant = |event: &&compiled::Event| {
            event.is_update && object.is_none_or(|object| object == event.name.object())
        };
        let mut fields = Vec::new();
        for event in compiled.events.iter().filter(is_meant) {
            if compiled.takes_any_field(&event.data) {
                return None;
            }
            fields.extend(compiled.fields_of(&event.data));
        }
        Some(fields)
    }
}
