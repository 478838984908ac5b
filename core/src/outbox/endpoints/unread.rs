//! What is known of an endpoint that cannot be read, so that no event is lost to it.

use serde_json::{Value, from_str};

use super::settings::Order;
use crate::outbox::error::OutboxError;
use crate::outbox::pattern::{Changed, EventPattern};
use crate::outbox::store::{Failure, Store};

/// An endpoint of a newer program, or a damaged one: its deliveries are made, and kept until it can
/// be read.
pub(crate) struct UnreadEndpoint {
    pub(crate) number: i64,
    pub(crate) tenant: Option<String>,
    pub(crate) format: i64,
    pub(crate) error: OutboxError,
    wanted: Vec<EventPattern>,
    order: Order,
}

impl UnreadEndpoint {
    pub(crate) fn of_row<S: Store>(row: &S::Row, error: OutboxError) -> Result<Self, Failure> {
        let settings: Value = from_str(&S::string(row, 4)?.unwrap_or_default()).unwrap_or_default();
        // Of patterns that are not all understood, any may want an event.
        let patterns = settings["wanted"].as_array().and_then(|patterns| {
            patterns.iter().map(|pattern| pattern.as_str()?.parse().ok()).collect()
        });
        let is_per_object = settings["per_object"] == Value::Bool(true);
        Ok(Self {
            number: S::integer(row, 0)?.unwrap_or_default(),
            tenant: S::string(row, 2)?,
            format: S::integer(row, 14)?.unwrap_or_default(),
            error,
            wanted: patterns.unwrap_or_default(),
            order: if is_per_object { Order::PerObject } else { Order::Any },
        })
    }

    pub(crate) fn wants_event(&self, object: &str, operation: &str, changed: &Changed) -> bool {
        EventPattern::any_wants(&self.wanted, object, operation, changed)
    }

    pub(crate) fn order_key(&self, object: &str, object_id: &str) -> Option<i64> {
        self.order.key(object, object_id)
    }
}
