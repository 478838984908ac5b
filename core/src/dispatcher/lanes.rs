//! The lanes of all endpoints, and which of them gets how many of the free slots.

use std::collections::HashMap;

use super::directory::Directory;
use super::lane::{Health, Lane};
use super::line::Line;
use super::mass_failure::MassFailure;
use super::pending::Pending;
use super::shares::{Shares, Want};
use crate::outbox::StoredHealth;
use crate::outbox::queue::Survey;

/// What there is for new events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// No endpoint keeps up, that could be a measure.
    Unmeasured,
    /// Not one slot.
    None,
    /// Slots, and fewer than one event takes.
    Part,
    /// Slots for so many events.
    Events(usize),
}

#[derive(Default)]
pub(super) struct Lanes {
    entries: HashMap<i64, Entry>,
    shares: Shares,
    pub(super) mass: MassFailure,
    pub(super) line: Line,
}

struct Entry {
    lane: Lane,
    is_active: bool,
    /// When a claim may find something.
    next_look: i64,
}

/// Nothing waits, as far as is known.
const NEVER: i64 = i64::MAX;
/// Whether anything waits is for the next survey to tell: until then it is looked for.
const UNKNOWN: i64 = i64::MIN;

impl From<StoredHealth> for Health {
    fn from(health: StoredHealth) -> Self {
        Self {
            failing_since: health.failing_since,
            failures: u32::try_from(health.failures).unwrap_or(u32::MAX),
            paused_until: health.paused_until,
            pause: health.pause,
        }
    }
}

impl From<Health> for StoredHealth {
    fn from(health: Health) -> Self {
        Self {
            failing_since: health.failing_since,
            failures: health.failures.into(),
            paused_until: health.paused_until,
            pause: health.pause,
        }
    }
}

impl Lanes {
    /// Takes over what the directory says: new endpoints, changed limits, and which are active.
    pub(super) fn follow(&mut self, directory: &Directory, pending: &mut Pending, now: i64) {
        self.line.follow(directory);
        // One that is gone is kept while its requests are under way.
        self.entries
            .retain(|number, entry| directory.get(*number).is_some() || entry.lane.in_flight() > 0);
        for (number, entry) in &mut self.entries {
            entry.is_active &= directory.get(*number).is_some();
        }
        for (number, subscriber) in directory.iter() {
            let health: Health = subscriber.health.into();
            let mass = &mut self.mass;
            let entry = self.entries.entry(number).or_insert_with(|| {
                if let Some(since) = health.failing_since {
                    mass.began_to_fail(number, since);
                }
                let lane = Lane::new(subscriber.limits, health, now);
                Entry { lane, is_active: false, next_look: UNKNOWN }
            });
            entry.lane.set_limits(subscriber.limits, now);
            if subscriber.is_active && !entry.is_active {
                // One that was enabled by hand begins anew.
                pending.healths.remove(&number);
            }
            if !pending.healths.contains_key(&number) {
                entry.lane.set_health(health);
            }
            let is_disabled = pending.disabled.iter().any(|disabled| disabled.endpoint == number);
            entry.is_active = subscriber.is_active && !is_disabled;
            if !entry.is_active {
                // It may have anything when it is enabled.
                entry.next_look = UNKNOWN;
            }
        }
    }

    /// Takes over what waits, and what other dispatchers wrote.
    pub(super) fn survey(&mut self, surveys: &[Survey], pending: &Pending) {
        for survey in surveys {
            if let Some(entry) = self.entries.get_mut(&survey.endpoint) {
                let next_due = survey.next_due.unwrap_or(NEVER);
                entry.next_look = match entry.next_look {
                    UNKNOWN => next_due,
                    // What was not written yet may be due before.
                    known => known.min(next_due),
                };
                // What is not written yet is newer than what was read.
                if !pending.healths.contains_key(&survey.endpoint) {
                    entry.lane.set_health(survey.health.into());
                }
            }
        }
    }

    pub(super) fn get(&mut self, endpoint: i64) -> Option<&mut Lane> {
        self.entries.get_mut(&endpoint).map(|entry| &mut entry.lane)
    }

    pub(super) fn is_active(&self, endpoint: i64) -> bool {
        self.entries.get(&endpoint).is_some_and(|entry| entry.is_active)
    }

    /// Nothing more is claimed for an endpoint that is being disabled.
    pub(super) fn deactivate(&mut self, endpoint: i64) {
        if let Some(entry) = self.entries.get_mut(&endpoint) {
            entry.is_active = false;
        }
        self.mass.recovered(endpoint);
    }

    /// It is not disabled after all.
    pub(super) fn reactivate(&mut self, endpoint: i64, directory: &Directory) {
        if let Some(entry) = self.entries.get_mut(&endpoint) {
            entry.is_active = directory.get(endpoint).is_some_and(|known| known.is_active);
        }
    }

