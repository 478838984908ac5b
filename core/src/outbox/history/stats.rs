//! Figures of a span of time: what was delivered, how long it took, and what waits.

mod count;
mod histogram;

use std::time::Duration;

use chrono::{DateTime, Utc};

use self::histogram::Histogram;
use crate::outbox::endpoints::EndpointId;

/// Of which endpoints and which span of time to count attempts: a span of equal buckets, such as the
/// last day in 24 hours.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use chrono::{TimeDelta, Utc};
/// use hookwright::StatsQuery;
///
/// let yesterday = Utc::now() - TimeDelta::days(1);
/// let query = StatsQuery::new(yesterday, Duration::from_hours(1), 24);
/// assert_eq!(query.starts().count(), 24);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct StatsQuery {
    endpoints: Option<Vec<EndpointId>>,
    since: i64,
    /// In milliseconds.
    bucket: i64,
    buckets: usize,
}

impl StatsQuery {
    /// The most buckets that a span has.
    pub const MAX_BUCKETS: usize = 400;
    /// The most endpoints that can be asked for at once.
    pub const MAX_ENDPOINTS: usize = 500;

    /// All endpoints in sum, over so many buckets of this length, from a time on.
    ///
    /// There are 1 to [`MAX_BUCKETS`](Self::MAX_BUCKETS), each at least a millisecond long, and what
    /// is less or more is taken for these.
    pub fn new(since: DateTime<Utc>, bucket: Duration, buckets: usize) -> Self {
        let buckets = buckets.clamp(1, Self::MAX_BUCKETS);
        // So that the end of the span is a number too.
        let longest = i64::MAX / 4 / 400;
        let bucket = i64::try_from(bucket.as_millis()).unwrap_or(longest).clamp(1, longest);
        Self { endpoints: None, since: since.timestamp_millis(), bucket, buckets }
    }

    /// Each of these endpoints, and their sum: those of a page, and
    /// [`MAX_ENDPOINTS`](Self::MAX_ENDPOINTS) at most.
    pub fn endpoints(mut self, ids: impl IntoIterator<Item = EndpointId>) -> Self {
        let mut endpoints = Vec::new();
        for id in ids {
            if !endpoints.contains(&id) {
                endpoints.push(id);
            }
        }
        self.endpoints = Some(endpoints);
        self
    }

    /// When each bucket begins.
    pub fn starts(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let buckets = i64::try_from(self.buckets).unwrap_or(0);
        (0..buckets).filter_map(|number| {
            DateTime::from_timestamp_millis(self.since.checked_add(number * self.bucket)?)
        })
    }

    fn until(&self) -> i64 {
        let length = self.bucket.saturating_mul(i64::try_from(self.buckets).unwrap_or(i64::MAX));
        self.since.saturating_add(length)
    }
}

/// What [`History::stats`](super::History::stats) has counted.
#[derive(Debug, Clone)]
pub struct Stats {
    endpoints: Vec<(EndpointId, Figures)>,
    total: Figures,
}

impl Stats {
    /// Each endpoint that was asked for and is there, in the order in which it was asked for.
    pub fn endpoints(&self) -> impl Iterator<Item = (&EndpointId, &Figures)> {
        self.endpoints.iter().map(|(id, figures)| (id, figures))
    }

    /// One endpoint that was asked for. `None` when there is no such one.
    pub fn endpoint(&self, id: &EndpointId) -> Option<&Figures> {
        self.endpoints.iter().find(|(other, _)| other == id).map(|(_, figures)| figures)
    }

    /// The sum of the endpoints that were asked for; where none was named, of all.
    pub fn total(&self) -> &Figures {
        &self.total
    }
}

/// The figures of an endpoint, or of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    buckets: Vec<Tally>,
    all: Tally,
    backlog: Backlog,
}

impl Figures {
    /// The attempts of each bucket, as many as the query has.
    pub fn buckets(&self) -> &[Tally] {
        &self.buckets
    }

    /// The attempts of the whole span.
    pub fn all(&self) -> &Tally {
        &self.all
    }

    /// What is there now, whatever the span.
    pub fn backlog(&self) -> &Backlog {
        &self.backlog
    }
}

