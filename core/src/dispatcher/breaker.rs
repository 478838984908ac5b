//! When an endpoint that fails is left alone, and when it is tried again.

use std::time::Duration;

/// So many failures in a row open the breaker.
const FAILURES_IN_A_ROW: u32 = 10;
/// Of so many recent attempts at least...
const RECENT_ATTEMPTS: u64 = 10;
/// ...this share of failures opens it too, in percent.
const RECENT_FAILURES: u64 = 70;
/// The wait before the first probe, in milliseconds.
const FIRST_PAUSE: i64 = 30_000;
/// The longest wait before a probe: an hour.
const LONGEST_PAUSE: i64 = 3_600_000;
/// No pause is longer, whatever a clock has said: `Retry-After` counts for 24 hours at most.
const MOST_PAUSE: i64 = 25 * 3_600_000;
/// An endpoint that has failed for 5 days, with no success, is to be disabled.
const DISABLED_AFTER: i64 = 5 * 24 * 3_600_000;
/// A pause that grows by no more than this is not worth a write: the answers of one burst ask for
/// pauses that end a few milliseconds apart.
const NOT_WORTH_A_WRITE: i64 = 1_000;

/// What outlives a restart and is shared by dispatchers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// The first failure since the last success.
    pub failing_since: Option<i64>,
    /// How many failures there were since then. The store has the number as of the last write.
    pub failures: u32,
    /// Nothing is claimed before this time; 0 for no pause.
    pub paused_until: i64,
    /// How long the breaker waits before its probe, in milliseconds; 0 when it is closed.
    pub pause: i64,
}

/// What a result has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Change {
    /// Nothing that others need to know.
    None,
    /// The health differs from what is stored, and is to be written. It is said once for each
    /// change.
    Health,
}

/// How much a breaker lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    Nothing,
    OneProbe,
    Everything,
}

/// Closed, open until a time, or waiting for the result of a probe.
#[derive(Debug, Clone)]
pub(crate) struct Breaker {
    health: Health,
    /// What the store has, as far as is known here.
    stored: Health,
    /// The part of the pause that the endpoint has asked for, which no success ends.
    asked_until: i64,
    is_probing: bool,
    last_failure: Option<i64>,
    recent: Recent,
}

impl Breaker {
    pub(crate) fn new(health: Health) -> Self {
        let asked_until = if health.pause > 0 { 0 } else { health.paused_until };
        Self {
            health,
            stored: health,
            asked_until,
            is_probing: false,
            last_failure: None,
            recent: Recent::default(),
        }
    }

    pub(crate) fn health(&self) -> Health {
        self.health
    }

    /// The time that the store has for `paused_until`, as far as is known here. That of
    /// [`health`](Self::health) may be a little later.
    pub(crate) fn stored_pause(&self) -> i64 {
        self.stored.paused_until
    }

    /// The one probe was taken in the store, which others see by this time. It is no news here.
    pub(crate) fn took_probe(&mut self, paused_until: i64) {
        self.stored.paused_until = paused_until;
    }

    /// Takes over what another dispatcher, or a hand, has written.
    pub(crate) fn set_health(&mut self, stored: Health) {
        if stored == self.stored {
            // The number of failures here is newer than the stored one.
            return;
        }
        self.stored = stored;
        let before = self.health;
        self.health = stored;
        if stored.pause <= 0 && stored.failing_since.is_some() {
            // What closes a breaker, a success or a hand, also ends the failing. So this is from a
            // dispatcher that has seen a failure and not yet heard of our pause, which goes on.
            self.health.pause = before.pause;
            self.health.paused_until = before.paused_until.max(stored.paused_until);
        }
        if self.is_open() {
            self.asked_until = self.asked_until.min(self.health.paused_until);
            // A probe of another dispatcher has failed: ours, if it fails too, is not to double the
            // wait once more.
            self.is_probing &= self.health.paused_until <= before.paused_until;
        } else {
            self.asked_until = self.health.paused_until;
            self.is_probing = false;
            if before.pause > 0 {
                self.recent = Recent::default();
            }
        }
    }

    /// The end of the pause; 0 when there is none, as when it was written while the clock was far
    /// ahead.
    pub(super) fn paused_until(&self, now: i64) -> i64 {
        let until = self.health.paused_until;
        if until.saturating_sub(now) > MOST_PAUSE { 0 } else { until }
    }

    /// How much may be claimed.
    pub(super) fn passage(&self, now: i64) -> Passage {
        if now < self.paused_until(now) || self.is_probing {
            Passage::Nothing
        } else if self.is_open() {
            Passage::OneProbe
        } else {
            Passage::Everything
        }
    }

