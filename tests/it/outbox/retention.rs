//! What is kept, and what is deleted.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use hookwright::{Clock, DeliveryState, EventId, Query, ReplayState, RetrySchedule, WebhookObject};

use super::fixture::{Fixture, Running, company, person, schedule, settings, until};
use super::receiver::{Receiver, status};
use super::store::TestStore;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

pub(super) async fn what_is_over_is_deleted_and_the_rest_is_kept<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver =
        Receiver::answering(|arrival| status(if arrival.path == "/fine" { 200 } else { 500 }))
            .await;
    let of = |path: &str, name: &str| {
        settings(&receiver, path).wants(format!("person.{name}").parse().expect("a pattern"))
    };
    let fine = fixture.endpoint_of(of("/fine", "created")).await;
    let pending = of("/pending", "updated").schedule(RetrySchedule::new([HOUR * 1000; 5]));
    fixture.endpoint_of(pending).await;
    fixture.endpoint_of(of("/dead", "deleted").schedule(schedule(1, 0))).await;
    let held = fixture.endpoint_of(of("/held", "updated")).await;
    fixture.outbox.endpoints().disable(&held).await.expect("it is there");
    let running = fixture.start().await;
    let delivered = fixture.emit(&person(1).created()).await;
    let waiting = fixture.emit(&person(1).updated()).await;
    let dead = fixture.emit(&person(1).deleted()).await;
    let logged = "SELECT count(*) FROM hookwright_attempt";
    until("three attempts", || async { fixture.number(logged).await == Some(3) }).await;
    running.end().await;
    let clock = Clock::default();
    clock.advance(HOUR);

    // Attempts are kept, and so is the event that they are of, and of which they are the memory.
    let keeping = fixture.dispatcher().clock(clock.clone()).keep_events(Duration::ZERO);
    let running = Running::start(keeping).await;
    until("a sweep", || async { fixture.outbox.history().body(&delivered).await.is_err() }).await;
    running.end().await;
    assert_eq!(fixture.number(logged).await, Some(3));
    for kept in [&waiting, &dead] {
        fixture.outbox.history().body(kept).await.expect("it has a delivery");
    }
    assert_eq!(fixture.count("hookwright_delivery").await, 3);
    let of_fine = Query::new().endpoint(&fine);
    let page = fixture.outbox.history().attempts(&of_fine).await.expect("a page");
    assert_eq!(page.items().len(), 1);

    // Then the attempts and what is dead go too, and at last its event.
    let keeping = fixture
        .dispatcher()
        .clock(clock.clone())
        .keep_events(Duration::ZERO)
        .keep_attempts(Duration::ZERO);
    let running = Running::start(keeping).await;
    until("a sweep", || async { fixture.outbox.history().body(&dead).await.is_err() }).await;
    running.end().await;
    assert_eq!(fixture.number(logged).await, Some(0));
    let page = fixture.outbox.history().deliveries(&Query::new()).await.expect("a page");
    let mut states: Vec<_> = page
        .items()
        .iter()
        .map(|delivery| (delivery.event_id().clone(), delivery.state() == DeliveryState::Held))
        .collect();
    states.sort();
    assert_eq!(states, [(waiting.clone(), false), (waiting.clone(), true)]);
    fixture.outbox.history().body(&waiting).await.expect("it is to be delivered");

    // What is held is delivered, however old.
    let running = Running::start(fixture.dispatcher()).await;
    fixture.outbox.endpoints().enable(&held).await.expect("it is there");
    receiver.wait_for_at("/held", 1).await;
    running.end().await;
}