/// The attempts that were begun in a time, but for those that came
/// [too late](super::AttemptOutcome::Late) to count.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    delivered: u64,
    failed: u64,
    p50: Option<Duration>,
    p99: Option<Duration>,
}

impl Tally {
    fn of(counted: &Counted) -> Self {
        let percentile = |percent| counted.durations.percentile(percent);
        Self {
            delivered: counted.delivered,
            failed: counted.failed,
            p50: percentile(50),
            p99: percentile(99),
        }
    }

    /// How many delivered their event.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// How many failed.
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// Which share of them failed, 0 to 1. `None` when there was none.
    #[expect(clippy::cast_precision_loss, reason = "a share of so many needs no more")]
    pub fn failure_share(&self) -> Option<f64> {
        let attempts = self.delivered + self.failed;
        (attempts > 0).then(|| self.failed as f64 / attempts as f64)
    }

    /// How long half of them took at most, those that failed among them: exact below 128 µs, and
    /// within 1 % above. `None` when there was none.
    pub fn p50(&self) -> Option<Duration> {
        self.p50
    }

    /// How long 99 of 100 took at most, as [`p50`](Self::p50).
    pub fn p99(&self) -> Option<Duration> {
        self.p99
    }
}

/// The deliveries that are not delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    pending: u64,
    held: u64,
    dead: u64,
    oldest_due: Option<DateTime<Utc>>,
}

impl Backlog {
    /// How many are due, under way, or wait to be tried again.
    pub fn pending(&self) -> u64 {
        self.pending
    }

    /// How many wait for their endpoint to be enabled.
    pub fn held(&self) -> u64 {
        self.held
    }

    /// How many have run out of attempts.
    pub fn dead(&self) -> u64 {
        self.dead
    }

    /// When the first of the pending ones is due: when that is past, it waits for its turn.
    pub fn oldest_due(&self) -> Option<DateTime<Utc>> {
        self.oldest_due
    }

    fn add(&mut self, other: &Self) {
        self.pending += other.pending;
        self.held += other.held;
        self.dead += other.dead;
        self.oldest_due = match (self.oldest_due, other.oldest_due) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

/// Attempts while they are counted.
#[derive(Debug, Clone, Default)]
struct Counted {
    delivered: u64,
    failed: u64,
    durations: Histogram,
}

impl Counted {
    fn add(&mut self, other: &Self) {
        self.delivered += other.delivered;
        self.failed += other.failed;
        self.durations.merge(&other.durations);
    }
}

impl Figures {
    fn of(buckets: &[Counted], backlog: Backlog) -> Self {
        let mut all = Counted::default();
        for bucket in buckets {
            all.add(bucket);
        }
        Self { buckets: buckets.iter().map(Tally::of).collect(), all: Tally::of(&all), backlog }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_of_buckets_that_can_be_counted() {
        let query = |bucket, buckets| StatsQuery::new(DateTime::UNIX_EPOCH, bucket, buckets);
        let second = query(Duration::from_secs(1), 60);
        assert_eq!((second.bucket, second.buckets, second.until()), (1000, 60, 60_000));
        let starts: Vec<_> = second.starts().map(|start| start.timestamp_millis()).collect();
        assert_eq!((starts.len(), starts[0], starts[59]), (60, 0, 59_000));
        let none = query(Duration::ZERO, 0);
        assert_eq!((none.bucket, none.buckets, none.until()), (1, 1, 1));
        let most = StatsQuery::new(DateTime::<Utc>::MAX_UTC, Duration::MAX, usize::MAX);
        assert_eq!(most.buckets, 400);
        assert!(most.until() > most.since);
        assert!(most.starts().count() <= 400);
    }

    #[test]
    fn a_backlog_s_oldest_is_the_oldest_of_all() {
        let due = |second| Backlog {
            pending: 1,
            oldest_due: DateTime::from_timestamp(second, 0),
            ..Backlog::default()
        };
        let mut sum = Backlog { held: 2, ..Backlog::default() };
        for second in [7, 5, 6] {
            sum.add(&due(second));
        }
        sum.add(&Backlog { dead: 4, ..Backlog::default() });
        assert_eq!(sum, Backlog { pending: 3, held: 2, dead: 4, ..due(5) });
    }
}
