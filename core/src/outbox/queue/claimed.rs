use std::collections::HashMap;

use super::{Content, Lease, Message};
use crate::outbox::error::OutboxError;
use crate::outbox::formats::Formats;
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
    /// once in each format.
    pub(super) fn of_rows<S: Store>(
        rows: &[S::Row],
        token: i64,
        formats: &Formats,
    ) -> Result<Vec<Self>, OutboxError> {
        let mut messages: HashMap<(i64, i64), Message> = HashMap::new();
        rows.iter().map(|row| Self::of_row::<S>(row, token, formats, &mut messages)).collect()
    }

    fn of_row<S: Store>(
        row: &S::Row,
        token: i64,
        formats: &Formats,
        messages: &mut HashMap<(i64, i64), Message>,
    ) -> Result<Self, OutboxError> {
        let unreadable = || OutboxError::stored("a delivery");
        let number = |column| S::integer(row, column)?.ok_or_else(unreadable);
        let text = |column| S::string(row, column)?.ok_or_else(unreadable);
        let (event, format) = (number(4)?, number(2)?);
        let (object, operation) = (text(6)?, text(7)?);
        let message = if let Some(message) = messages.get(&(event, format)) {
            message.clone()
        } else {
            let message = match formats.get(format) {
                Some(format) => {
                    content::<S>(row)?.message(&object, &operation, &text(13)?, &format)?
                }
                None => Message { event_id: text(5)?, body: None, content_type: "" },
            };
            messages.insert((event, format), message.clone());
            message
        };
        Ok(Self {
            lease: Lease { event, endpoint: number(0)?, token },
            attempt: usize::try_from(number(1)?).map_err(|_| unreadable())? + 1,
            order_key: S::integer(row, 3)?,
            object,
            operation,
            message,
            due: number(12)?,
        })
    }
}

fn content<S: Store>(row: &S::Row) -> Result<Content, OutboxError> {
    let unreadable = || OutboxError::stored("a delivery");
    Ok(Content {
        event_id: S::string(row, 5)?.ok_or_else(unreadable)?,
        time: S::integer(row, 8)?,
        changed: S::string(row, 9)?,
        previous: S::bytes(row, 10)?,
        data: S::bytes(row, 11)?.ok_or_else(unreadable)?,
        context: S::string(row, 14)?,
    })
}