pub(super) async fn events_that_nobody_wanted_are_kept_as_long<S: TestStore>(fixture: Fixture<S>) {
    let clock = Clock::default();
    let keeping = |days: u32| fixture.dispatcher().clock(clock.clone()).keep_events(DAY * days);
    let running = Running::start(keeping(2)).await;
    let ids = fixture.emit_people(0..2_300).await;
    fixture.fanned_out().await;
    running.end().await;
    assert_eq!(ids.len(), 2_300);
    clock.advance(DAY);
    let running = Running::start(keeping(2)).await;
    fixture.emit(&person("new").created()).await;
    fixture.fanned_out().await;
    running.end().await;
    assert_eq!(fixture.count("hookwright_event").await, 2_301);
    clock.advance(DAY + HOUR);
    let _running = Running::start(keeping(2)).await;
    // Also more than are looked at in one step; of the real clock all are of today.
    until("none is left", || async { fixture.count("hookwright_event").await == 0 }).await;
}

/// Has a dispatcher with the default settings look at everything once, when so much more time has
/// passed.
async fn sweep_after<S: TestStore>(fixture: &Fixture<S>, clock: &Clock, time: Duration) {
    // Nobody wants it, and it is as old as can be: it goes with the rest that is looked at.
    let running = fixture.start().await;
    let canary = fixture.emit(&company("canary").deleted()).await;
    fixture.fanned_out().await;
    running.end().await;
    let age = format!("UPDATE hookwright_event SET emitted_at = 0 WHERE event_id = '{canary}'");
    assert_eq!(fixture.execute(&age).await, 1);
    clock.advance(time);
    let running = Running::start(fixture.dispatcher().clock(clock.clone())).await;
    until("a sweep", || async { !is_kept(fixture, &canary).await }).await;
    running.end().await;
}

async fn is_kept<S: TestStore>(fixture: &Fixture<S>, event: &EventId) -> bool {
    fixture.outbox.history().body(event).await.is_ok()
}

pub(super) async fn events_are_kept_for_a_week_and_attempts_and_dead_letters_for_a_month<
    S: TestStore,
>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::answering(|arrival| {
        let is_taken = match arrival.path.as_str() {
            "/fine" => true,
            "/late" => arrival.attempt() > 1,
            _ => false,
        };
        status(if is_taken { 200 } else { 500 })
    })
    .await;
    let of =
        |path: &str, name: &str| settings(&receiver, path).wants(name.parse().expect("a pattern"));
    let years = RetrySchedule::new([DAY * 1000]);
    fixture.endpoint_of(of("/fine", "person.created")).await;
    // Give or take a fifth.
    let late = of("/late", "company.created").schedule(RetrySchedule::new([DAY * 5]));
    fixture.endpoint_of(late).await;
    fixture.endpoint_of(of("/pending", "person.updated").schedule(years)).await;
    fixture.endpoint_of(of("/dead", "person.deleted").schedule(schedule(1, 0))).await;
    let held = fixture.endpoint_of(of("/held", "person.updated")).await;
    fixture.outbox.endpoints().disable(&held).await.expect("it is there");

    let clock = Clock::default();
    let running = Running::start(fixture.dispatcher().clock(clock.clone())).await;
    let fine = fixture.emit(&person(1).created()).await;
    let late = fixture.emit(&company(1).created()).await;
    let waiting = fixture.emit(&person(1).updated()).await;
    let dead = fixture.emit(&person(1).deleted()).await;
    let logged = "SELECT count(*) FROM hookwright_attempt";
    until("four attempts", || async { fixture.number(logged).await == Some(4) }).await;
    running.end().await;

    let check = async |day: &str, kept: [bool; 4], attempts: i64, deliveries: i64| {
        for (event, kept) in [&fine, &late, &waiting, &dead].into_iter().zip(kept) {
            assert_eq!(is_kept(&fixture, event).await, kept, "{day}: {event}");
        }
        assert_eq!(fixture.number(logged).await, Some(attempts), "{day}");
        assert_eq!(fixture.count("hookwright_delivery").await, deliveries, "{day}");
    };
    // The second attempt of the one that is late is made on this day.
    sweep_after(&fixture, &clock, DAY * 6 + HOUR).await;
    check("the 6th day", [true; 4], 5, 3).await;
    sweep_after(&fixture, &clock, DAY).await;
    check("the 7th day", [false, true, true, true], 5, 3).await;
    sweep_after(&fixture, &clock, DAY * 5).await;
    check("the 12th day", [false, true, true, true], 5, 3).await;
    sweep_after(&fixture, &clock, DAY + HOUR).await;
    check("the 13th day", [false, false, true, true], 5, 3).await;
    sweep_after(&fixture, &clock, DAY * 16).await;
    check("the 29th day", [false, false, true, true], 5, 3).await;
    sweep_after(&fixture, &clock, DAY).await;
    check("the 30th day", [false, false, true, false], 1, 2).await;
    // What is pending, and what is held, is kept for ever.
    sweep_after(&fixture, &clock, DAY * 700).await;
    check("after years", [false, false, true, false], 0, 2).await;
}