    /// A delivery will be due.
    pub(super) fn expect(&mut self, endpoint: i64, due: i64) {
        if let Some(entry) = self.entries.get_mut(&endpoint) {
            entry.next_look = entry.next_look.min(due);
        }
    }

    /// How many new deliveries may be claimed as they are made: none where others wait.
    pub(super) fn direct(&mut self, endpoint: i64, now: i64) -> usize {
        match self.entries.get_mut(&endpoint) {
            Some(entry) if entry.is_active && entry.next_look > now && !entry.lane.is_open() => {
                entry.lane.capacity(now)
            }
            _ => 0,
        }
    }

    /// What of these slots there is for new events, while any endpoint keeps up: a delivery that is
    /// claimed as it is made is written once, and one that waits twice. Those that have deliveries
    /// waiting already, or are left alone, are no measure.
    pub(super) fn room(&mut self, free: usize, slots: usize, now: i64) -> Room {
        let mut keeping_up = 0;
        let mut most = 0;
        for entry in self.entries.values_mut().filter(|entry| entry.is_active) {
            let capacity = entry.lane.capacity(now);
            let is_paused = capacity == 0 && entry.lane.in_flight() == 0;
            if entry.next_look <= now || entry.lane.is_open() || is_paused {
                continue;
            }
            keeping_up += 1;
            most = most.max(capacity);
        }
        if keeping_up == 0 {
            return Room::Unmeasured;
        }
        // An event that takes more slots than there are goes when all are free.
        let width = self.line.width().map_or(keeping_up, |width| width.min(keeping_up)).min(slots);
        match most.min(free / width.max(1)) {
            0 if most > 0 && free > 0 => Room::Part,
            0 => Room::None,
            events => Room::Events(events),
        }
    }

    /// A claim has given so many of those that were asked for.
    pub(super) fn claimed(&mut self, endpoint: i64, asked: usize, given: usize, now: i64) {
        if let Some(entry) = self.entries.get_mut(&endpoint) {
            entry.lane.claimed(given, now);
            entry.next_look = if given < asked { NEVER } else { now };
        }
    }

    /// Divides the free slots among the endpoints that may have something due.
    pub(super) fn divide(
        &mut self,
        free: usize,
        slow_free: usize,
        directory: &Directory,
        now: i64,
    ) -> Vec<(i64, usize)> {
        let wants = wants(&mut self.entries, directory, now, |_, entry| entry.next_look <= now);
        self.shares.divide(free, slow_free, &wants)
    }

    /// Divides the free slots among the endpoints that have something due and those that want so many
    /// new deliveries, when there are not enough for all.
    pub(super) fn contended(
        &mut self,
        free: usize,
        slow_free: usize,
        directory: &Directory,
        new: &HashMap<i64, usize>,
        now: i64,
    ) -> Option<HashMap<i64, usize>> {
        let mut wants = wants(&mut self.entries, directory, now, |endpoint, entry| {
            entry.next_look <= now || new.contains_key(&endpoint)
        });
        for want in &mut wants {
            // Of one that has something due none is claimed as it is made.
            want.capacity = new.get(&want.endpoint).copied().unwrap_or(want.capacity);
        }
        let sum = |is_counted: fn(&Want<'_>) -> bool| {
            let counted = wants.iter().filter(|want| is_counted(want));
            counted.fold(0, |sum: usize, want| sum.saturating_add(want.capacity))
        };
        let is_contended = sum(|_| true) > free || sum(|want| want.is_slow) > slow_free;
        is_contended.then(|| self.shares.foresee(free, slow_free, &wants))
    }

    /// Endpoints took slots of those that were divided among all.
    pub(super) fn took(&mut self, endpoints: impl Iterator<Item = i64>, directory: &Directory) {
        for endpoint in endpoints {
            let tenant = directory.get(endpoint).and_then(|known| known.tenant.as_deref());
            let is_slow = self.is_slow(endpoint);
            self.shares.took(&Want { endpoint, tenant, capacity: 1, is_slow });
        }
        self.shares.forget_oldest(self.entries.len());
    }

    pub(super) fn is_slow(&self, endpoint: i64) -> bool {
        self.entries.get(&endpoint).is_some_and(|entry| entry.lane.is_slow())
    }

    /// When something may be claimed, now or later. Slow endpoints wait for a result when they have
    /// no slot left.
    pub(super) fn next_opening(&mut self, now: i64, slow_free: usize) -> Option<i64> {
        let opening = |entry: &mut Entry| {
            let is_full = slow_free == 0 && entry.lane.is_slow();
            if !entry.is_active || entry.next_look == NEVER || is_full {
                return None;
            }
            let opening = match entry.lane.capacity(now) {
                0 => entry.lane.next_opening(now)?,
                _ => now,
            };
            Some(opening.max(entry.next_look))
        };
        self.entries.values_mut().filter_map(opening).min()
    }

