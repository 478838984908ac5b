use std::fmt;
use std::slice;

use chrono::Utc;

use super::statement::{Column, Parameter, Statement, Value};
use super::store::Backend;
use crate::event::{EventId, Parts};

/// The INSERT that emits an event: its SQL, and what is bound to `$1`, `$2`, … in this order.
///
/// It is for libraries other than sqlx: run it in the application's transaction, and call
/// [`Outbox::wake`](super::Outbox::wake) when that has committed. The SQL is the same for SQLite and
/// PostgreSQL, and for every event.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// use hookwright::{BodyError, Insert, Outbox, Parameter, Sqlite, WebhookObject};
///
/// # #[cfg(feature = "sqlite")]
/// fn emit<T: WebhookObject>(
///     outbox: &Outbox<Sqlite>,
///     event: &hookwright::Event<T>,
///     run: impl FnOnce(&str, &[Parameter]),
/// ) -> Result<(), BodyError> {
///     let insert: Insert = outbox.insert(event)?;
///     assert!(insert.sql().starts_with("INSERT INTO hookwright_event"));
///     run(insert.sql(), insert.parameters());
///     Ok(())
/// }
/// ```
#[derive(Clone)]
#[must_use = "an insert does nothing until it is run"]
pub struct Insert {
    id: EventId,
    parameters: [Parameter; COLUMNS],
}

const COLUMNS: usize = 11;

/// The text has one place for each of [`COLUMNS`].
const SQL: &str = "INSERT INTO hookwright_event \
     (event_id, tenant, object, operation, object_id, time, changed, previous, data, emitted_at, context) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (event_id) DO NOTHING";

/// How many events one statement inserts: SQLite takes at most 32,766 values.
const CHUNK: usize = 1000;

impl Insert {
    pub(crate) fn new(parts: Parts, tenant: Option<&str>) -> Self {
        let id = parts.id.clone();
        let parameters = [
            id.to_string().into(),
            Parameter::Text(tenant.map(str::to_owned)),
            parts.name.object().into(),
            parts.name.operation().into(),
            parts.object_id.into(),
            parts.time.timestamp_millis().into(),
            parts.changed.into(),
            parts.previous.into(),
            parts.data.into(),
            Utc::now().timestamp_millis().into(),
            // A text can always be written.
            parts.actor.and_then(|actor| serde_json::to_string(&actor).ok()).into(),
        ];
        Self { id, parameters }
    }

    /// The id of the event.
    pub fn event_id(&self) -> &EventId {
        &self.id
    }

    /// The statement, with `$1` to `$11` for the parameters.
    pub fn sql(&self) -> &'static str {
        SQL
    }

    /// What is bound, in order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// What is bound, in order, without copying it.
    pub fn into_parameters(self) -> impl IntoIterator<Item = Parameter> {
        self.parameters
    }

    pub(crate) fn into_statement(self) -> Statement {
        let values = self.parameters.into_iter().map(Value::One).collect();
        Statement { sql: SQL.into(), values }
    }
}

/// The statements that insert many events.
pub(super) fn many<S: Backend>(
    parts: Vec<Parts>,
    tenant: Option<&str>,
) -> impl Iterator<Item = Statement> {
    let mut left = parts.into_iter().peekable();
    std::iter::from_fn(move || {
        left.peek()?;
        let inserts: Vec<_> =
            left.by_ref().take(CHUNK).map(|parts| Insert::new(parts, tenant)).collect();
        Some(insert_rows::<S>(inserts))
    })
}

fn insert_rows<S: Backend>(mut inserts: Vec<Insert>) -> Statement {
    let mut texts = |index: usize| -> Column {
        let take = |insert: &mut Insert| match &mut insert.parameters[index] {
            Parameter::Text(text) => text.take(),
            Parameter::Bytes(_) | Parameter::Integer(_) => None,
        };
        inserts.iter_mut().map(take).collect()
    };
    let (id, tenant, object) = (texts(0), texts(1), texts(2));
    let (operation, object_id, changed) = (texts(3), texts(4), texts(6));
    let context = texts(10);
    let mut blobs = |index: usize| -> Column {
        let take = |insert: &mut Insert| match &mut insert.parameters[index] {
            Parameter::Bytes(bytes) => bytes.take(),
            Parameter::Text(_) | Parameter::Integer(_) => None,
        };
        inserts.iter_mut().map(take).collect()
    };
    let (previous, data) = (blobs(7), blobs(8));
    let integers = |inserts: slice::Iter<'_, Insert>, index: usize| -> Column {
        let take = |insert: &Insert| match insert.parameters[index] {
            Parameter::Integer(number) => number,
            Parameter::Text(_) | Parameter::Bytes(_) => None,
        };
        inserts.map(take).collect()
    };
    let (time, emitted_at) = (integers(inserts.iter(), 5), integers(inserts.iter(), 9));
    Statement::new(
        "INSERT INTO hookwright_event \
         (event_id, tenant, object, operation, object_id, time, changed, previous, data, emitted_at, context) \
         SELECT r.* FROM ",
    )
    .table(
        S::TABLES,
        "r",
        [
            ("event_id", id),
            ("tenant", tenant),
            ("object", object),
            ("operation", operation),
            ("object_id", object_id),
            ("time", time),
            ("changed", changed),
            ("previous", previous),
            ("data", data),
            ("emitted_at", emitted_at),
            ("context", context),
        ],
    )
    .text(" WHERE true ON CONFLICT (event_id) DO NOTHING")
}

impl fmt::Debug for Insert {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Insert").field("event_id", &self.id).finish_non_exhaustive()
    }
}
