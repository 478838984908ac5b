//! What an outbox asks its catalogue, time and again.

use std::sync::OnceLock;

use super::compiled::{self, Compiled, Form};
use super::names;
use super::{Catalog, UnknownEvent};
use crate::event::EventName;

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

    /// Whether a pattern can match one of the events, each of its fields that of an object: `None` is
    /// any object or operation.
    pub(crate) fn check_pattern(
        &self,
        object: Option<&str>,
        operation: Option<&str>,
        fields: &[&str],
    ) -> Result<(), UnknownEvent> {
        names::check_pattern(&self.names, object, operation)?;
        if fields.is_empty() {
            return Ok(());
        }
        let compiled = self.sent.get_or_init(|| self.catalog.compiled(Form::Sent));
        let mut known = Vec::new();
        // An object whose updates are no events has no fields that could be meant.
        let is_meant = |event: &&compiled::Event| {
            event.is_update && object.is_none_or(|object| object == event.name.object())
        };
        for event in compiled.events.iter().filter(is_meant) {
            if compiled.takes_any_field(&event.data) {
                return Ok(());
            }
            known.extend(compiled.fields_of(&event.data));
        }
        names::check_fields(&known, object, fields)
    }
}
