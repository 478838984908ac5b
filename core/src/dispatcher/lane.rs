//! One endpoint as a dispatcher sees it: how many deliveries may be claimed for it, and when.

use std::num::NonZeroU32;
use std::time::Duration;

use super::breaker::{Breaker, Passage};
pub(crate) use super::breaker::{Change, Health};
use super::bucket::Bucket;

/// An endpoint whose attempts take longer than this on average is slow.
const SLOW: Duration = Duration::from_secs(2);
/// How much of the average is the attempts before: the newest is the eighth part.
const PAST: u32 = 7;
/// No attempt takes longer, whatever a clock says.
const LONGEST_ATTEMPT: Duration = Duration::from_hours(1);

/// What is set for an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// How many attempts may be in flight at once, at least 1.
    pub concurrency: usize,
    /// How many deliveries a second this dispatcher claims.
    pub per_second: Option<NonZeroU32>,
}

/// Why an attempt has failed, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// 429, 502, 504, or a time-out.
    Overloaded,
    /// 410. The caller disables the endpoint; here it is a failure like others.
    Gone,
    /// Anything else.
    Other,
}

/// Judges one endpoint by its limits and its results.
///
/// Between [`claimed`](Self::claimed) and its result (or [`unclaimed`](Self::unclaimed)) a delivery
/// holds a slot. A claim is best counted before it is awaited, with the number that is asked for,
/// and the rest given back after it: what happens meanwhile then finds the right numbers.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    held: usize,
    window: Window,
    bucket: Option<Bucket>,
    breaker: Breaker,
    /// The mean duration of attempts, the latest weighing most.
    mean: Option<Duration>,
}

impl Lane {
    /// An endpoint of which nothing is in flight. One that was open when the process ended is open
    /// still, and is probed when its pause has ended.
    pub(crate) fn new(limits: Limits, health: Health, now: i64) -> Self {
        Self {
            held: 0,
            window: Window::new(limits.concurrency),
            bucket: limits.per_second.map(|per_second| Bucket::new(per_second, now)),
            breaker: Breaker::new(health),
            mean: None,
        }
    }

    /// Takes over changed limits. What is in flight stays counted.
    pub(crate) fn set_limits(&mut self, limits: Limits, now: i64) {
        self.window.set_cap(limits.concurrency);
        match (&mut self.bucket, limits.per_second) {
            (Some(bucket), Some(per_second)) => bucket.set_rate(per_second, now),
            (bucket, per_second) => *bucket = per_second.map(|rate| Bucket::new(rate, now)),
        }
    }

    /// Takes over what another dispatcher has written, or [`Health::default`] when the endpoint was
    /// enabled by hand. It must have been read after the writes of this dispatcher; what is known
    /// already changes nothing.
    pub(crate) fn set_health(&mut self, health: Health) {
        let was_open = self.breaker.is_open();
        self.breaker.set_health(health);
        if was_open && !self.breaker.is_open() {
            self.window.restart();
        }
    }

    /// What is to be stored when a result says [`Change::Health`].
    pub(crate) fn health(&self) -> Health {
        self.breaker.health()
    }

    /// What the store has for `paused_until`, by which the one probe is taken.
    pub(crate) fn stored_pause(&self) -> i64 {
        self.breaker.stored_pause()
    }

    /// The one probe was taken, which the store tells by this time.
    pub(crate) fn took_probe(&mut self, paused_until: i64) {
        self.breaker.took_probe(paused_until);
    }

    /// How many deliveries may be claimed now.
    pub(crate) fn capacity(&mut self, now: i64) -> usize {
        let room = self.room(now);
        self.bucket.as_mut().map_or(room, |bucket| room.min(bucket.available(now)))
    }

    /// Deliveries take slots, and tokens of the rate.
    pub(crate) fn claimed(&mut self, count: usize, now: i64) {
        if count == 0 {
            return;
        }
        self.held = self.held.saturating_add(count);
        self.breaker.claimed(now);
        if let Some(bucket) = &mut self.bucket {
            bucket.take(count, now);
        }
    }

    /// Deliveries that were claimed and never dialled give back their slots and tokens.
    pub(crate) fn unclaimed(&mut self, count: usize) {
        let count = count.min(self.held);
        self.held -= count;
        if self.held == 0 {
            self.breaker.none_in_flight();
        }
        if let Some(bucket) = &mut self.bucket {
            bucket.give_back(count);
        }
    }

    /// How many deliveries hold a slot.
    pub(crate) fn in_flight(&self) -> usize {
        self.held
    }

