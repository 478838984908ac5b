use super::*;

const NOW: i64 = 1_739_201_450_000;
const SECOND: i64 = 1_000;
const QUICK: Duration = Duration::from_millis(50);

fn limits(concurrency: usize, per_second: u32) -> Limits {
    Limits { concurrency, per_second: NonZeroU32::new(per_second) }
}

/// Without a rate.
fn lane(concurrency: usize) -> Lane {
    Lane::new(limits(concurrency, 0), Health::default(), NOW)
}

fn succeed(lane: &mut Lane, times: usize) {
    for _ in 0..times {
        lane.claimed(1, NOW);
        let _ = lane.succeeded(QUICK, NOW);
    }
}

fn fail(lane: &mut Lane, failure: Failure, times: usize) {
    for _ in 0..times {
        lane.claimed(1, NOW);
        let _ = lane.failed(failure, None, QUICK, NOW);
    }
}

/// The capacity of a lane that holds nothing, and has no rate and no pause, is its window.
fn window(lane: &mut Lane) -> usize {
    assert_eq!(lane.in_flight(), 0);
    lane.capacity(NOW)
}

#[test]
fn slots_are_held_until_a_result_or_until_they_are_given_back() {
    let mut lane = lane(8);
    assert_eq!(lane.capacity(NOW), 8);
    lane.claimed(5, NOW);
    assert_eq!((lane.in_flight(), lane.capacity(NOW)), (5, 3));
    lane.unclaimed(2);
    let _ = lane.succeeded(QUICK, NOW);
    let _ = lane.failed(Failure::Other, None, QUICK, NOW);
    assert_eq!((lane.in_flight(), lane.capacity(NOW)), (1, 7));
}

#[test]
fn more_results_than_claims_do_no_harm() {
    let mut lane = Lane::new(limits(0, 3), Health::default(), NOW);
    let _ = lane.succeeded(Duration::MAX, NOW);
    let _ = lane.failed(Failure::Gone, None, QUICK, NOW);
    lane.unclaimed(7);
    lane.claimed(0, NOW);
    assert_eq!((lane.in_flight(), lane.capacity(NOW)), (0, 1), "a cap of 0 is taken as 1");
    lane.set_limits(limits(8, 3), NOW);
    lane.claimed(3, NOW);
    for _ in 0..3 {
        let _ = lane.succeeded(QUICK, NOW);
    }
    lane.unclaimed(3);
    assert_eq!(lane.capacity(NOW), 0, "what was used is not given back");
}

#[test]
fn a_burst_of_time_outs_halves_the_window_once() {
    let mut lane = lane(8);
    lane.claimed(8, NOW);
    for _ in 0..8 {
        let _ = lane.failed(Failure::Overloaded, None, QUICK, NOW);
    }
    assert_eq!(window(&mut lane), 4);
}

#[test]
fn each_window_of_overloads_halves_it_down_to_one() {
    let mut window = Window::new(8);
    let sizes: Vec<usize> = (0..18)
        .map(|_| {
            window.overloaded(0);
            window.size
        })
        .collect();
    assert_eq!(sizes, [4, 4, 4, 4, 4, 4, 4, 4, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1]);
    // Results of all kinds count.
    let mut window = Window::new(8);
    window.overloaded(0);
    for _ in 0..7 {
        window.failed();
    }
    window.overloaded(0);
    assert_eq!(window.size, 2);
}

#[test]
fn what_is_in_flight_beyond_a_lowered_cap_halves_it_once_too() {
    let mut lane = lane(9);
    lane.claimed(9, NOW);
    lane.set_limits(limits(4, 0), NOW);
    assert_eq!((lane.in_flight(), lane.capacity(NOW)), (9, 0));
    for _ in 0..9 {
        let _ = lane.failed(Failure::Overloaded, None, QUICK, NOW);
    }
    assert_eq!(window(&mut lane), 2);
}

#[test]
fn other_failures_leave_the_window_alone() {
    let mut lane = lane(8);
    fail(&mut lane, Failure::Other, 4);
    fail(&mut lane, Failure::Gone, 5);
    assert_eq!(window(&mut lane), 8);
}

