//! What is read back of events, deliveries and attempts.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::StatusCode;

use super::Outbox;
use super::endpoints::EndpointId;
use super::error::{Kind, OutboxError};
use super::page::{Cursor, Page, Query};
use super::queue::{DELIVERED, FAILED};
use super::statement::{Parameter, Statement};
use super::store::Store;
use crate::event::{EventId, EventName, parts};

/// The events, deliveries and attempts of an outbox: made by [`Outbox::history`].
///
/// # Examples
///
/// ```no_run
/// use hookwright::{DeliveryState, Outbox, Query, Store};
///
/// # async fn example<S: Store>(outbox: Outbox<S>) -> Result<(), hookwright::OutboxError> {
/// let dead = Query::new().state(DeliveryState::Dead);
/// for delivery in outbox.history().deliveries(&dead).await?.items() {
///     println!("{} to {}: {} attempts", delivery.event_id(), delivery.endpoint(), delivery.attempts());
///     let attempts = Query::new().event(delivery.event_id()).endpoint(delivery.endpoint());
///     for attempt in outbox.history().attempts(&attempts).await?.items() {
///         println!("  {:?} {:?}", attempt.status(), attempt.error());
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct History<'a, S: Store> {
    outbox: &'a Outbox<S>,
}

impl<'a, S: Store> History<'a, S> {
    pub(super) fn new(outbox: &'a Outbox<S>) -> Self {
        Self { outbox }
    }

    /// Events, the newest first, without their bodies.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the database refuses.
    pub async fn events(&self, query: &Query) -> Result<Page<StoredEvent>, OutboxError> {
        let select = Statement::new(
            "SELECT e.id, e.event_id, e.tenant, e.object, e.operation, e.object_id, e.time, e.emitted_at \
             FROM hookwright_event AS e WHERE ($1 IS NULL OR e.tenant = $1)",
        );
        let select = query.conditions(self.of_tenant(select), "e", None, "e.emitted_at");
        let select = match query.after {
            Some(cursor) => select.text(" AND e.id < ").value(cursor.first),
            None => select,
        };
        let select = select.text(" ORDER BY e.id DESC LIMIT ").value(query.rows());
        let rows = self.fetch(select).await?;
        let events = rows.iter().map(StoredEvent::of_row::<S>).collect::<Result<_, _>>()?;
        Ok(Page::new(events, query.limit, |event: &StoredEvent| Cursor {
            first: event.number,
            second: 0,
        }))
    }

    /// The documented body of an event: its exact bytes.
    ///
    /// # Errors
    ///
    /// [`OutboxError`], which [is not found](OutboxError::is_not_found) when there is no event of
    /// this id.
    pub async fn body(&self, event: &EventId) -> Result<Vec<u8>, OutboxError> {
        let select = Statement::new(
            "SELECT object, operation, data, changed, previous, time FROM hookwright_event \
             WHERE ($1 IS NULL OR tenant = $1) AND event_id = $2",
        );
        let rows = self.fetch(self.of_tenant(select).bind(event.to_string())).await?;
        let row = rows.first().ok_or_else(|| OutboxError::new(Kind::NoEvent))?;
        let unreadable = || OutboxError::stored("an event");
        let text = |column| S::string(row, column)?.ok_or_else(unreadable);
        let (object, operation) = (text(0)?, text(1)?);
        let data = S::bytes(row, 2)?.ok_or_else(unreadable)?;
        let (changed, previous) = (S::string(row, 3)?, S::bytes(row, 4)?);
        let time = S::integer(row, 5)?.and_then(DateTime::from_timestamp_millis);
        let name = (object.as_str(), operation.as_str());
        parts::documented(
            name,
            &data,
            changed.as_deref(),
            previous.as_deref(),
            time.ok_or_else(unreadable)?,
        )
        .ok_or_else(unreadable)
    }

