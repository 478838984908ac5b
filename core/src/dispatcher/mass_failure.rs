//! When so many endpoints begin to fail at once that the fault is ours, not theirs.

use std::collections::HashMap;

/// What begins within this time, in milliseconds, begins at once.
const AT_ONCE: u64 = 60_000;
/// Fewer endpoints than this are no mass, however small the installation.
const FEWEST: usize = 10;

/// Whether endpoints fail in a mass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Alarm {
    /// They do not.
    None,
    /// They begin to: this is said once, until it is over.
    Raised,
    /// They still do.
    Lasting,
}

/// Watches over the endpoints that fail. While more than half of them have begun to fail at once,
/// and until fewer than a quarter are failing, none is to be disabled for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct MassFailure {
    /// Each endpoint that is failing, and since when.
    failing: HashMap<i64, i64>,
    is_suspended: bool,
}

impl MassFailure {
    #[cfg(test)]
    fn new() -> Self {
        Self::default()
    }

    /// An endpoint has failed. Said again of one that is failing already, it changes nothing.
    ///
    /// At a start it is said of every endpoint that was failing, with the time since when.
    pub(crate) fn began_to_fail(&mut self, endpoint: i64, now: i64) {
        self.failing.entry(endpoint).or_insert(now);
    }

    /// An endpoint works again, or is no longer active: disabled, or deleted.
    pub(crate) fn recovered(&mut self, endpoint: i64) {
        self.failing.remove(&endpoint);
    }

    /// Judges the state of `active` endpoints. It looks at each that fails, so it is to be asked
    /// once in a while (a second) and not at each result.
    pub(crate) fn assess(&mut self, active: usize, now: i64) -> Alarm {
        if self.is_suspended {
            let failing = self.failing.len();
            self.is_suspended = failing > 0 && failing.saturating_mul(4) >= active;
            return if self.is_suspended { Alarm::Lasting } else { Alarm::None };
        }
        // The absolute difference, for a clock that was set back.
        let at_once = self.failing.values().filter(|since| now.abs_diff(**since) <= AT_ONCE);
        let at_once = at_once.count();
        if at_once < FEWEST || at_once.saturating_mul(2) <= active {
            return Alarm::None;
        }
        self.is_suspended = true;
        Alarm::Raised
    }

    /// Whether disabling is suspended, as of the last assessment.
    pub(crate) fn is_suspended(&self) -> bool {
        self.is_suspended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_739_201_450_000;

    fn failing(endpoints: i64) -> MassFailure {
        let mut mass = MassFailure::new();
        (0..endpoints).for_each(|endpoint| mass.began_to_fail(endpoint, NOW));
        mass
    }

    #[test]
    fn more_than_half_and_at_least_ten_raise_the_alarm() {
        let check = |endpoints, active, expected| {
            let mut mass = failing(endpoints);
            assert_eq!(mass.assess(active, NOW), expected, "{endpoints} of {active}");
            assert_eq!(mass.is_suspended(), expected == Alarm::Raised);
        };
        check(10, 20, Alarm::None);
        check(11, 20, Alarm::Raised);
        check(10, 19, Alarm::Raised);
        check(9, 9, Alarm::None);
        check(10, 10, Alarm::Raised);
        check(5_000, 10_000, Alarm::None);
        check(5_001, 10_000, Alarm::Raised);
        check(0, 0, Alarm::None);
    }

    #[test]
    fn those_that_began_over_a_minute_ago_do_not_count() {
        assert_eq!(failing(20).assess(20, NOW + 60_000), Alarm::Raised);
        assert_eq!(failing(20).assess(20, NOW + 60_001), Alarm::None);
        let mut mass = failing(6);
        (6..14).for_each(|endpoint| mass.began_to_fail(endpoint, NOW + 61_000));
        // Said again, it is no new beginning.
        (0..6).for_each(|endpoint| mass.began_to_fail(endpoint, NOW + 61_000));
        assert_eq!(mass.assess(20, NOW + 61_000), Alarm::None);
    }

    #[test]
    fn one_alarm_lasts_until_fewer_than_a_quarter_are_failing() {
        let mut mass = failing(20);
        assert_eq!(mass.assess(20, NOW), Alarm::Raised);
        assert_eq!(mass.assess(20, NOW), Alarm::Lasting);
        (0..15).for_each(|endpoint| mass.recovered(endpoint));
        assert_eq!(mass.assess(20, NOW + 3_600_000), Alarm::Lasting);
        mass.recovered(15);
        assert_eq!(mass.assess(20, NOW + 3_600_000), Alarm::None);
        assert!(!mass.is_suspended());
        // And then there may be another.
        (0..15).for_each(|endpoint| mass.began_to_fail(endpoint, NOW + 3_600_000));
        assert_eq!(mass.assess(20, NOW + 3_600_000), Alarm::Raised);
    }

    #[test]
    fn it_is_over_when_no_endpoint_is_left() {
        let mut mass = failing(12);
        assert_eq!(mass.assess(12, NOW), Alarm::Raised);
        (0..12).for_each(|endpoint| mass.recovered(endpoint));
        assert_eq!(mass.assess(0, NOW), Alarm::None);
    }

    #[test]
    fn after_the_clock_was_set_back_old_beginnings_are_still_old() {
        let mut mass = failing(20);
        assert_eq!(mass.assess(20, NOW - 3_600_000), Alarm::None);
        assert_eq!(mass.assess(20, i64::MIN), Alarm::None);
    }
}
