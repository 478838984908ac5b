//! Replays and recoveries as they are read.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use crate::outbox::endpoints::EndpointId;
use crate::outbox::error::OutboxError;
use crate::outbox::queue;
use crate::outbox::store::Store;

/// What tells a replay or a recovery from all others of an outbox. Its text is for a URL.
///
/// # Examples
///
/// ```
/// use hookwright::ReplayId;
///
/// let id: ReplayId = "17".parse()?;
/// assert_eq!(id.to_string(), "17");
/// assert!("last".parse::<ReplayId>().is_err());
/// # Ok::<(), hookwright::ReplayIdError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplayId(i64);

impl ReplayId {
    pub(super) fn new(number: i64) -> Self {
        Self(number)
    }

    pub(super) fn number(self) -> i64 {
        self.0
    }
}

impl FromStr for ReplayId {
    type Err = ReplayIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(number @ 0..) => Ok(Self(number)),
            _ => Err(ReplayIdError),
        }
    }
}

impl fmt::Display for ReplayId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A text that is not a replay's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayIdError;

impl fmt::Display for ReplayIdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a replay's id is a number, such as the one that its beginning gave")
    }
}

impl Error for ReplayIdError {}

/// How far a replay or a recovery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayProgress {
    queued: u64,
    state: ReplayState,
}

/// Whether a replay goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplayState {
    /// Deliveries are being queued.
    Running,
    /// All are queued.
    Done,
    /// It was cancelled. What was queued before is delivered.
    Cancelled,
}

impl ReplayProgress {
    pub(super) fn of(queued: Option<i64>, state: Option<i64>) -> Self {
        let state = match state {
            Some(0) => ReplayState::Running,
            Some(1) => ReplayState::Done,
            _ => ReplayState::Cancelled,
        };
        Self { queued: u64::try_from(queued.unwrap_or_default()).unwrap_or(0), state }
    }

    /// How many deliveries were queued so far: those that are made, and those that were dead. What
    /// waited already, or was under way, is not counted.
    pub fn queued(&self) -> u64 {
        self.queued
    }

    /// Whether it goes on.
    pub fn state(&self) -> ReplayState {
        self.state
    }
}

/// What is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplayKind {
    /// The events of a time range, by [`Deliveries::replay`](super::Deliveries::replay).
    Replay,
    /// What has died since a time, by [`Deliveries::recover`](super::Deliveries::recover).
    Recovery,
}

/// A replay or a recovery.
#[derive(Debug, Clone)]
pub struct StoredReplay {
    id: ReplayId,
    endpoint: EndpointId,
    kind: ReplayKind,
    since: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    progress: ReplayProgress,
    created_at: DateTime<Utc>,
    reached: Option<DateTime<Utc>>,
}

impl StoredReplay {
    pub(super) fn of_row<S: Store>(row: &S::Row) -> Result<Self, OutboxError> {
        let unreadable = || OutboxError::stored("a replay");
        let number = |column| S::integer(row, column)?.ok_or_else(unreadable);
        let time = |column| DateTime::from_timestamp_millis(number(column)?).ok_or_else(unreadable);
        let endpoint = S::string(row, 1)?.and_then(|id| id.parse().ok());
        let kind = match number(2)? {
            queue::RECOVERY => ReplayKind::Recovery,
            _ => ReplayKind::Replay,
        };
        Ok(Self {
            id: ReplayId(number(0)?),
            endpoint: endpoint.ok_or_else(unreadable)?,
            kind,
            since: time(3)?,
            until: if kind == ReplayKind::Replay { Some(time(4)?) } else { None },
            progress: ReplayProgress::of(S::integer(row, 5)?, S::integer(row, 6)?),
            created_at: time(7)?,
            reached: match number(8)? {
                reached if kind == ReplayKind::Recovery || reached == 0 => None,
                _ => Some(time(8)?),
            },
        })
    }

    pub(super) fn number(&self) -> i64 {
        self.id.0
    }

    /// Its id.
    pub fn id(&self) -> ReplayId {
        self.id
    }

    /// To which endpoint.
    pub fn endpoint(&self) -> &EndpointId {
        &self.endpoint
    }

    /// What is sent again.
    pub fn kind(&self) -> ReplayKind {
        self.kind
    }

    /// From which time on events were emitted, or deliveries have died.
    pub fn since(&self) -> DateTime<Utc> {
        self.since
    }

    /// Before which time events were emitted. A recovery has no end.
    pub fn until(&self) -> Option<DateTime<Utc>> {
        self.until
    }

    /// How far it has come.
    pub fn progress(&self) -> ReplayProgress {
        self.progress
    }

    /// When it was begun.
    pub fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    /// Up to which time of its range events were looked at: `None` before the first one, and of a
    /// recovery.
    pub fn reached(&self) -> Option<DateTime<Utc>> {
        self.reached
    }
}