pub(super) async fn replays_that_have_ended_and_deleted_endpoints_go_after_a_month<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    let of = |path| settings(&receiver, path).wants("person.*".parse().expect("a pattern"));
    let stays = fixture.endpoint_of(of("/stays")).await;
    let goes = fixture.endpoint_of(of("/goes")).await;
    let clock = Clock::default();
    let running = Running::start(fixture.dispatcher().clock(clock.clone())).await;
    fixture.emit(&person(1).created()).await;
    fixture.settled().await;
    let deliveries = fixture.outbox.deliveries();
    let now = Utc::now();
    let range = |hours| now - TimeDelta::hours(hours)..now;
    let done = deliveries.replay(&stays, range(1)).await.expect("a replay");
    let of_deleted = deliveries.replay(&goes, range(1)).await.expect("a replay");
    for replay in [done, of_deleted] {
        until("its end", || async {
            deliveries.progress(replay).await.expect("it is there").state() == ReplayState::Done
        })
        .await;
    }
    fixture.settled().await;
    running.end().await;
    let cancelled = deliveries.replay(&stays, range(2)).await.expect("a replay");
    deliveries.cancel(cancelled).await.expect("it runs");
    let runs = deliveries.replay(&stays, range(3)).await.expect("a replay");
    fixture
        .execute("UPDATE hookwright_replay SET next_at = 9000000000000000 WHERE state = 0")
        .await;
    fixture.outbox.endpoints().delete(&goes).await.expect("it is there");

    // Until then the history tells of them.
    sweep_after(&fixture, &clock, DAY * 29).await;
    for replay in [done, cancelled, runs, of_deleted] {
        deliveries.progress(replay).await.expect("it is kept");
    }
    assert_eq!(fixture.count("hookwright_endpoint").await, 2);
    let of_goes = Query::new().endpoint(&goes);
    let page = fixture.outbox.history().attempts(&of_goes).await.expect("a page");
    assert_eq!(page.items().len(), 2);

    sweep_after(&fixture, &clock, DAY + HOUR).await;
    deliveries.progress(runs).await.expect("it runs");
    for replay in [done, cancelled, of_deleted] {
        let error = deliveries.progress(replay).await.expect_err("it has gone");
        assert!(error.is_not_found(), "{error:?}");
    }
    assert_eq!(fixture.count("hookwright_endpoint").await, 1);
    let page = fixture.outbox.history().attempts(&of_goes).await.expect("a page");
    assert!(page.items().is_empty());
    fixture.outbox.endpoints().get(&stays).await.expect("it is not deleted");
}

pub(super) async fn attempts_of_a_time_to_come_hold_back_none_behind_them<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/").await;
    let running = fixture.start().await;
    fixture.emit_people(0..1_200).await;
    fixture.settled().await;
    // As a clock that was a year ahead leaves them, and one that has been set right.
    let ahead = "UPDATE hookwright_attempt SET at = at + 31536000000 WHERE id <= 1100";
    assert_eq!(fixture.execute(ahead).await, 1_100);
    fixture.emit_people(0..1_000).await;
    fixture.settled().await;
    running.end().await;
    assert_eq!(fixture.count("hookwright_attempt").await, 2_200);
    let clock = Clock::default();
    clock.advance(DAY * 31);
    let _running = Running::start(fixture.dispatcher().clock(clock)).await;
    until("only those of a time to come", || async {
        fixture.count("hookwright_attempt").await == 1_100
    })
    .await;
}