    /// An attempt has succeeded, and gives back its slot.
    pub(crate) fn succeeded(&mut self, took: Duration, now: i64) -> Change {
        self.finished(took);
        if self.breaker.is_open() {
            self.window.restart();
        } else {
            self.window.succeeded();
        }
        self.breaker.succeeded(now)
    }

    /// An attempt has failed, and gives back its slot. What the endpoint asks for by `Retry-After`
    /// (at most 24 h, which the caller sees to) pauses it as a whole.
    pub(crate) fn failed(
        &mut self,
        failure: Failure,
        retry_after: Option<Duration>,
        took: Duration,
        now: i64,
    ) -> Change {
        self.finished(took);
        match failure {
            Failure::Overloaded => self.window.overloaded(self.held),
            Failure::Gone | Failure::Other => self.window.failed(),
        }
        self.breaker.failed(retry_after, self.held, now)
    }

    /// When time alone raises the capacity from 0: a pause ends, or a token comes. `None` when
    /// there is capacity already, or when only a result can bring it.
    pub(crate) fn next_opening(&self, now: i64) -> Option<i64> {
        let unpaused = self.breaker.paused_until(now).max(now);
        if self.room(unpaused) == 0 {
            return None;
        }
        let token = self.bucket.as_ref().and_then(|bucket| bucket.next(unpaused));
        Some(token.unwrap_or(unpaused)).filter(|opening| *opening > now)
    }

    /// Whether the endpoint holds its slots for long: over 2 s on average, with the attempts that
    /// fail.
    pub(crate) fn is_slow(&self) -> bool {
        self.mean.is_some_and(|mean| mean > SLOW)
    }

    /// Whether the breaker is open, or waits for its probe.
    pub(crate) fn is_open(&self) -> bool {
        self.breaker.is_open()
    }

    /// Whether a probe is in flight.
    #[cfg(test)]
    pub(crate) fn is_probing(&self) -> bool {
        self.breaker.is_probing()
    }

    /// Whether the endpoint has failed for 5 days with no success. It takes a failure in this run
    /// to know, so it is to be asked after one.
    pub(crate) fn should_disable(&self, now: i64) -> bool {
        self.breaker.should_disable(now)
    }

    /// The slots that are free, without regard to the rate.
    fn room(&self, now: i64) -> usize {
        match self.breaker.passage(now) {
            Passage::Nothing => 0,
            Passage::OneProbe => self.window.cap.saturating_sub(self.held).min(1),
            Passage::Everything => self.window.size.saturating_sub(self.held),
        }
    }

    fn finished(&mut self, took: Duration) {
        // A lane that was made anew hears of results that its predecessor's claims have.
        self.held = self.held.saturating_sub(1);
        let took = took.min(LONGEST_ATTEMPT);
        self.mean = Some(self.mean.map_or(took, |mean| (mean * PAST + took) / (PAST + 1)));
    }
}

/// How many attempts an endpoint can bear at once, as far as its results show.
#[derive(Debug, Clone)]
struct Window {
    cap: usize,
    /// At least 1, at most the cap.
    size: usize,
    /// Successes since the size changed, or since they were last enough to double it.
    successes: usize,
    /// How many more results say nothing of the size, since they were sent before it was halved.
    stale: usize,
}

impl Window {
    fn new(cap: usize) -> Self {
        let cap = cap.max(1);
        Self { cap, size: cap, successes: 0, stale: 0 }
    }

    /// A window that nothing has made smaller grows with its cap at once.
    fn set_cap(&mut self, cap: usize) {
        let cap = cap.max(1);
        self.size = if self.size == self.cap { cap } else { self.size.min(cap) };
        self.cap = cap;
    }

    /// From 1, as after a breaker that has closed.
    fn restart(&mut self) {
        *self = Self { size: 1, ..Self::new(self.cap) };
    }

    fn succeeded(&mut self) {
        self.stale = self.stale.saturating_sub(1);
        self.successes = self.successes.saturating_add(1);
        if self.successes >= self.size {
            self.size = self.size.saturating_mul(2).min(self.cap);
            self.successes = 0;
        }
    }

    fn failed(&mut self) {
        self.stale = self.stale.saturating_sub(1);
    }

    /// Halves, at most once for a window's worth of results, and for all that is in flight.
    fn overloaded(&mut self, in_flight: usize) {
        self.successes = 0;
        if self.stale > 0 {
            self.stale -= 1;
            return;
        }
        self.stale = in_flight.max(self.size - 1);
        self.size = (self.size / 2).max(1);
    }
}

#[cfg(test)]
mod tests;
