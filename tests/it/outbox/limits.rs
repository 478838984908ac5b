//! How much an endpoint gets: rates, slots, and what becomes of one that fails.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use hookwright::{
    Clock, DeliveryState, DisabledReason, EndpointState, Notice, Query, RetrySchedule,
    WebhookObject,
};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::attempts::Notices;
use super::fixture::{Fixture, Person, Running, person, schedule, settings, until};
use super::receiver::{Arrival, Receiver, status, status_with};
use super::store::TestStore;
use crate::server::{Connection, Server};

pub(super) async fn an_endpoint_with_a_rate_gets_no_more<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    let rate = 10;
    let limited = settings(&receiver, "/limited").per_second(rate.try_into().expect("not zero"));
    fixture.endpoint_of(limited).await;
    fixture.endpoint(&receiver, "/other").await;
    let _running = fixture.start().await;
    let start = Utc::now();
    fixture.emit_people(0..40).await;
    receiver.wait_for_at("/other", 40).await;
    let arrivals = receiver.wait_for_at("/limited", 40).await;
    fixture.settled().await;

    // A second's worth at once, and the rest as time passes. What arrives later was sent later, so
    // that a machine that is slow does not matter.
    let soon = start + TimeDelta::seconds(2);
    let count = arrivals.iter().filter(|arrival| arrival.at < soon).count();
    assert!(count <= 30, "{count}");
    let last = arrivals.iter().map(|arrival| arrival.at).max().expect("there are 40");
    assert!(last - start >= TimeDelta::milliseconds(2_900), "{}", last - start);
}

pub(super) async fn no_more_requests_are_under_way_than_are_allowed<S: TestStore>(
    fixture: Fixture<S>,
) {
    // Of one endpoint.
    let gate = Arc::new(Semaphore::new(0));
    let one = Receiver::behind(&gate).await;
    let endpoint = fixture.endpoint_of(settings(&one, "/").concurrency(3)).await;
    let running = fixture.start().await;
    for round in 0..5 {
        fixture.emit_people(round * 10..round * 10 + 10).await;
        fixture.fanned_out().await;
    }
    one.wait_for(3).await;
    gate.add_permits(1_000);
    fixture.settled().await;
    assert_eq!(one.arrivals().len(), 50);
    assert_eq!(one.most_under_way(), 3);
    running.end().await;
    fixture.outbox.endpoints().delete(&endpoint).await.expect("it is there");

    // In all.
    let gate = Arc::new(Semaphore::new(0));
    let all = Receiver::behind(&gate).await;
    for endpoint in 0..4 {
        fixture.endpoint(&all, &format!("/{endpoint}")).await;
    }
    let _running = Running::start(fixture.dispatcher().in_flight(10)).await;
    for round in 0..5 {
        fixture.emit_people(round * 10..round * 10 + 10).await;
        fixture.fanned_out().await;
    }
    all.wait_for(10).await;
    gate.add_permits(1_000);
    fixture.settled().await;
    assert_eq!(all.arrivals().len(), 200);
    assert_eq!(all.most_under_way(), 10);
    assert_eq!(one.arrivals().len(), 50);
}

pub(super) async fn a_connection_that_breaks_frees_its_slot<S: TestStore>(fixture: Fixture<S>) {
    // Every other request is broken off before an answer.
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let server = Server::playing(move |mut connection: Connection<TcpStream>| {
        let count = count.clone();
        async move {
            while connection.read_request().await? {
                if count.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
                    return Ok(());
                }
                connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await?;
            }
            Ok(())
        }
    })
    .await;
    let broken = hookwright::EndpointSettings::new(&server.url("/")).expect("an endpoint");
    fixture.endpoint_of(broken.concurrency(2).schedule(schedule(30, 20))).await;
    let _running = Running::start(fixture.dispatcher().in_flight(2)).await;
    fixture.emit_people(0..20).await;
    fixture.settled().await;
    let delivered = "SELECT count(DISTINCT event) FROM hookwright_attempt WHERE outcome = 0";
    assert_eq!(fixture.number(delivered).await, Some(20));
}

