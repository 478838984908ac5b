use std::collections::HashMap;

use bytes::Bytes;

use super::{Lease, Message, body};
use crate::outbox::error::OutboxError;
use crate::outbox::store::Store;

/// A delivery that this dispatcher has leased.
pub(crate) struct Claimed {
    pub(crate) lease: Lease,
    /// Which attempt it is: 1, 2, …
    pub(crate) attempt: usize,
    pub(crate) order_key: Option<i64>,
    pub(crate) object: String,
    pub(crate) operation: String,
    pub(crate) message: Message,
    pub(crate) due: i64,
}

impl Claimed {
    /// Reads what a claim gave. The body of an event that goes to several endpoints is put together
    /// once.
    pub(super) fn of_rows<S: Store>(rows: &[S::Row], token: i64) -> Result<Vec<Self>, OutboxError> {
        let mut bodies: HashMap<i64, Bytes> = HashMap::new();
        rows.iter().map(|row| Self::of_row::<S>(row, token, &mut bodies)).collect()
    }

    fn of_row<S: Store>(
        row: &S::Row,
        token: i64,
        bodies: &mut HashMap<i64, Bytes>,
    ) -> Result<Self, OutboxError> {
        let unreadable = || OutboxError::stored("a delivery");
        let number = |column| S::integer(row, column)?.ok_or_else(unreadable);
        let text = |column| S::string(row, column)?.ok_or_else(unreadable);
        let event = number(4)?;
        let (object, operation) = (text(6)?, text(7)?);
        let body = if let Some(body) = bodies.get(&event) {
            body.clone()
        } else {
            let data = S::bytes(row, 11)?.ok_or_else(unreadable)?;
            let name = (object.as_str(), operation.as_str());
            let (changed, previous) = (S::string(row, 9)?, S::bytes(row, 10)?);
            let time = S::integer(row, 8)?;
            let body = body(name, &data, changed.as_deref(), previous.as_deref(), time)?;
            bodies.insert(event, body.clone());
            body
        };
        Ok(Self {
            lease: Lease { event, endpoint: number(0)?, token },
            attempt: usize::try_from(number(1)?).map_err(|_| unreadable())? + 1,
            order_key: S::integer(row, 3)?,
            object,
            operation,
            message: Message { event_id: text(5)?, body },
            due: number(12)?,
        })
    }
}
