//! Events, deliveries and attempts as they are read.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::StatusCode;

use crate::event::{EventId, EventName};
use crate::outbox::endpoints::EndpointId;
use crate::outbox::error::OutboxError;
use crate::outbox::queue::{DELIVERED, FAILED, LATE};
use crate::outbox::store::Store;

/// An event of the outbox, without its data.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    pub(super) number: i64,
    id: EventId,
    tenant: Option<String>,
    name: EventName,
    object_id: String,
    timestamp: DateTime<Utc>,
    emitted_at: DateTime<Utc>,
}

impl StoredEvent {
    pub(super) fn of_row<S: Store>(row: &S::Row) -> Result<Self, OutboxError> {
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
    pub(super) number: (i64, i64),
    event_id: EventId,
    endpoint: EndpointId,
    name: EventName,
    state: DeliveryState,
    attempts: usize,
    at: DateTime<Utc>,
}

impl StoredDelivery {
    pub(super) fn of_row<S: Store>(row: &S::Row) -> Result<Self, OutboxError> {
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

    /// When it is due, has died, or was delivered; of one that waits behind another of its object, when
    /// its event was emitted.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }
}

/// One request, and what came of it.
#[derive(Clone)]
pub struct StoredAttempt {
    pub(super) number: i64,
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

impl AttemptOutcome {
    /// The number in the column `outcome`.
    pub(in crate::outbox) fn number(self) -> i64 {
        match self {
            Self::Delivered => DELIVERED,
            Self::Failed => FAILED,
            Self::Late => LATE,
        }
    }
}

impl StoredAttempt {
    pub(super) fn of_row<S: Store>(row: &S::Row) -> Result<Self, OutboxError> {
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