    /// Deliveries, those of the newest events first: pending, held, dead and delivered ones.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the database refuses.
    pub async fn deliveries(&self, query: &Query) -> Result<Page<StoredDelivery>, OutboxError> {
        let mut lists = Vec::new();
        if query.state != Some(DeliveryState::Delivered) {
            lists.push(self.unfinished(query).await?);
        }
        if query.state.is_none_or(|state| state == DeliveryState::Delivered) {
            lists.push(self.delivered(query).await?);
        }
        // Behind the end of a list that was cut off nothing is known of it.
        let ends =
            lists.iter().filter(|list| list.len() == query.limit).filter_map(|list| list.last());
        let known = ends.map(|delivery| delivery.number).max();
        let mut deliveries = lists.concat();
        deliveries.retain(|delivery| known.is_none_or(|known| delivery.number >= known));
        // What is on its way again was delivered before: it is told once, as what it is now.
        deliveries.sort_by_key(|delivery| std::cmp::Reverse(delivery.number));
        let mut seen = HashSet::new();
        deliveries.retain(|delivery| seen.insert(delivery.number));
        let is_last = known.is_none() && deliveries.len() <= query.limit;
        deliveries.truncate(query.limit);
        let last = deliveries.last().filter(|_| !is_last);
        let next =
            last.map(|delivery| Cursor { first: delivery.number.0, second: delivery.number.1 });
        Ok(Page::with_next(deliveries, next))
    }

    async fn unfinished(&self, query: &Query) -> Result<Vec<StoredDelivery>, OutboxError> {
        let select = Statement::new(
            "SELECT d.event, d.endpoint, e.event_id, p.endpoint_id, e.object, e.operation, \
             CASE WHEN d.state = 1 THEN 2 WHEN p.disabled_at IS NOT NULL THEN 1 ELSE 0 END, d.attempt, d.due \
             FROM hookwright_delivery AS d JOIN hookwright_event AS e ON e.id = d.event \
             JOIN hookwright_endpoint AS p ON p.id = d.endpoint \
             WHERE p.deleted_at IS NULL AND ($1 IS NULL OR p.tenant = $1)",
        );
        let select = query.conditions(self.of_tenant(select), "e", Some("p"), "e.emitted_at");
        let select = select.text(match query.state {
            Some(DeliveryState::Pending) => " AND d.state = 0 AND p.disabled_at IS NULL",
            Some(DeliveryState::Held) => " AND d.state = 0 AND p.disabled_at IS NOT NULL",
            Some(DeliveryState::Dead) => " AND d.state = 1",
            Some(DeliveryState::Delivered) | None => "",
        });
        let select = after(select, query, "d")
            .text(" ORDER BY d.event DESC, d.endpoint DESC LIMIT ")
            .value(query.rows());
        self.fetch(select).await?.iter().map(StoredDelivery::of_row::<S>).collect()
    }

    async fn delivered(&self, query: &Query) -> Result<Vec<StoredDelivery>, OutboxError> {
        let select = Statement::new(
            "SELECT a.event, a.endpoint, a.event_id, p.endpoint_id, e.object, e.operation, 3, a.attempt, a.at \
             FROM hookwright_attempt AS a JOIN hookwright_event AS e ON e.id = a.event \
             JOIN hookwright_endpoint AS p ON p.id = a.endpoint \
             WHERE a.outcome = $2 AND ($1 IS NULL OR p.tenant = $1)",
        );
        let select = self.of_tenant(select).bind(DELIVERED);
        let select = query.conditions(select, "e", Some("p"), "e.emitted_at");
        let select = after(select, query, "a")
            .text(" ORDER BY a.event DESC, a.endpoint DESC, a.id DESC LIMIT ")
            .value(query.rows());
        self.fetch(select).await?.iter().map(StoredDelivery::of_row::<S>).collect()
    }

    /// Attempts, the newest first.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the database refuses.
    pub async fn attempts(&self, query: &Query) -> Result<Page<StoredAttempt>, OutboxError> {
        let select = Statement::new(
            "SELECT a.id, a.event_id, p.endpoint_id, a.attempt, a.at, a.duration, a.outcome, a.status, \
             a.error, a.answer, a.location \
             FROM hookwright_attempt AS a JOIN hookwright_endpoint AS p ON p.id = a.endpoint \
             LEFT JOIN hookwright_event AS e ON e.id = a.event WHERE ($1 IS NULL OR p.tenant = $1)",
        );
        let select = query.conditions(self.of_tenant(select), "e", Some("p"), "a.at");
        let select = match query.after {
            Some(cursor) => select.text(" AND a.id < ").value(cursor.first),
            None => select,
        };
        let select = select.text(" ORDER BY a.id DESC LIMIT ").value(query.rows());
        let rows = self.fetch(select).await?;
        let attempts = rows.iter().map(StoredAttempt::of_row::<S>).collect::<Result<_, _>>()?;
        Ok(Page::new(attempts, query.limit, |attempt: &StoredAttempt| Cursor {
            first: attempt.number,
            second: 0,
        }))
    }

