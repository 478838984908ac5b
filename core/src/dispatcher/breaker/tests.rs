use super::*;

const NOW: i64 = 1_739_201_450_000;
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn closed() -> Breaker {
    Breaker::new(Health::default())
}

/// Opened by ten failures at `NOW`.
fn open() -> Breaker {
    let mut breaker = closed();
    let opened = (0..10).filter(|_| breaker.failed(None, 0, NOW) == Change::Health).count();
    assert!(breaker.is_open() && opened == 2, "the first failure and the opening are written");
    breaker
}

fn probe(breaker: &mut Breaker, now: i64) {
    assert_eq!(breaker.passage(now), Passage::OneProbe);
    breaker.claimed(now);
    assert!(breaker.is_probing());
    assert_eq!(breaker.passage(now), Passage::Nothing);
}

#[test]
fn nine_failures_in_a_row_leave_it_closed_and_the_tenth_opens_it() {
    let mut breaker = closed();
    for minute in 0..9 {
        let _ = breaker.failed(None, 0, NOW + minute * 10 * MINUTE);
    }
    assert!(!breaker.is_open());
    let opened = NOW + 9 * 10 * MINUTE;
    assert_eq!(breaker.failed(None, 0, opened), Change::Health);
    let expected = Health {
        failing_since: Some(NOW),
        failures: 10,
        paused_until: opened + 30 * SECOND,
        pause: 30 * SECOND,
    };
    assert_eq!(breaker.health(), expected);
}

#[test]
fn a_success_begins_the_row_anew() {
    let mut breaker = closed();
    for _ in 0..5 {
        for _ in 0..9 {
            let _ = breaker.failed(None, 0, NOW);
        }
        // Enough successes that the share of failures is below the limit.
        for _ in 0..9 {
            let _ = breaker.succeeded(NOW);
        }
    }
    assert!(!breaker.is_open());
}

#[test]
fn seven_of_ten_recent_failures_open_it_and_six_do_not() {
    let check = |results: &str, expected: bool| {
        let mut breaker = closed();
        for result in results.chars() {
            let _ = match result {
                'f' => breaker.failed(None, 0, NOW),
                _ => breaker.succeeded(NOW),
            };
        }
        assert_eq!(breaker.is_open(), expected, "{results}");
    };
    check("ffsffsffsf", true);
    check("ffsffsffss", false);
    check("ffsffsfsff", true);
    check("ffsffsfsfs", false);
    check("fffffffff", false);
    check("sffffffff", false);
    check("sfffffffff", true);
    // A success never opens it, even where the share is reached.
    check("fffffffffs", false);
    check("fffffffffsf", true);
}

#[test]
fn what_is_over_five_minutes_old_is_not_recent() {
    let run = |gap: i64| {
        let mut breaker = closed();
        for _ in 0..6 {
            let _ = breaker.failed(None, 0, NOW);
        }
        let _ = breaker.succeeded(NOW);
        for _ in 0..3 {
            let _ = breaker.failed(None, 0, NOW + gap);
        }
        breaker.is_open()
    };
    // However many looks there are in between.
    let mut breaker = closed();
    for time in [0, 0, 0, 0, 0, 0, 100, 200, 310, 310].map(|second| NOW + second * SECOND) {
        let _ = match time - NOW {
            100_000 => breaker.succeeded(time),
            _ => breaker.failed(None, 0, time),
        };
    }
    assert!(!breaker.is_open());
    assert!(run(0));
    assert!(run(4 * MINUTE + 50 * SECOND));
    assert!(!run(5 * MINUTE));
    assert!(!run(HOUR));
}

#[test]
fn recent_attempts_survive_a_clock_that_is_set_back_a_little_and_no_clock_makes_it_panic() {
    let mut breaker = closed();
    for _ in 0..6 {
        let _ = breaker.failed(None, 0, NOW);
    }
    let _ = breaker.succeeded(NOW - 30 * SECOND);
    for _ in 0..3 {
        let _ = breaker.failed(None, 0, NOW - 60 * SECOND);
    }
    assert!(breaker.is_open());
    let mut breaker = closed();
    for now in [i64::MAX, i64::MIN, 0, i64::MIN, i64::MAX] {
        let _ = breaker.failed(Some(Duration::MAX), 0, now);
        breaker.claimed(now);
        let _ = breaker.should_disable(now);
        let _ = breaker.succeeded(now);
    }
}

