//! New events: those that are not fanned out yet.

use super::{Content, Message, Subject};
use crate::format::Format;
use crate::outbox::error::OutboxError;
use crate::outbox::pattern::Changed;
use crate::outbox::statement::Statement;
use crate::outbox::store::{Columns, Failure, Store};

/// Events up to this size are claimed as they are fanned out, in bytes of data and old values.
const LIGHT: i64 = 16 * 1024;

/// An event that is not fanned out yet.
pub(crate) struct Fresh {
    pub(crate) number: i64,
    pub(crate) tenant: Option<String>,
    pub(crate) object: String,
    pub(crate) operation: String,
    pub(crate) object_id: String,
    pub(crate) changed: Changed,
    /// What is needed to send it at once, unless it is large.
    pub(crate) content: Option<Content>,
}

/// In the order in which they are read: the revision of the endpoints, and the event.
const COLUMNS: [&str; 12] = [
    "(SELECT number FROM hookwright_meta WHERE name = 'endpoints')",
    "id",
    "tenant",
    "object",
    "operation",
    "object_id",
    "changed",
    "event_id",
    "time",
    "context",
    "CASE WHEN length(previous) <= $1 THEN previous END",
    "CASE WHEN length(data) + COALESCE(length(previous), 0) <= $1 THEN data END",
];

/// Takes at most `limit` new events, which no other transaction then takes; with the revision of the
/// endpoints, so that one that was there when an event committed is seen. Where new events are among
/// others, those up to the event `after` are left out.
pub(crate) async fn fresh<S: Store>(
    connection: &mut S::Connection,
    after: i64,
    limit: usize,
) -> Result<(Vec<Fresh>, i64), OutboxError> {
    // In the text, since a limit that is bound makes SQLite compile the statement anew each time.
    let limit = format!(" ORDER BY id LIMIT {limit}");
    let from = Statement::new(" FROM hookwright_fresh").bind(LIGHT);
    read::<S>(connection, S::line(from, after).text(&limit).text(S::SKIP_LOCKED)).await
}

/// Takes new events of these tenants that stand behind the event `after` in the line: of each tenant
/// the first `each`, so that a tenant's own are taken in their order.
pub(crate) async fn overtaking<S: Store>(
    connection: &mut S::Connection,
    tenants: &[String],
    after: i64,
    each: usize,
) -> Result<(Vec<Fresh>, i64), OutboxError> {
    let tenants = tenants.iter().cloned().map(Some).collect();
    let from = Statement::new(" FROM ").bind(LIGHT).table(S::TABLES, "r", [("of_tenant", tenants)]);
    let (mut events, revision) = read::<S>(connection, S::overtaking(from, after, each)).await?;
    events.sort_unstable_by_key(|event| event.number);
    Ok((events, revision))
}

async fn read<S: Store>(
    connection: &mut S::Connection,
    rest: Statement,
) -> Result<(Vec<Fresh>, i64), OutboxError> {
    let read = |columns: &mut dyn Columns| Ok((columns.integer()?, Fresh::read(columns)?));
    let rows = S::fetch_wide(connection, &COLUMNS, rest, read).await?;
    let revision = rows.first().and_then(|(revision, _)| *revision);
    Ok((rows.into_iter().map(|(_, event)| event).collect(), revision.unwrap_or_default()))
}

/// Forgets which events have overtaken others, once every event up to these is fanned out.
pub(crate) async fn end_line<S: Store>(connection: &mut S::Connection) -> Result<(), Failure> {
    S::end_line(connection).await
}

/// Whether any event waits to be fanned out: without locks, for the poll.
pub(crate) async fn has_fresh<S: Store>(connection: &mut S::Connection) -> Result<bool, Failure> {
    let select = Statement::new("SELECT id FROM hookwright_fresh LIMIT 1");
    Ok(!S::fetch(connection, select).await?.is_empty())
}

impl Fresh {
    fn read(columns: &mut dyn Columns) -> Result<Self, OutboxError> {
        let unreadable = || OutboxError::stored("an event");
        let number = columns.integer()?.ok_or_else(unreadable)?;
        let tenant = columns.string()?;
        let mut text = || columns.string()?.ok_or_else(unreadable);
        let (object, operation, object_id) = (text()?, text()?, text()?);
        let changed = Changed::new(columns.string()?);
        let event_id = columns.string()?.ok_or_else(unreadable)?;
        let (time, context) = (columns.integer()?, columns.string()?);
        let (previous, data) = (columns.bytes()?, columns.bytes()?);
        Ok(Self {
            number,
            tenant,
            object,
            operation,
            object_id,
            changed,
            content: data.map(|data| Content { event_id, time, previous, data, context }),
        })
    }

    /// What is sent of it in a format; `None` when it is to be claimed later, from the queue.
    pub(crate) fn message(&self, format: Option<&Format>) -> Option<Message> {
        let (content, format) = (self.content.as_ref()?, format?);
        let subject = Subject {
            object: &self.object,
            operation: &self.operation,
            object_id: &self.object_id,
            changed: self.changed.text(),
        };
        content.message(&subject, format).ok()
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests;