#[test]
fn a_window_below_the_cap_doubles_after_as_many_successes_as_it_is_large() {
    let mut lane = lane(10);
    fail(&mut lane, Failure::Overloaded, 1);
    assert_eq!(window(&mut lane), 5);
    succeed(&mut lane, 4);
    assert_eq!(window(&mut lane), 5);
    succeed(&mut lane, 1);
    assert_eq!(window(&mut lane), 10);
    succeed(&mut lane, 105);
    assert_eq!(window(&mut lane), 10);
    // Successes at the cap are no credit for later.
    fail(&mut lane, Failure::Overloaded, 1);
    succeed(&mut lane, 4);
    assert_eq!(window(&mut lane), 5);
}

#[test]
fn after_the_breaker_has_closed_the_window_climbs_from_one() {
    let mut lane = lane(6);
    fail(&mut lane, Failure::Other, 10);
    assert!(lane.is_open());
    assert_eq!(lane.capacity(NOW), 0);
    assert_eq!(lane.next_opening(NOW), Some(NOW + 30 * SECOND));

    let now = NOW + 30 * SECOND;
    assert_eq!(lane.capacity(now), 1);
    assert_eq!(lane.next_opening(now), None);
    lane.claimed(1, now);
    assert!(lane.is_probing());
    assert_eq!((lane.capacity(now), lane.next_opening(now)), (0, None));
    assert_eq!(lane.succeeded(QUICK, now), Change::Health);
    assert!(!lane.is_open());

    let mut windows = vec![window(&mut lane)];
    for successes in [1, 2, 4, 6] {
        succeed(&mut lane, successes);
        windows.push(window(&mut lane));
    }
    assert_eq!(windows, [1, 2, 4, 6, 6]);
}

#[test]
fn a_late_success_closes_the_breaker_and_the_window_climbs_from_one() {
    let mut lane = lane(12);
    lane.claimed(12, NOW);
    for _ in 0..10 {
        let _ = lane.failed(Failure::Other, None, QUICK, NOW);
    }
    assert!(lane.is_open());
    assert_eq!(lane.succeeded(QUICK, NOW), Change::Health);
    assert_eq!((lane.in_flight(), lane.capacity(NOW)), (1, 0));
    let _ = lane.succeeded(QUICK, NOW);
    assert_eq!(window(&mut lane), 2);
}

#[test]
fn a_breaker_that_others_closed_begins_at_one_too() {
    let mut lane = lane(8);
    fail(&mut lane, Failure::Other, 10);
    lane.set_health(Health::default());
    assert_eq!(window(&mut lane), 1);
    // One that was not open has nothing to climb from.
    let mut lane = self::lane(8);
    fail(&mut lane, Failure::Other, 5);
    lane.set_health(Health::default());
    assert_eq!(window(&mut lane), 8);
}

#[test]
fn a_probe_that_is_given_back_is_due_again() {
    let mut lane = lane(8);
    fail(&mut lane, Failure::Other, 10);
    let now = NOW + 30 * SECOND;
    lane.claimed(1, now);
    lane.unclaimed(1);
    assert!(lane.is_open() && !lane.is_probing());
    assert_eq!(lane.capacity(now), 1);
}

#[test]
fn late_results_decide_a_probe_when_nothing_else_can() {
    let mut lane = lane(11);
    lane.claimed(11, NOW);
    for _ in 0..10 {
        let _ = lane.failed(Failure::Other, None, QUICK, NOW);
    }
    let now = NOW + 30 * SECOND;
    lane.claimed(1, now);
    // Which of the two was given back is not known, so the other is waited for.
    lane.unclaimed(1);
    assert_eq!((lane.is_probing(), lane.capacity(now)), (true, 0));
    assert_eq!(lane.failed(Failure::Other, None, QUICK, now), Change::Health);
    assert_eq!(lane.next_opening(now), Some(now + 60 * SECOND));
}

#[test]
fn a_probe_needs_a_slot_too() {
    let stored = Health { paused_until: NOW + SECOND, pause: 30 * SECOND, ..Health::default() };
    let mut lane = Lane::new(limits(1, 0), stored, NOW);
    // By someone who did not ask for the capacity again.
    lane.claimed(1, NOW);
    assert_eq!((lane.capacity(NOW + SECOND), lane.next_opening(NOW)), (0, None));
    lane.unclaimed(1);
    assert_eq!(lane.capacity(NOW + SECOND), 1);
}

