//! Reading back, a page at a time.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::endpoints::EndpointId;
use super::history::{AttemptOutcome, DeliveryState};
use super::statement::Statement;
use crate::event::{EventId, EventName};

/// What to read back: everything that fits all of what is set, the newest first.
///
/// # Examples
///
/// ```
/// use hookwright::Query;
///
/// let query = Query::new().object("person").name(&"person.created".parse()?).limit(20);
/// # Ok::<(), hookwright::EventNameError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Query {
    pub(super) endpoint: Option<EndpointId>,
    pub(super) event: Option<EventId>,
    object: Option<String>,
    pub(super) object_id: Option<String>,
    name: Option<EventName>,
    pub(super) text: Option<String>,
    pub(super) state: Option<DeliveryState>,
    pub(super) outcome: Option<AttemptOutcome>,
    pub(super) since: Option<i64>,
    pub(super) until: Option<i64>,
    pub(super) limit: usize,
    pub(super) after: Option<Cursor>,
}

impl Query {
    /// How many there are on a page, unless set.
    pub const DEFAULT_LIMIT: usize = 50;
    /// The most that can be set.
    pub const MAX_LIMIT: usize = 500;

    /// Everything.
    pub fn new() -> Self {
        Self {
            endpoint: None,
            event: None,
            object: None,
            object_id: None,
            name: None,
            text: None,
            state: None,
            outcome: None,
            since: None,
            until: None,
            limit: Self::DEFAULT_LIMIT,
            after: None,
        }
    }

    /// Of one endpoint. It does not count for events.
    pub fn endpoint(mut self, id: &EndpointId) -> Self {
        self.endpoint = Some(*id);
        self
    }

    /// Of one event, for as long as it is kept. Its attempts are kept longer, and are then found by
    /// their endpoint and time.
    pub fn event(mut self, id: &EventId) -> Self {
        self.event = Some(id.clone());
        self
    }

    /// Of one kind of object, such as `person`.
    pub fn object(mut self, name: impl Into<String>) -> Self {
        self.object = Some(name.into());
        self
    }

    /// Of objects of this id.
    pub fn object_id(mut self, id: impl Into<String>) -> Self {
        self.object_id = Some(id.into());
        self
    }

    /// Of events of this name, such as `person.created`.
    pub fn name(mut self, name: &EventName) -> Self {
        self.name = Some(name.clone());
        self
    }