#[test]
fn there_is_one_probe_after_30_seconds_and_each_that_fails_doubles_the_wait_up_to_an_hour() {
    let mut breaker = open();
    let mut now = NOW;
    let mut waits = Vec::new();
    for _ in 0..10 {
        let until = breaker.health().paused_until;
        waits.push((until - now) / SECOND);
        assert_eq!(breaker.passage(until - 1), Passage::Nothing);
        now = until;
        probe(&mut breaker, now);
        assert_eq!(breaker.failed(None, 0, now), Change::Health);
    }
    assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]);
    assert_eq!(breaker.health().failures, 20);
}

#[test]
fn a_probe_that_succeeds_closes_it_and_old_failures_do_not_open_it_again() {
    let mut breaker = open();
    let now = NOW + 30 * SECOND;
    probe(&mut breaker, now);
    assert_eq!(breaker.succeeded(now), Change::Health);
    assert_eq!(breaker.health(), Health::default());
    assert_eq!(breaker.passage(now), Passage::Everything);
    for _ in 0..9 {
        let _ = breaker.failed(None, 0, now);
    }
    assert!(!breaker.is_open());
}

#[test]
fn late_failures_neither_lengthen_the_wait_nor_decide_the_probe() {
    let mut breaker = open();
    let opened = breaker.health();
    for _ in 0..5 {
        assert_eq!(breaker.failed(None, 3, NOW + SECOND), Change::None);
    }
    assert_eq!(breaker.health(), Health { failures: 15, ..opened });

    let now = NOW + 30 * SECOND;
    probe(&mut breaker, now);
    assert_eq!(breaker.failed(None, 2, now), Change::None);
    assert_eq!(breaker.failed(None, 1, now), Change::None);
    assert!(breaker.is_probing());
    assert_eq!(breaker.failed(None, 0, now), Change::Health);
    assert_eq!(breaker.health().pause, 60 * SECOND);
    assert!(!breaker.is_probing());
}

#[test]
fn a_late_success_closes_it_before_its_probe() {
    let mut breaker = open();
    assert_eq!(breaker.succeeded(NOW + SECOND), Change::Health);
    assert_eq!(breaker.passage(NOW + SECOND), Passage::Everything);
}

#[test]
fn a_probe_that_was_never_dialled_is_due_again() {
    let mut breaker = open();
    let now = NOW + 30 * SECOND;
    probe(&mut breaker, now);
    breaker.none_in_flight();
    probe(&mut breaker, now);
    // What was claimed before its time is no probe.
    let mut breaker = open();
    breaker.claimed(NOW + 29 * SECOND);
    assert!(!breaker.is_probing());
}

#[test]
fn what_the_endpoint_asks_for_pauses_it_and_no_success_and_no_shorter_wish_ends_that() {
    let mut breaker = closed();
    let minute = Some(Duration::from_mins(1));
    assert_eq!(breaker.failed(minute, 3, NOW), Change::Health);
    assert_eq!(breaker.passage(NOW + MINUTE - 1), Passage::Nothing);
    assert_eq!(breaker.passage(NOW + MINUTE), Passage::Everything);
    assert_eq!(breaker.failed(Some(Duration::from_secs(1)), 2, NOW), Change::None);
    assert_eq!(breaker.health().paused_until, NOW + MINUTE);
    assert_eq!(breaker.succeeded(NOW), Change::Health);
    let expected = Health { paused_until: NOW + MINUTE, ..Health::default() };
    assert_eq!(breaker.health(), expected);
    // Once it is over, the next failure and success leave nothing of it.
    let _ = breaker.failed(None, 0, NOW + HOUR);
    let _ = breaker.succeeded(NOW + HOUR);
    assert_eq!(breaker.health(), Health::default());
}

#[test]
fn the_longer_of_the_wait_for_the_probe_and_what_was_asked_for_counts() {
    let mut breaker = closed();
    for _ in 0..10 {
        let _ = breaker.failed(Some(Duration::from_mins(5)), 1, NOW);
    }
    assert!(breaker.is_open());
    assert_eq!(breaker.health().paused_until, NOW + 5 * MINUTE);
    // A late success closes the breaker, and the endpoint still has its five minutes.
    let mut closed = breaker.clone();
    let _ = closed.succeeded(NOW + SECOND);
    assert!(!closed.is_open());
    assert_eq!(closed.health().paused_until, NOW + 5 * MINUTE);

    let now = NOW + 5 * MINUTE;
    probe(&mut breaker, now);
    let _ = breaker.failed(Some(Duration::from_secs(1)), 0, now);
    assert_eq!(breaker.health().paused_until, now + MINUTE);
}