pub(super) async fn an_endpoint_that_fails_is_left_alone_and_then_probed<S: TestStore>(
    fixture: Fixture<S>,
) {
    let works = Arc::new(AtomicBool::new(false));
    let told = works.clone();
    let receiver = Receiver::answering(move |arrival| {
        let is_fine = arrival.path == "/other" || told.load(Ordering::SeqCst);
        status(if is_fine { 200 } else { 500 })
    })
    .await;
    let failing = settings(&receiver, "/failing").schedule(schedule(30, 50));
    fixture.endpoint_of(failing).await;
    fixture.endpoint(&receiver, "/other").await;
    let clock = Clock::default();
    let _running = Running::start(fixture.dispatcher().clock(clock.clone())).await;
    let ids = fixture.emit_people(0..100).await;
    receiver.wait_for_at("/other", 100).await;
    let paused = "SELECT count(*) FROM hookwright_endpoint WHERE pause > 0";
    until("the breaker is open", || async { fixture.number(paused).await == Some(1) }).await;
    let under_way = "SELECT count(*) FROM hookwright_delivery WHERE lease_until > 0";
    until("nothing under way", || async { fixture.number(under_way).await == Some(0) }).await;
    let before = receiver.arrivals_at("/failing").len();
    assert!((10..=20).contains(&before), "{before}");

    // One probe, which fails, and then nothing for a minute.
    clock.advance(Duration::from_secs(31));
    fixture.outbox.wake();
    receiver.wait_for_at("/failing", before + 1).await;
    let doubled = "SELECT count(*) FROM hookwright_endpoint WHERE pause = 60000";
    until("a longer pause", || async { fixture.number(doubled).await == Some(1) }).await;
    clock.advance(Duration::from_secs(31));
    fixture.emit_people(100..101).await;
    receiver.wait_for_at("/other", 101).await;
    fixture.fanned_out().await;
    assert_eq!(receiver.arrivals_at("/failing").len(), before + 1);

    // One that succeeds, and then everything.
    works.store(true, Ordering::SeqCst);
    clock.advance(Duration::from_secs(31));
    fixture.settled().await;
    let delivered = Query::new().state(DeliveryState::Delivered).limit(500);
    let page = fixture.outbox.history().deliveries(&delivered).await.expect("a page");
    assert_eq!(page.items().len(), 202);
    let arrived: HashSet<String> =
        receiver.arrivals_at("/failing").iter().map(Arrival::id).collect();
    assert_eq!(arrived.len(), 101);
    assert!(ids.iter().all(|id| arrived.contains(id)));
    assert_eq!(fixture.number(paused).await, Some(0));
}

pub(super) async fn a_probe_that_takes_long_and_fails_makes_the_pause_longer<S: TestStore>(
    fixture: Fixture<S>,
) {
    let gate = Arc::new(Semaphore::new(0));
    let held = gate.clone();
    let receiver = Receiver::playing(move |arrival| {
        let held = held.clone();
        async move {
            if arrival.object_id() == "probe" {
                held.acquire().await.expect("it is never closed").forget();
            }
            status_with(503, "retry-after", "1")
        }
    })
    .await;
    let hourly = settings(&receiver, "/").schedule(schedule(30, 3_600_000));
    fixture.endpoint_of(hourly).await;
    let clock = Clock::default();
    let _running = Running::start(fixture.dispatcher().clock(clock.clone())).await;
    for round in 0..2 {
        fixture.emit_people(round * 8..round * 8 + 8).await;
        receiver.wait_for(round * 8 + 8).await;
        let failed = "SELECT count(*) FROM hookwright_attempt";
        let count = i64::try_from(round * 8 + 8).expect("few");
        until("all have failed", || async { fixture.number(failed).await == Some(count) }).await;
        // The endpoint asks for a second after each.
        clock.advance(Duration::from_secs(2));
    }
    for pause in [30_000, 60_000, 120_000] {
        let open = format!("SELECT count(*) FROM hookwright_endpoint WHERE pause = {pause}");
        until("the breaker is open", || async { fixture.number(&open).await == Some(1) }).await;
        if pause == 30_000 {
            fixture.emit(&person("probe").created()).await;
            fixture.fanned_out().await;
        }
        let arrived = receiver.arrivals().len();
        clock.advance(Duration::from_millis(pause + 1_000));
        receiver.wait_for(arrived + 1).await;
        // Every endpoint is looked at while the probe is under way.
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        gate.add_permits(1);
        fixture.execute("UPDATE hookwright_delivery SET due = 1 WHERE lease_until = 0").await;
    }
}

const DAY: Duration = Duration::from_hours(24);

