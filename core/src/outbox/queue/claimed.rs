use std::collections::{HashMap, HashSet};

use super::{Content, Lease, Message, Subject};
use crate::outbox::error::OutboxError;
use crate::outbox::formats::Formats;
use crate::outbox::statement::Statement;
use crate::outbox::store::{Failure, Store};

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
            let written = formats.get(format).map(|format| {
                let (object_id, changed) = (text(13)?, S::string(row, 9)?);
                let subject = Subject {
                    object: &object,
                    operation: &operation,
                    object_id: &object_id,
                    changed: changed.as_deref(),
                };
                content::<S>(row)?.message(&subject, &format)
            });
            let message = match written {
                Some(Ok(message)) => message,
                // It is logged as broken off, and others go on.
                unread => {
                    if let Some(Err(error)) = unread {
                        tracing::error!(event.number = event, %error, "an event cannot be read");
                    }
                    Message { event_id: text(5)?, body: None, content_type: "" }
                }
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
        previous: S::bytes(row, 10)?,
        data: S::bytes(row, 11)?.ok_or_else(unreadable)?,
        context: S::string(row, 14)?,
    })
}

/// Those whose attempt before was never brought to an end: its process died, or was cut off from the
/// database.
pub(crate) async fn unfinished<S: Store>(
    connection: &mut S::Connection,
    claimed: &[&Claimed],
) -> Result<HashSet<Lease>, Failure> {
    if claimed.is_empty() {
        return Ok(HashSet::new());
    }
    let before = |claimed: &&Claimed| i64::try_from(claimed.attempt - 1).unwrap_or(i64::MAX);
    let select = Statement::new("SELECT r.event, r.endpoint FROM ")
        .table(
            S::TABLES,
            "r",
            [
                ("event", claimed.iter().map(|claimed| claimed.lease.event).collect()),
                ("endpoint", claimed.iter().map(|claimed| claimed.lease.endpoint).collect()),
                ("attempt", claimed.iter().map(before).collect()),
            ],
        )
        .text(
            " WHERE NOT EXISTS (SELECT 1 FROM hookwright_attempt AS a WHERE a.event = r.event \
             AND +a.endpoint = r.endpoint AND a.attempt = r.attempt)",
        );
    let number = |row, column| S::integer(row, column).map(Option::unwrap_or_default);
    let rows = S::fetch(connection, select).await?;
    let found: HashSet<(i64, i64)> = rows
        .iter()
        .map(|row| Ok((number(row, 0)?, number(row, 1)?)))
        .collect::<Result<_, Failure>>()?;
    let leases = claimed.iter().map(|claimed| claimed.lease);
    Ok(leases.filter(|lease| found.contains(&(lease.event, lease.endpoint))).collect())
}
