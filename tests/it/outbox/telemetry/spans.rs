//! A subscriber of the `tracing` crate.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps the fields of every span of this project.
#[derive(Debug, Clone, Default)]
pub(super) struct Spans(Arc<Mutex<Vec<Span>>>);

#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) name: &'static str,
    pub(super) names: Vec<&'static str>,
    pub(super) fields: BTreeMap<&'static str, String>,
}

impl Spans {
    pub(super) fn all(&self) -> Vec<Span> {
        self.0.lock().expect("no test panicked").clone()
    }
}

impl Visit for Span {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

/// The id of a span that is not of this project.
const OTHER: u64 = u64::MAX;

impl Subscriber for Spans {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let metadata = attributes.metadata();
        if !metadata.target().starts_with("hookwright::") {
            return Id::from_u64(OTHER);
        }
        let names = metadata.fields().iter().map(|field| field.name()).collect();
        let mut span = Span { name: metadata.name(), names, fields: BTreeMap::new() };
        attributes.record(&mut span);
        let mut spans = self.0.lock().expect("no test panicked");
        spans.push(span);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let index = usize::try_from(id.into_u64() - 1).expect("a number of spans");
        if let Some(span) = self.0.lock().expect("no test panicked").get_mut(index) {
            values.record(span);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