#[test]
fn an_opening_does_not_shorten_what_was_asked_for() {
    let mut breaker = closed();
    let _ = breaker.failed(Some(Duration::from_mins(5)), 9, NOW);
    for in_flight in (0..9).rev() {
        let _ = breaker.failed(None, in_flight, NOW);
    }
    assert!(breaker.is_open());
    assert_eq!(breaker.health().paused_until, NOW + 5 * MINUTE);
}

#[test]
fn a_pause_that_another_dispatcher_was_asked_for_is_kept_by_our_success() {
    let asked = Health { paused_until: NOW + MINUTE, ..Health::default() };
    let mut heard = closed();
    heard.set_health(asked);
    for mut breaker in [heard, Breaker::new(asked)] {
        assert_eq!(breaker.succeeded(NOW), Change::None);
        assert_eq!(breaker.health(), asked);
    }
    // But what a hand has ended since is not asked for any more.
    let mut breaker = closed();
    let _ = breaker.failed(Some(Duration::from_hours(1)), 1, NOW);
    breaker.set_health(open().health());
    let _ = breaker.succeeded(NOW);
    assert_eq!(breaker.health().paused_until, NOW + 30 * SECOND);
}

#[test]
fn a_burst_that_asks_for_pauses_of_nearly_the_same_end_is_written_once() {
    let mut breaker = closed();
    let ask = Some(Duration::from_mins(1));
    let writes =
        (0..8).filter(|late| breaker.failed(ask, 8, NOW + late * 100) == Change::Health).count();
    assert_eq!(writes, 1);
    assert_eq!(breaker.health().paused_until, NOW + MINUTE + 700);
    assert_eq!(breaker.failed(ask, 8, NOW + 1_001), Change::Health);
}

#[test]
fn only_the_first_failure_and_the_first_success_are_written() {
    let mut breaker = closed();
    assert_eq!(breaker.succeeded(NOW), Change::None);
    assert_eq!(breaker.failed(None, 0, NOW + 1), Change::Health);
    assert_eq!(breaker.health().failing_since, Some(NOW + 1));
    assert_eq!(breaker.failed(None, 0, NOW + 2), Change::None);
    assert_eq!(breaker.health().failing_since, Some(NOW + 1));
    assert_eq!(breaker.succeeded(NOW + 3), Change::Health);
    assert_eq!(breaker.succeeded(NOW + 4), Change::None);
}

#[test]
fn a_breaker_that_was_stored_open_is_open_until_its_probe() {
    let until = NOW + MINUTE;
    let stored = Health {
        failing_since: Some(NOW - DAY),
        failures: 25,
        paused_until: until,
        pause: 8 * MINUTE,
    };
    let mut breaker = Breaker::new(stored);
    assert_eq!(breaker.passage(until - 1), Passage::Nothing);
    probe(&mut breaker, until);
    assert_eq!(breaker.failed(None, 0, until), Change::Health);
    let expected =
        Health { failures: 26, paused_until: until + 16 * MINUTE, pause: 16 * MINUTE, ..stored };
    assert_eq!(breaker.health(), expected);
    // What the store has may be wrong by hand.
    for (pause, expected) in [(i64::MAX, HOUR), (1, 30 * SECOND)] {
        let mut breaker = Breaker::new(Health { pause, ..stored });
        probe(&mut breaker, until);
        let _ = breaker.failed(None, 0, until);
        assert_eq!(breaker.health().pause, expected);
    }
}

#[test]
fn another_dispatcher_opens_and_closes_it() {
    let mut breaker = closed();
    let theirs = open().health();
    breaker.set_health(theirs);
    assert_eq!(breaker.health(), theirs);
    assert_eq!(breaker.passage(NOW + SECOND), Passage::Nothing);
    breaker.set_health(Health::default());
    assert_eq!(breaker.passage(NOW + SECOND), Passage::Everything);
    assert_eq!(breaker.succeeded(NOW + SECOND), Change::None);
}