pub(super) async fn an_endpoint_that_fails_for_five_days_is_disabled<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver =
        Receiver::answering(|arrival| status(if arrival.path == "/failing" { 500 } else { 200 }))
            .await;
    // A few attempts a day: too few to open the breaker.
    let daily = settings(&receiver, "/failing").schedule(RetrySchedule::new([DAY; 9]));
    let failing = fixture.endpoint_of(daily).await;
    fixture.endpoint(&receiver, "/other").await;
    let (clock, notices) = (Clock::default(), Notices::default());
    let dispatcher = fixture.dispatcher().clock(clock.clone()).on_notice(notices.keep());
    let _running = Running::start(dispatcher).await;
    fixture.emit(&person(1).created()).await;
    let endpoints = fixture.outbox.endpoints();
    let attempts = |count| {
        let fixture = &fixture;
        async move {
            let failed = "SELECT count(*) FROM hookwright_attempt WHERE outcome = 1";
            until("a failure", || async { fixture.number(failed).await == Some(count) }).await;
        }
    };
    attempts(1).await;
    // The jitter is a fifth at most, so that it is tried again each time.
    for day in 1..=4 {
        clock.advance(DAY + DAY / 5);
        attempts(day + 1).await;
        assert_eq!(
            endpoints.get(&failing).await.expect("it is there").state(),
            EndpointState::Active
        );
        assert!(endpoints.get(&failing).await.expect("it is there").failing_since().is_some());
    }
    clock.advance(DAY + DAY / 5);
    attempts(6).await;
    until("it is disabled", || async {
        let state = endpoints.get(&failing).await.expect("it is there").state();
        matches!(state, EndpointState::Disabled { reason: DisabledReason::Failing, .. })
    })
    .await;
    let told = notices.all();
    let disabled: Vec<_> = told
        .iter()
        .filter(|notice| matches!(notice, Notice::EndpointDisabled { endpoint, reason: DisabledReason::Failing, .. } if *endpoint == failing))
        .collect();
    assert_eq!(disabled.len(), 1, "{told:?}");
    let held = Query::new().state(DeliveryState::Held);
    let page = fixture.outbox.history().deliveries(&held).await.expect("a page");
    assert_eq!(page.items().len(), 1);
    let active = endpoints.list().await.expect("a list");
    assert_eq!(active.iter().filter(|other| other.state() == EndpointState::Active).count(), 1);
}

pub(super) async fn when_most_endpoints_fail_at_once_none_is_disabled<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver =
        Receiver::answering(|arrival| status(if arrival.path == "/fine" { 200 } else { 500 }))
            .await;
    for endpoint in 0..12 {
        let hourly = RetrySchedule::new(vec![Duration::from_hours(1); 300]);
        let failing = settings(&receiver, &format!("/{endpoint}")).schedule(hourly);
        fixture.endpoint_of(failing).await;
    }
    fixture.endpoint(&receiver, "/fine").await;
    let (clock, notices) = (Clock::default(), Notices::default());
    let dispatcher = fixture.dispatcher().clock(clock.clone()).on_notice(notices.keep());
    let _running = Running::start(dispatcher).await;
    fixture.emit(&person(1).created()).await;
    let told = notices.wait_for(1).await;
    let [Notice::MassFailure { active, .. }] = told[..] else { panic!("{told:?}") };
    assert_eq!(active, 13);

    // After six days of it, still none is disabled, and nothing more is told of it.
    let failed = "SELECT count(*) FROM hookwright_attempt WHERE outcome = 1";
    // One that fails while the clock is moved is not due again in that round.
    until("all twelve failed", || async { fixture.number(failed).await == Some(12) }).await;
    for round in 2..=4 {
        clock.advance(DAY * 2);
        until("twelve failures", || async { fixture.number(failed).await == Some(round * 12) })
            .await;
    }
    let listed = fixture.outbox.endpoints().list().await.expect("a list");
    assert!(listed.iter().all(|endpoint| endpoint.state() == EndpointState::Active));
    let is_mass = |notice: &&Notice| matches!(notice, Notice::MassFailure { .. });
    assert_eq!(notices.all().iter().filter(is_mass).count(), 1);
}