    /// How many slots slow endpoints hold.
    pub(super) fn slow_in_flight(&self) -> usize {
        let slow = self.entries.values().filter(|entry| entry.lane.is_slow());
        slow.map(|entry| entry.lane.in_flight()).sum()
    }
}

/// What endpoints can use, of those that are active and are looked for.
fn wants<'a>(
    entries: &mut HashMap<i64, Entry>,
    directory: &'a Directory,
    now: i64,
    is_looked_for: impl Fn(i64, &Entry) -> bool,
) -> Vec<Want<'a>> {
    entries
        .iter_mut()
        .filter(|(endpoint, entry)| entry.is_active && is_looked_for(**endpoint, entry))
        .filter_map(|(endpoint, entry)| {
            let capacity = entry.lane.capacity(now);
            let tenant = directory.get(*endpoint)?.tenant.as_deref();
            let is_slow = entry.lane.is_slow();
            (capacity > 0).then_some(Want { endpoint: *endpoint, tenant, capacity, is_slow })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::lane::Limits;
    use super::super::line::Reached;
    use super::*;

    /// Endpoints of four slots, of which so many are taken, and when a claim may find something.
    fn lanes(endpoints: &[(usize, i64)]) -> Lanes {
        let mut lanes = Lanes::default();
        for (number, (taken, next_look)) in (1..).zip(endpoints) {
            let limits = Limits { concurrency: 4, per_second: None };
            let mut lane = Lane::new(limits, Health::default(), NOW);
            lane.claimed(*taken, NOW);
            lanes.entries.insert(number, Entry { lane, is_active: true, next_look: *next_look });
        }
        lanes
    }

    const NOW: i64 = 1_000;

    #[test]
    fn as_many_events_are_fanned_out_as_those_that_keep_up_can_take() {
        let check = |endpoints: &[(usize, i64)], room| {
            assert_eq!(lanes(endpoints).room(100, 256, NOW), room, "{endpoints:?}");
        };
        check(&[(0, NEVER), (1, NEVER)], Room::Events(4));
        check(&[(1, NEVER), (4, NEVER)], Room::Events(3));
        check(&[(4, NEVER)], Room::None);
        // One that hangs, whose deliveries wait, is no measure.
        check(&[(1, NEVER), (4, NOW)], Room::Events(3));
        check(&[(4, NEVER), (4, NOW)], Room::None);
        check(&[(4, NOW)], Room::Unmeasured);
        check(&[], Room::Unmeasured);
    }

    #[test]
    fn endpoints_that_want_other_events_take_no_room() {
        let mut lanes = lanes(&[(0, NEVER); 50]);
        let mut check = |free, room| assert_eq!(lanes.room(free, 256, NOW), room, "{free}");
        // Each may want each.
        check(256, Room::Events(4));
        check(100, Room::Events(2));
        check(49, Room::Part);
        check(0, Room::None);
        assert_eq!(lanes.room(16, 16, NOW), Room::Events(1));
        assert_eq!(lanes.room(15, 16, NOW), Room::Part);
        lanes.line.reached(Reached::End, Some(1));
        let mut check = |free, room| assert_eq!(lanes.room(free, 256, NOW), room, "{free}");
        check(100, Room::Events(4));
        check(3, Room::Events(3));
        check(0, Room::None);
    }

    #[test]
    fn slow_endpoints_wait_for_a_slot_of_theirs() {
        let mut lanes = lanes(&[(0, NOW)]);
        assert_eq!(lanes.next_opening(NOW, 0), Some(NOW));
        if let Some(lane) = lanes.get(1) {
            lane.claimed(1, NOW);
            let _ = lane.succeeded(Duration::from_secs(5), NOW);
        }
        assert_eq!(lanes.next_opening(NOW, 1), Some(NOW));
        assert_eq!(lanes.next_opening(NOW, 0), None);
    }

    #[test]
    fn a_survey_tells_whether_anything_waits() {
        let check = |next_look, next_due, direct| {
            let mut lanes = lanes(&[(0, next_look)]);
            let health =
                StoredHealth { failing_since: None, failures: 0, paused_until: 0, pause: 0 };
            lanes.survey(&[Survey { endpoint: 1, next_due, health }], &Pending::default());
            assert_eq!(lanes.direct(1, NOW), direct, "{next_look} {next_due:?}");
        };
        assert_eq!(lanes(&[(0, UNKNOWN)]).direct(1, NOW), 0);
        check(UNKNOWN, None, 4);
        check(UNKNOWN, Some(NOW), 0);
        check(UNKNOWN, Some(NOW + 1), 4);
        check(NEVER, Some(NOW), 0);
        // What a result said, and is not written yet.
        check(NOW, None, 0);
    }
}