    /// Something was claimed. While open it is the probe, unless it was claimed before its time by
    /// someone who did not know that the breaker had opened.
    pub(crate) fn claimed(&mut self, now: i64) {
        self.is_probing |= self.passage(now) == Passage::OneProbe;
    }

    /// All that was claimed is back and nothing decided the probe: it was never dialled.
    pub(crate) fn none_in_flight(&mut self) {
        self.is_probing = false;
    }

    /// An attempt has succeeded. It closes the breaker whether it was the probe or one that was in
    /// flight when the breaker opened: either way the endpoint works now.
    pub(crate) fn succeeded(&mut self, now: i64) -> Change {
        if self.is_open() {
            self.recent = Recent::default();
        } else {
            self.recent.record(now).succeeded += 1;
        }
        self.is_probing = false;
        let asked_until = if self.asked_until > now { self.asked_until } else { 0 };
        self.health = Health { paused_until: asked_until, ..Health::default() };
        self.change()
    }

    /// An attempt has failed, and `in_flight` others are on their way.
    ///
    /// A result does not say whether it is the probe's. Nothing is claimed while there is a probe,
    /// so the probe has surely failed when nothing is left in flight, and that is waited for.
    pub(crate) fn failed(
        &mut self,
        retry_after: Option<Duration>,
        in_flight: usize,
        now: i64,
    ) -> Change {
        self.last_failure = Some(now);
        self.health.failing_since.get_or_insert(now);
        self.health.failures = self.health.failures.saturating_add(1);
        self.recent.record(now).failed += 1;
        if !self.is_open() {
            if self.health.failures >= FAILURES_IN_A_ROW || self.recent.is_failing() {
                self.open(FIRST_PAUSE, now);
            }
        } else if self.is_probing && in_flight == 0 {
            self.open(self.health.pause.saturating_mul(2).clamp(FIRST_PAUSE, LONGEST_PAUSE), now);
        }
        if let Some(wait) = retry_after {
            let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
            self.asked_until = self.asked_until.max(now.saturating_add(wait));
            self.health.paused_until = self.health.paused_until.max(self.asked_until);
        }
        self.change()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.health.pause > 0
    }

    #[cfg(test)]
    pub(crate) fn is_probing(&self) -> bool {
        self.is_probing
    }

    /// Whether the first and the last of the failures since a success are 5 days apart. The last
    /// must be of this run: an endpoint that failed once and was then sent nothing is not failing.
    pub(crate) fn should_disable(&self, now: i64) -> bool {
        let Some((since, last)) = self.health.failing_since.zip(self.last_failure) else {
            return false;
        };
        last.min(now).saturating_sub(since) >= DISABLED_AFTER
    }

    fn open(&mut self, pause: i64, now: i64) {
        self.is_probing = false;
        self.health.pause = pause;
        self.health.paused_until = self.health.paused_until.max(now.saturating_add(pause));
    }

    /// A write for every failure in a row would cost more than the number is worth, so that alone
    /// is no change.
    fn change(&mut self) -> Change {
        let (health, stored) = (self.health, self.stored);
        if health.failing_since.is_some() == stored.failing_since.is_some()
            && health.pause == stored.pause
            && health.paused_until <= stored.paused_until.saturating_add(NOT_WORTH_A_WRITE)
        {
            return Change::None;
        }
        self.stored = health;
        Change::Health
    }
}

/// The attempts of the last 5 minutes, in steps of 10 s.
#[derive(Debug, Clone, Default)]
struct Recent {
    steps: [Tally; Self::STEPS as usize],
    /// The number of the newest step since the epoch.
    newest: i64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    succeeded: u32,
    failed: u32,
}

impl Recent {
    const STEPS: u8 = 30;
    const STEP: i64 = 10_000;

    /// Where an attempt that ends now is counted.
    fn record(&mut self, now: i64) -> &mut Tally {
        let step = now.div_euclid(Self::STEP);
        if step.abs_diff(self.newest) >= u64::from(Self::STEPS) {
            *self = Self { newest: step, ..Self::default() };
        }
        while self.newest < step {
            self.newest += 1;
            *self.newest_tally() = Tally::default();
        }
        // A clock that was set back a little counts in the newest step.
        self.newest_tally()
    }

    fn is_failing(&self) -> bool {
        let failed: u64 = self.steps.iter().map(|step| u64::from(step.failed)).sum();
        let succeeded: u64 = self.steps.iter().map(|step| u64::from(step.succeeded)).sum();
        let attempts = failed + succeeded;
        attempts >= RECENT_ATTEMPTS && failed * 100 >= attempts * RECENT_FAILURES
    }

    fn newest_tally(&mut self) -> &mut Tally {
        let index = self.newest.rem_euclid(i64::from(Self::STEPS));
        &mut self.steps[usize::try_from(index).expect("a remainder is not negative")]
    }
}

#[cfg(test)]
mod tests;