#[test]
fn a_lane_that_was_stored_open_waits_and_then_probes() {
    let stored = Health {
        failing_since: Some(NOW),
        failures: 10,
        paused_until: NOW + SECOND,
        pause: 60 * SECOND,
    };
    let mut lane = Lane::new(limits(8, 0), stored, NOW);
    assert_eq!((lane.capacity(NOW), lane.next_opening(NOW)), (0, Some(NOW + SECOND)));
    assert_eq!(lane.capacity(NOW + SECOND), 1);
    lane.claimed(1, NOW + SECOND);
    assert_eq!(lane.succeeded(QUICK, NOW + SECOND), Change::Health);
    assert_eq!(window(&mut lane), 1);
}

#[test]
fn the_rate_limits_what_is_claimed_and_takes_back_what_was_not_used() {
    let mut lane = Lane::new(limits(8, 2), Health::default(), NOW);
    assert_eq!(lane.capacity(NOW), 2);
    lane.claimed(2, NOW);
    assert_eq!((lane.capacity(NOW), lane.next_opening(NOW)), (0, Some(NOW + 500)));
    lane.unclaimed(1);
    assert_eq!((lane.capacity(NOW), lane.next_opening(NOW)), (1, None));
    lane.claimed(1, NOW);
    let _ = lane.succeeded(QUICK, NOW);
    assert_eq!(lane.capacity(NOW), 0, "what was used is not given back");
}

#[test]
fn the_next_opening_waits_for_both_the_pause_and_a_token_and_never_for_a_slot() {
    let mut lane = Lane::new(limits(2, 1), Health::default(), NOW);
    lane.claimed(1, NOW);
    let ask = Some(Duration::from_millis(400));
    let _ = lane.failed(Failure::Overloaded, ask, QUICK, NOW);
    assert_eq!(lane.next_opening(NOW), Some(NOW + SECOND));
    lane.claimed(1, NOW + SECOND);
    // The window is 1 now, so that only a result can bring a slot.
    assert_eq!(lane.next_opening(NOW + SECOND), None);
    let _ = lane.failed(Failure::Other, Some(Duration::from_secs(5)), QUICK, NOW + SECOND);
    assert_eq!(lane.next_opening(NOW + SECOND), Some(NOW + 6 * SECOND));
}

#[test]
fn changed_limits_keep_what_is_in_flight_and_what_was_learnt() {
    let mut lane = lane(4);
    lane.claimed(3, NOW);
    lane.set_limits(limits(8, 5), NOW);
    assert_eq!((lane.in_flight(), lane.capacity(NOW)), (3, 5));
    lane.set_limits(limits(8, 0), NOW);
    let _ = lane.failed(Failure::Overloaded, None, QUICK, NOW);
    lane.unclaimed(2);
    lane.set_limits(limits(16, 0), NOW);
    assert_eq!(window(&mut lane), 4, "an overload is not forgotten");
    lane.set_limits(limits(3, 0), NOW);
    assert_eq!(window(&mut lane), 3);
}

#[test]
fn a_rate_that_is_set_again_and_again_gives_no_second_burst() {
    let mut lane = Lane::new(limits(100, 10), Health::default(), NOW);
    lane.claimed(10, NOW);
    for per_second in [10, 20, 10, 50] {
        lane.set_limits(limits(100, per_second), NOW);
        assert_eq!(lane.capacity(NOW), 0);
    }
}

#[test]
fn attempts_of_over_two_seconds_on_average_make_it_slow() {
    let mut lane = lane(8);
    assert!(!lane.is_slow());
    let (two, fifteen) = (Duration::from_secs(2), Duration::from_secs(15));
    let _ = lane.succeeded(two, NOW);
    assert!(!lane.is_slow());
    let _ = lane.failed(Failure::Overloaded, None, fifteen, NOW);
    assert!(lane.is_slow());
    let quick = (1..100).find(|_| {
        let _ = lane.succeeded(QUICK, NOW);
        !lane.is_slow()
    });
    assert_eq!(quick, Some(5));
}