#[test]
fn a_hand_ends_every_pause() {
    let mut breaker = closed();
    for _ in 0..10 {
        let _ = breaker.failed(Some(Duration::from_hours(1)), 1, NOW);
    }
    breaker.set_health(Health::default());
    assert_eq!(breaker.health(), Health::default());
    assert_eq!(breaker.passage(NOW), Passage::Everything);
    // And the failures before it do not count.
    let _ = breaker.failed(None, 0, NOW);
    assert!(!breaker.is_open());
}

#[test]
fn reading_back_what_was_written_does_not_lose_the_failures_since() {
    let mut breaker = closed();
    let mut stored = Health::default();
    // So far apart that they are never many recent ones.
    for time in (NOW..).step_by(600_000).take(10) {
        if breaker.failed(None, 0, time) == Change::Health {
            stored = breaker.health();
        }
        breaker.set_health(stored);
    }
    assert!(breaker.is_open());
}

#[test]
fn one_that_has_not_heard_of_the_opening_does_not_undo_it() {
    let mut breaker = open();
    let ours = breaker.health();
    let unaware = Health { failing_since: Some(NOW + 5), failures: 1, ..Health::default() };
    breaker.set_health(unaware);
    let expected = Health { pause: ours.pause, paused_until: ours.paused_until, ..unaware };
    assert_eq!(breaker.health(), expected);
    // The store lacks the opening, so the next result has it written again.
    assert_eq!(breaker.failed(None, 1, NOW + SECOND), Change::Health);
}

#[test]
fn two_probes_of_two_dispatchers_that_fail_double_the_wait_once() {
    let mut ours = open();
    let mut theirs = ours.clone();
    let now = NOW + 30 * SECOND;
    probe(&mut ours, now);
    probe(&mut theirs, now);
    assert_eq!(theirs.failed(None, 0, now), Change::Health);
    ours.set_health(theirs.health());
    assert_eq!(ours.failed(None, 0, now + 1), Change::None);
    assert_eq!(ours.health().pause, MINUTE);
    // What does not lengthen the pause leaves our probe our probe.
    let now = now + MINUTE;
    probe(&mut ours, now);
    ours.set_health(Health { failures: 40, ..ours.health() });
    assert!(ours.is_probing());
    // And their success makes it needless.
    ours.set_health(Health::default());
    assert!(!ours.is_probing());
    assert_eq!(ours.passage(now), Passage::Everything);
}

#[test]
fn five_days_from_the_first_to_the_last_failure_disable() {
    let mut breaker = closed();
    let _ = breaker.failed(None, 0, NOW);
    // One failure, and then nothing to send.
    assert!(!breaker.should_disable(NOW + 6 * DAY));
    let _ = breaker.failed(None, 0, NOW + 5 * DAY - 1);
    assert!(!breaker.should_disable(NOW + 6 * DAY));
    let _ = breaker.failed(None, 0, NOW + 5 * DAY);
    assert!(breaker.should_disable(NOW + 5 * DAY));
    let _ = breaker.succeeded(NOW + 5 * DAY);
    assert!(!breaker.should_disable(NOW + 5 * DAY));
}

#[test]
fn five_days_are_counted_over_restarts_and_from_the_time_that_it_was_enabled() {
    let stored = Health { failing_since: Some(NOW), failures: 40, ..Health::default() };
    let mut breaker = Breaker::new(stored);
    assert!(!breaker.should_disable(NOW + 6 * DAY));
    let _ = breaker.failed(None, 0, NOW + 6 * DAY);
    assert!(breaker.should_disable(NOW + 6 * DAY));
    assert!(!breaker.should_disable(NOW + DAY), "after the clock was set right");
    breaker.set_health(Health::default());
    let _ = breaker.failed(None, 0, NOW + 6 * DAY);
    assert!(!breaker.should_disable(NOW + 6 * DAY));
}

#[test]
fn a_pause_that_a_wrong_clock_has_written_is_none() {
    let year = 365 * 24 * 3_600_000;
    let paused =
        |until| Health { failing_since: Some(NOW), failures: 1, paused_until: until, pause: 0 };
    assert_eq!(Breaker::new(paused(NOW + year)).passage(NOW), Passage::Everything);
    // The longest that an endpoint may ask for.
    let day = 24 * 3_600_000;
    assert_eq!(Breaker::new(paused(NOW + day)).passage(NOW), Passage::Nothing);
}