    /// How many events no dispatcher has looked at yet, whose deliveries are not there either.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the database refuses.
    pub async fn undispatched(&self) -> Result<u64, OutboxError> {
        let select = Statement::new(
            "SELECT count(*) FROM hookwright_event WHERE fresh = 1 AND ($1 IS NULL OR tenant = $1)",
        );
        let rows = self.fetch(self.of_tenant(select)).await?;
        let count = rows.first().map_or(Ok(None), |row| S::integer(row, 0))?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
    }

    fn of_tenant(&self, statement: Statement) -> Statement {
        statement.bind(Parameter::Text(self.outbox.tenant_id().map(str::to_owned)))
    }

    async fn fetch(&self, statement: Statement) -> Result<Vec<S::Row>, OutboxError> {
        self.outbox.ready().await?;
        Ok(S::fetch(&mut *self.outbox.pool().acquire().await?, statement).await?)
    }
}

/// Goes on behind a delivery.
fn after(statement: Statement, query: &Query, table: &str) -> Statement {
    let Some(cursor) = query.after else {
        return statement;
    };
    statement
        .text(&format!(" AND ({table}.event, {table}.endpoint) < ("))
        .value(cursor.first)
        .text(", ")
        .value(cursor.second)
        .text(")")
}

/// An event of the outbox, without its data.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    number: i64,
    id: EventId,
    tenant: Option<String>,
    name: EventName,
    object_id: String,
    timestamp: DateTime<Utc>,
    emitted_at: DateTime<Utc>,
}

impl StoredEvent {
    fn of_row<S: Store>(row: &S::Row) -> Result<Self, OutboxError> {
        let read = Reader::<S> { row, what: "an event" };
        Ok(Self {
            number: read.number(0)?,
            id: read.parse(1)?,
            tenant: S::string(row, 2)?,
            name: read.name(3, 4)?,
            object_id: read.text(5)?,
            timestamp: read.time(6)?,
            emitted_at: read.time(7)?,
        })
    }

    /// Its id.
    pub fn id(&self) -> &EventId {
        &self.id
    }

    /// Whose event it is.
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// What happened.
    pub fn name(&self) -> &EventName {
        &self.name
    }

    /// The id of the record that it is of.
    pub fn object_id(&self) -> &str {
        &self.object_id
    }

    /// When it happened.
    pub fn timestamp(&self) -> DateTime<Utc> {
        self.timestamp
    }

    /// When it was written.
    pub fn emitted_at(&self) -> DateTime<Utc> {
        self.emitted_at
    }
}

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeliveryState {
    /// It is due, under way, or waits to be tried again.
    Pending,
    /// Its endpoint is disabled.
    Held,
    /// It has run out of attempts.
    Dead,
    /// It was acknowledged.
    Delivered,
}

/// One event on its way to one endpoint, or there.
#[derive(Debug, Clone)]
pub struct StoredDelivery {
    /// Event and endpoint.
    number: (i64, i64),
    event_id: EventId,
    endpoint: EndpointId,
    name: EventName,
    state: DeliveryState,
    attempts: usize,
    at: DateTime<Utc>,
}

impl StoredDelivery {
    fn of_row<S: Store>(row: &S::Row) -> Result<Self, OutboxError> {
        let read = Reader::<S> { row, what: "a delivery" };
        Ok(Self {
            number: (read.number(0)?, read.number(1)?),
            event_id: read.parse(2)?,
            endpoint: read.parse(3)?,
            name: read.name(4, 5)?,
            state: match read.number(6)? {
                0 => DeliveryState::Pending,
                1 => DeliveryState::Held,
                2 => DeliveryState::Dead,
                _ => DeliveryState::Delivered,
            },
            attempts: usize::try_from(read.number(7)?).unwrap_or(0),
            at: read.time(8)?,
        })
    }

    /// Which event.
    pub fn event_id(&self) -> &EventId {
        &self.event_id
    }

    /// To which endpoint.
    pub fn endpoint(&self) -> &EndpointId {
        &self.endpoint
    }