pub(super) async fn endpoints_that_failed_before_a_restart_are_no_mass_failure<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::with_status(500).await;
    for endpoint in 0..12 {
        let hourly = RetrySchedule::new(vec![Duration::from_hours(1); 30]);
        let failing = settings(&receiver, &format!("/{endpoint}")).schedule(hourly);
        fixture.endpoint_of(failing).await;
    }
    let running = fixture.start().await;
    fixture.emit(&person(1).created()).await;
    let failed = "SELECT count(*) FROM hookwright_attempt WHERE outcome = 1";
    until("twelve failures", || async { fixture.number(failed).await == Some(12) }).await;
    running.end().await;
    // They began one after the other, hours ago, and are to be probed.
    let hours_ago = Utc::now().timestamp_millis() - 10 * 3_600_000;
    fixture
        .execute(&format!(
            "UPDATE hookwright_endpoint SET failing_since = {hours_ago} + id * 120000, \
             failures = 10, pause = 30000, paused_until = 1"
        ))
        .await;
    let (clock, notices) = (Clock::default(), Notices::default());
    clock.advance(Duration::from_hours(2));
    let dispatcher = fixture.dispatcher().clock(clock.clone()).on_notice(notices.keep());
    let running = Running::start(dispatcher).await;
    until("twelve more", || async { fixture.number(failed).await == Some(24) }).await;
    running.end().await;
    assert!(notices.all().is_empty(), "{:?}", notices.all());
}

pub(super) async fn the_only_slot_is_enough_for_a_slow_endpoint<S: TestStore>(fixture: Fixture<S>) {
    // Longer than an answer of an endpoint that is not slow.
    let receiver = Receiver::playing(|_| async {
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        status(200)
    })
    .await;
    fixture.endpoint(&receiver, "/").await;
    let _running = Running::start(fixture.dispatcher().in_flight(1)).await;
    fixture.emit_people(0..3).await;
    receiver.wait_for(3).await;
    fixture.settled().await;
}

pub(super) async fn every_endpoint_has_its_share_when_there_are_not_slots_for_all<S: TestStore>(
    fixture: Fixture<S>,
) {
    const ENDPOINTS: usize = 12;
    let gate = Arc::new(Semaphore::new(0));
    let receiver = Receiver::behind(&gate).await;
    for endpoint in 0..ENDPOINTS {
        fixture.endpoint(&receiver, &format!("/{endpoint}")).await;
    }
    let _running = Running::start(fixture.dispatcher().in_flight(4)).await;
    let arrived = |endpoint: usize| receiver.arrivals_at(&format!("/{endpoint}")).len();
    // Events come as fast as they are sent to half of the endpoints.
    for round in 1..=20 {
        fixture.emit(&person(round).created()).await;
        gate.add_permits(ENDPOINTS / 2);
        receiver.wait_for(round * ENDPOINTS / 2).await;
    }
    let counts: Vec<usize> = (0..ENDPOINTS).map(arrived).collect();
    assert!(counts.iter().all(|count| (7..=13).contains(count)), "{counts:?}");
    gate.add_permits(1_000);
    fixture.settled().await;
}

pub(super) async fn a_slow_endpoint_costs_the_others_nothing<S: TestStore>(fixture: Fixture<S>) {
    let gate = Arc::new(Semaphore::new(0));
    let slow = Receiver::behind(&gate).await;
    let quick = Receiver::new().await;
    fixture.endpoint(&slow, "/").await;
    fixture.endpoint(&quick, "/").await;
    let _running = fixture.start().await;
    for round in 0..10 {
        fixture.emit_people(round * 20..round * 20 + 20).await;
    }
    // All of them, while the other one answers nothing at all.
    assert_eq!(quick.wait_for(200).await.len(), 200);
    assert_eq!(slow.wait_for(8).await.len(), 8);
    gate.add_permits(1_000);
    fixture.settled().await;
    assert_eq!(slow.arrivals().len(), 200);
}

pub(super) async fn an_event_with_large_old_values_waits_for_its_claim<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/").await;
    fixture.execute(S::NOTE_UPDATES).await;
    let _running = fixture.start().await;
    let now = person(1);
    for size in [100, 20_000] {
        let before = Person { email: "x".repeat(size), ..now.clone() };
        let event = now.updated_from(&before).expect("two people").expect("a change");
        fixture.emit(&event).await;
        fixture.settled().await;
    }
    let arrivals = receiver.wait_for(2).await;
    let lengths = arrivals.iter().map(|arrival| arrival.body.len() > 20_000);
    assert_eq!(lengths.collect::<Vec<_>>(), [false, true]);
    // What is light was leased as it was made.
    assert_eq!(fixture.count("written_again").await, 1);
}
