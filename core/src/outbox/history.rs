//! What is read back of events, deliveries and attempts.

mod deliveries;
mod list;
mod request;
mod rows;
mod stats;

pub use self::request::StoredRequest;
pub use self::rows::{AttemptOutcome, DeliveryState, StoredAttempt, StoredDelivery, StoredEvent};
pub use self::stats::{Backlog, Figures, Stats, StatsQuery, Tally};
use super::Outbox;
use super::error::OutboxError;
use super::page::{Cursor, Page, Query};
use super::statement::{Parameter, Statement};
use super::store::Store;
use crate::event::EventId;

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
        let select = query.conditions(self.of_tenant(select), Some("e"), None, "e.emitted_at");
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
        let parts = self.parts(event).await?;
        parts.written().documented().ok_or_else(|| OutboxError::stored("an event"))
    }

    /// Attempts, the newest first.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the database refuses.
    pub async fn attempts(&self, query: &Query) -> Result<Page<StoredAttempt>, OutboxError> {
        self.outbox.ready().await?;
        let mut connection = self.outbox.pool().acquire().await?;
        let Some(scope) = self.scope(&mut connection, query).await? else {
            return Ok(Page::with_next(Vec::new(), None));
        };
        let select = Statement::new(
            "SELECT a.id, a.event_id, p.endpoint_id, a.attempt, a.at, a.duration, a.outcome, a.status, \
             a.error, a.answer, a.location \
             FROM hookwright_attempt AS a JOIN hookwright_endpoint AS p ON p.id = a.endpoint \
             LEFT JOIN hookwright_event AS e ON e.id = a.event WHERE ($1 IS NULL OR p.tenant = $1)",
        );
        let select = query.conditions(self.of_tenant(select), Some("e"), None, "a.at");
        // Of one event there are few: by `+`, an endpoint's index does not count beside it.
        let select = match (scope.event, scope.endpoint) {
            (None, None) => select,
            (None, Some(endpoint)) => select.text(" AND a.endpoint = ").value(endpoint),
            (Some(event), None) => select.text(" AND a.event = ").value(event),
            (Some(event), Some(endpoint)) => {
                let select = select.text(" AND a.event = ").value(event);
                select.text(" AND +a.endpoint = ").value(endpoint)
            }
        };
        let select = match query.outcome {
            Some(outcome) => select.text(" AND a.outcome = ").value(outcome.number()),
            None => select,
        };
        let select = match query.after {
            Some(cursor) => select.text(" AND a.id < ").value(cursor.first),
            None => select,
        };
        let order = if scope.event.is_some() { "+a.id" } else { "a.id" };
        let select = select.text(&format!(" ORDER BY {order} DESC LIMIT ")).value(query.rows());
        let rows = S::fetch(&mut connection, select).await?;
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
            "SELECT count(*) FROM hookwright_fresh WHERE ($1 IS NULL OR tenant = $1)",
        );
        let rows = self.fetch(self.of_tenant(select)).await?;
        let count = rows.first().map_or(Ok(None), |row| S::integer(row, 0))?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
    }

    /// Looks up what a query names; `None` when it is not there.
    async fn scope(
        &self,
        connection: &mut S::Connection,
        query: &Query,
    ) -> Result<Option<Scope>, OutboxError> {
        let mut scope = Scope { endpoint: None, event: None };
        if let Some(endpoint) = &query.endpoint {
            let select =
                Statement::new("SELECT id FROM hookwright_endpoint WHERE endpoint_id = $1");
            let rows = S::fetch(connection, select.bind(endpoint.to_string())).await?;
            let Some(row) = rows.first() else {
                return Ok(None);
            };
            scope.endpoint = S::integer(row, 0)?;
        }
        if let Some(event) = &query.event {
            let select = Statement::new("SELECT id FROM hookwright_event WHERE event_id = $1");
            let rows = S::fetch(connection, select.bind(event.to_string())).await?;
            let Some(row) = rows.first() else {
                return Ok(None);
            };
            scope.event = S::integer(row, 0)?;
        }
        Ok(Some(scope))
    }

    fn of_tenant(&self, statement: Statement) -> Statement {
        statement.bind(Parameter::Text(self.outbox.tenant_id().map(str::to_owned)))
    }

    async fn fetch(&self, statement: Statement) -> Result<Vec<S::Row>, OutboxError> {
        self.outbox.ready().await?;
        Ok(S::fetch(&mut *self.outbox.pool().acquire().await?, statement).await?)
    }
}

/// What a query names, by its numbers in the tables.
#[derive(Debug, Clone, Copy)]
struct Scope {
    endpoint: Option<i64>,
    event: Option<i64>,
}
