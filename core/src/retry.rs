//! When a delivery that has failed is tried again: pure functions of what is known of it.

use std::time::Duration;

/// How long to wait before each further attempt of a delivery.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use hookwright::{Jitter, RetrySchedule};
///
/// let schedule = RetrySchedule::new([Duration::from_secs(5), Duration::from_secs(60)]);
/// assert_eq!(schedule.attempts(), 3);
/// assert_eq!(schedule.wait_after(1, None, Jitter::NONE), Some(Duration::from_secs(5)));
/// assert_eq!(schedule.wait_after(3, None, Jitter::NONE), None);
///
/// // An endpoint that asks for more time gets it.
/// let asked = Some(Duration::from_secs(30));
/// assert_eq!(schedule.wait_after(1, asked, Jitter::NONE), Some(Duration::from_secs(30)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySchedule {
    waits: Vec<Duration>,
}

impl RetrySchedule {
    /// The longest wait that an endpoint is granted by `Retry-After`.
    pub const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

    /// A schedule of one attempt, and one more after each wait.
    pub fn new(waits: impl IntoIterator<Item = Duration>) -> Self {
        Self { waits: waits.into_iter().collect() }
    }

    /// How many attempts there are in all.
    pub fn attempts(&self) -> usize {
        self.waits.len() + 1
    }

    /// The wait before each further attempt.
    pub fn waits(&self) -> &[Duration] {
        &self.waits
    }

    /// How long to wait when `attempts` have failed; `None` when there are no more.
    ///
    /// It is the schedule's wait with `jitter`, or what the endpoint asks for by `Retry-After` if
    /// that is longer, up to [`MAX_RETRY_AFTER`](Self::MAX_RETRY_AFTER).
    pub fn wait_after(
        &self,
        attempts: usize,
        retry_after: Option<Duration>,
        jitter: Jitter,
    ) -> Option<Duration> {
        let wait = self.waits.get(attempts.checked_sub(1)?)?;
        let asked = retry_after.unwrap_or_default().min(Self::MAX_RETRY_AFTER);
        Some(jitter.apply(*wait).max(asked))
    }
}

/// The schedule that Standard Webhooks recommends: 10 attempts over 75 hours and 35 minutes.
impl Default for RetrySchedule {
    fn default() -> Self {
        let (minute, hour) = (Duration::from_mins(1), Duration::from_hours(1));
        let first = [Duration::from_secs(5), 5 * minute, 30 * minute];
        Self::new(first.into_iter().chain([2, 5, 10, 14, 20, 24].map(|hours| hours * hour)))
    }
}

/// A random part of a wait, so that deliveries which failed together are not tried together: 20 %
/// less to 20 % more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jitter(f64);

impl Jitter {
    /// The schedule's own wait, for tests.
    pub const NONE: Self = Self(1.0);

    const SPREAD: f64 = 0.2;

    /// Draws one.
    #[must_use]
    pub fn random() -> Self {
        Self(1.0 - Self::SPREAD + 2.0 * Self::SPREAD * rand::random::<f64>())
    }

    fn apply(self, wait: Duration) -> Duration {
        // Nothing is longer than the longest duration there is.
        Duration::try_from_secs_f64(wait.as_secs_f64() * self.0).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_default_is_ten_attempts_within_75_hours_and_35_minutes() {
        let schedule = RetrySchedule::default();
        assert_eq!(schedule.attempts(), 10);
        let waits = (1..).map_while(|failed| schedule.wait_after(failed, None, Jitter::NONE));
        let waits: Vec<u64> = waits.map(|wait| wait.as_secs()).collect();
        assert_eq!(waits, [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
        assert_eq!(waits.iter().sum::<u64>(), 75 * 3600 + 35 * 60 + 5);
    }

    #[test]
    fn there_is_no_wait_before_the_first_attempt_and_none_after_the_last() {
        let schedule = RetrySchedule::new([SECOND]);
        assert_eq!(schedule.wait_after(0, None, Jitter::NONE), None);
        assert_eq!(schedule.wait_after(2, Some(SECOND), Jitter::NONE), None);
        assert_eq!(schedule.wait_after(usize::MAX, None, Jitter::NONE), None);
        assert_eq!(RetrySchedule::new([]).attempts(), 1);
    }

    #[test]
    fn the_longer_of_the_schedule_and_what_is_asked_for_counts_up_to_a_day() {
        let schedule = RetrySchedule::new([10 * SECOND]);
        let wait = |asked| schedule.wait_after(1, Some(asked), Jitter::NONE);
        assert_eq!(wait(Duration::ZERO), Some(10 * SECOND));
        assert_eq!(wait(9 * SECOND), Some(10 * SECOND));
        assert_eq!(wait(11 * SECOND), Some(11 * SECOND));
        assert_eq!(wait(Duration::MAX), Some(Duration::from_hours(24)));
    }

    #[test]
    fn jitter_is_at_most_a_fifth_in_both_directions_and_differs() {
        let schedule = RetrySchedule::new([100 * SECOND]);
        let draw = || schedule.wait_after(1, None, Jitter::random()).expect("one more");
        let waits: Vec<Duration> = (0..10_000).map(|_| draw()).collect();
        assert!(waits.iter().all(|wait| (80 * SECOND..=120 * SECOND).contains(wait)));
        let shortest = waits.iter().min().expect("many");
        let longest = waits.iter().max().expect("many");
        assert!(*shortest < 82 * SECOND && *longest > 118 * SECOND, "{shortest:?} {longest:?}");
    }

    #[test]
    fn the_longest_wait_there_is_does_not_overflow() {
        let schedule = RetrySchedule::new([Duration::MAX]);
        assert!(schedule.wait_after(1, None, Jitter(1.2)).is_some());
    }
}
