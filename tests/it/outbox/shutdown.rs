//! How a dispatcher begins and ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hookwright::{AttemptOutcome, DeliveryState, Query, WebhookObject};
use tokio::sync::Semaphore;

use super::attempts::attempts_of;
use super::fixture::{Fixture, Running, person, settings, until};
use super::receiver::Receiver;
use super::store::TestStore;

pub(super) async fn what_is_under_way_is_recorded_and_nothing_new_is_begun<S: TestStore>(
    fixture: Fixture<S>,
) {
    let gate = Arc::new(Semaphore::new(0));
    let receiver = Receiver::behind(&gate).await;
    fixture.endpoint_of(settings(&receiver, "/").concurrency(3)).await;
    let mut running = fixture.start().await;
    fixture.emit_people(0..10).await;
    receiver.wait_for(3).await;
    fixture.fanned_out().await;
    running.tell_to_end();
    until("it ends", || async { !running.health.is_ready() }).await;
    fixture.emit_people(10..12).await;
    gate.add_permits(100);
    running.end().await;

    assert_eq!(receiver.arrivals().len(), 3);
    let attempts = attempts_of(&fixture, &Query::new()).await;
    assert_eq!(attempts.len(), 3);
    assert!(attempts.iter().all(|attempt| attempt.outcome() == AttemptOutcome::Delivered));
    assert_eq!(fixture.count("hookwright_delivery").await, 7);
    assert_eq!(fixture.outbox.history().undispatched().await.expect("a count"), 2);
    let leased = "SELECT count(*) FROM hookwright_delivery WHERE lease_until <> 0 OR attempt <> 0";
    assert_eq!(fixture.number(leased).await, Some(0));

    let _running = fixture.start().await;
    fixture.settled().await;
    assert_eq!(receiver.arrivals().len(), 12);
}

pub(super) async fn a_hanging_request_is_broken_off_and_its_lease_released<S: TestStore>(
    fixture: Fixture<S>,
) {
    let gate = Arc::new(Semaphore::new(0));
    let receiver = Receiver::behind(&gate).await;
    fixture.endpoint(&receiver, "/").await;
    let drain = Duration::from_millis(700);
    let running = Running::start(fixture.dispatcher().drain(drain)).await;
    let id = fixture.emit(&person(1).created()).await;
    receiver.wait_for(1).await;
    let start = Instant::now();
    running.end().await;
    assert!(start.elapsed() >= drain);

    assert_eq!(fixture.number("SELECT lease_until FROM hookwright_delivery").await, Some(0));
    let attempts = attempts_of(&fixture, &Query::new()).await;
    let [attempt] = &attempts[..] else { panic!("{attempts:?}") };
    assert_eq!((attempt.outcome(), attempt.error()), (AttemptOutcome::Failed, Some("broken off")));
    assert_eq!(fixture.delivery().await.state(), DeliveryState::Pending);

    gate.add_permits(10);
    let _running = fixture.start().await;
    let arrivals = receiver.wait_for(2).await;
    fixture.settled().await;
    assert_eq!((arrivals[1].id(), arrivals[1].attempt()), (id.to_string(), 2));
}

pub(super) async fn health_tells_whether_it_delivers<S: TestStore>(fixture: Fixture<S>) {
    let dispatcher = fixture.dispatcher();
    let health = dispatcher.health();
    assert!(health.is_live() && !health.is_ready());
    let running = Running::start(dispatcher).await;
    assert!(health.is_live() && health.is_ready());
    running.end().await;
    assert!(!health.is_ready());

    // One that is told to end before it begins, ends.
    let ended = fixture.dispatcher().run(std::future::ready(())).await;
    ended.expect("a regular end");
}
