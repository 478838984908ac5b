//! What is read back of events, deliveries and attempts.

mod request;
mod rows;
mod stats;

use std::collections::HashSet;

pub use self::request::StoredRequest;
pub use self::rows::{AttemptOutcome, DeliveryState, StoredAttempt, StoredDelivery, StoredEvent};
pub use self::stats::{Backlog, Figures, Stats, StatsQuery, Tally};
use super::Outbox;
use super::error::OutboxError;
use super::page::{Cursor, Page, Query};
use super::queue::DELIVERED;
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
        let select = query.conditions(self.of_tenant(select), Some("e"), Some("p"), "e.emitted_at");
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
        // The newest of all are found by the index of events. With statistics of an application's own
        // ANALYZE, SQLite would begin with the endpoints, and sort everything.
        let is_of_all = query.is_of_all() && self.outbox.tenant_id().is_none();
        let join = if is_of_all { " CROSS JOIN " } else { ", " };
        let select = Statement::new(
            "SELECT a.event, a.endpoint, a.event_id, p.endpoint_id, e.object, e.operation, 3, a.attempt, a.at \
             FROM hookwright_attempt AS a",
        );
        let select = select.text(join).text("hookwright_event AS e").text(join).text(
            "hookwright_endpoint AS p WHERE e.id = a.event AND p.id = a.endpoint \
             AND a.outcome = $2 AND ($1 IS NULL OR p.tenant = $1)",
        );
        let select = self.of_tenant(select).bind(DELIVERED);
        let select = query.conditions(select, Some("e"), Some("p"), "e.emitted_at");
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
        let select = query.conditions(self.of_tenant(select), Some("e"), Some("p"), "a.at");
        let select = match query.outcome {
            Some(outcome) => select.text(" AND a.outcome = ").value(outcome.number()),
            None => select,
        };
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
            "SELECT count(*) FROM hookwright_fresh WHERE ($1 IS NULL OR tenant = $1)",
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
