//! What is kept, and what is deleted.

use std::time::Duration;

use hookwright::{Clock, DeliveryState, Query, RetrySchedule, WebhookObject};

use super::fixture::{Fixture, Running, person, schedule, settings, until};
use super::receiver::{Receiver, status};
use super::store::TestStore;

const HOUR: Duration = Duration::from_hours(1);

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
    let day = Duration::from_hours(24);
    let keeping = |days: u32| fixture.dispatcher().clock(clock.clone()).keep_events(day * days);
    let running = Running::start(keeping(2)).await;
    let ids = fixture.emit_people(0..2_300).await;
    fixture.fanned_out().await;
    running.end().await;
    assert_eq!(ids.len(), 2_300);
    clock.advance(day);
    let running = Running::start(keeping(2)).await;
    fixture.emit(&person("new").created()).await;
    fixture.fanned_out().await;
    running.end().await;
    assert_eq!(fixture.count("hookwright_event").await, 2_301);
    clock.advance(day + HOUR);
    let _running = Running::start(keeping(2)).await;
    // Also more than are looked at in one step; of the real clock all are of today.
    until("none is left", || async { fixture.count("hookwright_event").await == 0 }).await;
}