    /// Of endpoints whose URL or description has this text, whatever the case of its letters. It
    /// counts for endpoints only.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into()).filter(|text| !text.is_empty());
        self
    }

    /// Of deliveries in this state. It counts for deliveries only.
    pub fn state(mut self, state: DeliveryState) -> Self {
        self.state = Some(state);
        self
    }

    /// Of attempts of which this came. It counts for attempts only.
    ///
    /// ```
    /// use hookwright::{AttemptOutcome, Query};
    ///
    /// let failures = Query::new().outcome(AttemptOutcome::Failed).limit(20);
    /// ```
    pub fn outcome(mut self, outcome: AttemptOutcome) -> Self {
        self.outcome = Some(outcome);
        self
    }

    /// Not before this time: of events when they were emitted, of attempts and endpoints when they
    /// were made, of replays when they were begun.
    pub fn since(mut self, time: DateTime<Utc>) -> Self {
        self.since = Some(time.timestamp_millis());
        self
    }

    /// Before this time.
    pub fn until(mut self, time: DateTime<Utc>) -> Self {
        self.until = Some(time.timestamp_millis());
        self
    }

    /// Sets how many there are on a page: 1 to [`MAX_LIMIT`](Self::MAX_LIMIT), and what is less or
    /// more is taken for these.
    pub fn limit(mut self, rows: usize) -> Self {
        self.limit = rows.clamp(1, Self::MAX_LIMIT);
        self
    }

    /// Goes on after a page, by its [`next`](Page::next).
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// The kind of object that is named, by itself or by the event's name.
    pub(super) fn kind_of_object(&self) -> Option<&str> {
        self.object.as_deref().or_else(|| self.name.as_ref().map(EventName::object))
    }

    pub(super) fn rows(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX)
    }

    /// Appends the conditions on an event, an endpoint and a time, each of which is a table's alias
    /// or the column of the time. Without a table, what is asked of it does not count.
    pub(super) fn conditions(
        &self,
        mut statement: Statement,
        event: Option<&str>,
        endpoint: Option<&str>,
        time: &str,
    ) -> Statement {
        let mut add = |condition: String, value: String| {
            statement = std::mem::replace(&mut statement, Statement::new(""))
                .text(" AND ")
                .text(&condition)
                .text(" = ")
                .value(value);
        };
        if let Some(event) = event {
            if let Some(id) = &self.event {
                add(format!("{event}.event_id"), id.to_string());
            }
            if let Some(object) = &self.object {
                add(format!("{event}.object"), object.clone());
            }
            if let Some(id) = &self.object_id {
                add(format!("{event}.object_id"), id.clone());
            }
            if let Some(name) = &self.name {
                add(format!("{event}.object"), name.object().to_owned());
                add(format!("{event}.operation"), name.operation().to_owned());
            }
        }
        match endpoint {
            Some(endpoint) => self.endpoint_conditions(statement, endpoint, time),
            None => self.time_conditions(statement, time),
        }
    }

    /// Appends the conditions on an endpoint, which is a table's alias, and a time.
    pub(super) fn endpoint_conditions(
        &self,
        statement: Statement,
        endpoint: &str,
        time: &str,
    ) -> Statement {
        let statement = match &self.endpoint {
            Some(id) => {
                let column = format!(" AND {endpoint}.endpoint_id = ");
                statement.text(&column).value(id.to_string())
            }
            None => statement,
        };
        self.time_conditions(statement, time)
    }

    fn time_conditions(&self, mut statement: Statement, time: &str) -> Statement {
        if let Some(since) = self.since {
            statement = statement.text(" AND ").text(time).text(" >= ").value(since);
        }
        if let Some(until) = self.until {
            statement = statement.text(" AND ").text(time).text(" < ").value(until);
        }
        statement
    }
}

impl Default for Query {
    fn default() -> Self {
        Self::new()
    }
}

/// A page of what was read back, the newest first.
#[derive(Debug, Clone)]
pub struct Page<T> {
    items: Vec<T>,
    next: Option<Cursor>,
}

impl<T> Page<T> {
    /// A page that is the last when it is not full.
    pub(super) fn new(items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> Cursor) -> Self {
        let next = if items.len() < limit { None } else { items.last().map(cursor) };
        Self { items, next }
    }

    pub(super) fn with_next(items: Vec<T>, next: Option<Cursor>) -> Self {
        Self { items, next }
    }

    /// What is on it.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// What is on it, without copying it.
    pub fn into_items(self) -> Vec<T> {
        self.items
    }

    /// Where the next page begins; `None` when this is the last.
    pub fn next(&self) -> Option<Cursor> {
        self.next
    }
}

/// A place between two pages. Its text is for a URL, and means nothing else.
///
/// ```
/// use hookwright::Cursor;
///
/// let cursor: Cursor = "17-3".parse()?;
/// assert_eq!(cursor.to_string(), "17-3");
/// assert!("last".parse::<Cursor>().is_err());
/// # Ok::<(), hookwright::CursorError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub(super) first: i64,
    pub(super) second: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.first, self.second)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (first, second) = text.split_once('-').ok_or(CursorError)?;
        match (first.parse(), second.parse()) {
            (Ok(first @ 0..), Ok(second @ 0..)) => Ok(Self { first, second }),
            _ => Err(CursorError),
        }
    }
}

/// A text that is not a page's [`next`](Page::next).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorError;

impl fmt::Display for CursorError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .write_str("a cursor is the text that the page before gave: begin with the first page")
    }
}

impl Error for CursorError {}