/// Steele and Vigna's `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `most`.
    fn up_to(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % (most as u64 + 1)).expect("a small number")
    }

    fn milliseconds(&mut self, most: usize) -> i64 {
        i64::try_from(self.up_to(most)).expect("a small number")
    }
}

/// What must hold of a lane after every step, whatever has happened.
fn check(lane: &Lane, cap: usize, now: i64, stored: Health, step: &str) {
    let health = lane.health();
    let mut lane = lane.clone();
    let (capacity, opening) = (lane.capacity(now), lane.next_opening(now));
    assert!(lane.in_flight() <= cap, "held above the cap, {step}");
    assert!(lane.in_flight() + capacity <= cap, "capacity above the cap, {step}");
    if now < health.paused_until || lane.is_probing() {
        assert_eq!(capacity, 0, "capacity in a pause or next to a probe, {step}");
    }
    if lane.is_open() {
        assert!(capacity <= 1, "more than a probe, {step}");
    }
    if lane.is_probing() {
        assert!(lane.is_open() && lane.in_flight() > 0, "a probe of nothing, {step}");
    }
    if let Some(opening) = opening {
        assert!(capacity == 0 && opening > now, "{step}");
        assert_eq!(lane.clone().capacity(opening - 1), 0, "opens earlier, {step}");
        assert!(lane.capacity(opening) > 0, "does not open, {step}");
    } else if capacity == 0 {
        assert_eq!(lane.capacity(now + 7_200_000), 0, "time alone would open it, {step}");
    }
    assert_eq!(stored.failing_since, health.failing_since, "not written, {step}");
    assert_eq!(stored.pause, health.pause, "not written, {step}");
    let unwritten = health.paused_until - stored.paused_until;
    assert!(unwritten <= SECOND, "a pause was not written, {step}");
}

#[test]
fn whatever_happens_the_limits_hold_and_what_matters_is_written() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let (cap, per_second) = (1 + random.up_to(11), 1 + random.up_to(30));
        let limits = limits(cap, u32::try_from(per_second).expect("small"));
        let mut lane = Lane::new(limits, Health::default(), NOW);
        let (mut now, mut stored, mut held, mut used) = (NOW, Health::default(), 0, 0);
        // From an endpoint that never fails to one that nearly always does.
        let sick = random.up_to(95);
        for step in 0..1_000 {
            let longest = [5, 500, 20_000][random.up_to(2)];
            now += random.milliseconds(longest);
            let change = match random.up_to(9) {
                0..4 => {
                    let count = random.up_to(lane.capacity(now));
                    lane.claimed(count, now);
                    (held, used) = (held + count, used + count);
                    Change::None
                }
                4 => {
                    let count = random.up_to(held.min(2));
                    lane.unclaimed(count);
                    (held, used) = (held - count, used - count);
                    Change::None
                }
                _ if held == 0 => Change::None,
                _ => {
                    held -= 1;
                    let took = Duration::from_millis(random.next() % 16_000);
                    let failure = [Failure::Overloaded, Failure::Gone, Failure::Other];
                    let ask = (random.up_to(9) == 0).then(|| Duration::from_millis(7 * step));
                    if random.up_to(99) < sick {
                        lane.failed(failure[random.up_to(2)], ask, took, now)
                    } else {
                        lane.succeeded(took, now)
                    }
                }
            };
            let step = format!("seed {seed}, step {step}");
            if change == Change::Health {
                assert_ne!(stored, lane.health(), "written for nothing, {step}");
                stored = lane.health();
            }
            assert_eq!(lane.in_flight(), held, "{step}");
            check(&lane, cap, now, stored, &step);
            let seconds = usize::try_from((now - NOW) / SECOND).expect("later") + 2;
            assert!(used <= seconds * per_second, "{used} in {seconds} s, {step}");
        }
        // Nothing is lost: when all is back, a second later, the lane is as full as its window.
        lane.unclaimed(held);
        lane.set_health(Health { failures: 1, ..Health::default() });
        let restored = lane.capacity(now + SECOND);
        assert_eq!(restored, lane.window.size.min(per_second), "seed {seed}");
    }
}