    /// What happened.
    pub fn name(&self) -> &EventName {
        &self.name
    }

    /// Where it is.
    pub fn state(&self) -> DeliveryState {
        self.state
    }

    /// How many attempts were begun.
    pub fn attempts(&self) -> usize {
        self.attempts
    }

    /// When it is due, has died, or was delivered.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }
}

/// One request, and what came of it.
#[derive(Clone)]
pub struct StoredAttempt {
    number: i64,
    event_id: EventId,
    endpoint: EndpointId,
    attempt: usize,
    at: DateTime<Utc>,
    duration: Duration,
    outcome: AttemptOutcome,
    status: Option<StatusCode>,
    error: Option<String>,
    answer: Vec<u8>,
    location: Option<String>,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// The endpoint acknowledged the event.
    Delivered,
    /// It did not.
    Failed,
    /// The dispatcher had lost its lease meanwhile, so that this changed nothing.
    Late,
}

impl StoredAttempt {
    fn of_row<S: Store>(row: &S::Row) -> Result<Self, OutboxError> {
        let read = Reader::<S> { row, what: "an attempt" };
        let status = S::integer(row, 7)?.and_then(|status| u16::try_from(status).ok());
        Ok(Self {
            number: read.number(0)?,
            event_id: read.parse(1)?,
            endpoint: read.parse(2)?,
            attempt: usize::try_from(read.number(3)?).unwrap_or(0),
            at: read.time(4)?,
            duration: Duration::from_micros(u64::try_from(read.number(5)?).unwrap_or(0)),
            outcome: match read.number(6)? {
                DELIVERED => AttemptOutcome::Delivered,
                FAILED => AttemptOutcome::Failed,
                _ => AttemptOutcome::Late,
            },
            status: status.and_then(|status| StatusCode::from_u16(status).ok()),
            error: S::string(row, 8)?,
            answer: S::bytes(row, 9)?.unwrap_or_default(),
            location: S::string(row, 10)?,
        })
    }

    /// Which event.
    pub fn event_id(&self) -> &EventId {
        &self.event_id
    }

    /// To which endpoint.
    pub fn endpoint(&self) -> &EndpointId {
        &self.endpoint
    }

    /// Which attempt it was: 1, 2, …
    pub fn attempt(&self) -> usize {
        self.attempt
    }

    /// When it began.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// How long it took.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// What came of it.
    pub fn outcome(&self) -> AttemptOutcome {
        self.outcome
    }

    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The class of the error, as [`SendError::class`](crate::SendError::class) names it.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// The first 2 KiB of the answer's body: whatever the endpoint wrote, to be shown as such.
    pub fn answer(&self) -> &[u8] {
        &self.answer
    }

    /// Where a redirect would have led: as hostile as the answer.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }
}

/// Without the answer's body.
impl fmt::Debug for StoredAttempt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StoredAttempt")
            .field("event_id", &self.event_id)
            .field("endpoint", &self.endpoint)
            .field("attempt", &self.attempt)
            .field("outcome", &self.outcome)
            .field("status", &self.status)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// Reads columns that must be there.
struct Reader<'a, S: Store> {
    row: &'a S::Row,
    what: &'static str,
}

impl<S: Store> Reader<'_, S> {
    fn unreadable(&self) -> OutboxError {
        OutboxError::stored(self.what)
    }

    fn number(&self, column: usize) -> Result<i64, OutboxError> {
        S::integer(self.row, column)?.ok_or_else(|| self.unreadable())
    }

    fn text(&self, column: usize) -> Result<String, OutboxError> {
        S::string(self.row, column)?.ok_or_else(|| self.unreadable())
    }

    fn parse<T: std::str::FromStr>(&self, column: usize) -> Result<T, OutboxError> {
        self.text(column)?.parse().map_err(|_| self.unreadable())
    }

    fn name(&self, object: usize, operation: usize) -> Result<EventName, OutboxError> {
        let name = format!("{}.{}", self.text(object)?, self.text(operation)?);
        name.parse().map_err(|_| self.unreadable())
    }

    fn time(&self, column: usize) -> Result<DateTime<Utc>, OutboxError> {
        DateTime::from_timestamp_millis(self.number(column)?).ok_or_else(|| self.unreadable())
    }
}
