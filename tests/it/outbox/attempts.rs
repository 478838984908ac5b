//! What fails, and what becomes of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use chrono::{TimeDelta, Utc};
use hookwright::{
    AttemptOutcome, DeliveryState, DisabledReason, EndpointState, Notice, Query, ReplayState,
    StoredAttempt, WebhookObject,
};

use super::fixture::{Fixture, Running, person, schedule, settings, until};
use super::receiver::{Receiver, status, status_with};
use super::store::TestStore;

/// Keeps what a dispatcher tells.
#[derive(Clone, Default)]
pub(super) struct Notices(Arc<Mutex<Vec<Notice>>>);

impl Notices {
    pub(super) fn keep(&self) -> impl Fn(&Notice) + Send + Sync + 'static {
        let notices = self.0.clone();
        move |notice| notices.lock().expect("no test panicked").push(notice.clone())
    }

    pub(super) fn all(&self) -> Vec<Notice> {
        self.0.lock().expect("no test panicked").clone()
    }

    pub(super) async fn wait_for(&self, count: usize) -> Vec<Notice> {
        until(&format!("{count} notices"), || async { self.all().len() >= count }).await;
        self.all()
    }
}

pub(super) async fn attempts_of<S: TestStore>(
    fixture: &Fixture<S>,
    query: &Query,
) -> Vec<StoredAttempt> {
    let page = fixture.outbox.history().attempts(query).await.expect("a page");
    let mut attempts = page.into_items();
    attempts.reverse();
    attempts
}

pub(super) async fn failed_attempts_are_logged_and_followed_by_others<S: TestStore>(
    fixture: Fixture<S>,
) {
    let canary = Receiver::new().await;
    let elsewhere = canary.url("/elsewhere");
    let location = elsewhere.clone();
    let receiver = Receiver::answering(move |arrival| match arrival.attempt() {
        1 => {
            let mut response = status(500);
            *response.body_mut() = Body::from("é".repeat(3000));
            response
        }
        2 => status_with(302, "location", &location),
        3 => status(404),
        _ => Response::new(Body::from("thanks")),
    })
    .await;
    let endpoint = fixture.endpoint(&receiver, "/").await;
    let before = Utc::now() - TimeDelta::seconds(1);
    let running = fixture.start().await;
    let id = fixture.emit(&person(1).created()).await;
    fixture.settled().await;
    running.end().await;

    let attempts = attempts_of(&fixture, &Query::new().event(&id)).await;
    let told: Vec<_> = attempts
        .iter()
        .map(|attempt| {
            let status = attempt.status().map(|status| status.as_u16());
            (attempt.attempt(), attempt.outcome(), status, attempt.error())
        })
        .collect();
    let failed = AttemptOutcome::Failed;
    assert_eq!(
        told,
        [
            (1, failed, Some(500), Some("status")),
            (2, failed, Some(302), Some("status")),
            (3, failed, Some(404), Some("status")),
            (4, AttemptOutcome::Delivered, Some(200), None),
        ]
    );
    for attempt in &attempts {
        assert_eq!(attempt.endpoint(), &endpoint);
        assert_eq!(attempt.event_id(), &id);
        assert!(attempt.at() > before && attempt.at() <= Utc::now() + TimeDelta::seconds(1));
        assert!(attempt.duration() > Duration::ZERO);
    }
    assert_eq!(attempts[0].answer(), &"é".repeat(1024).as_bytes()[..2048]);
    assert_eq!(attempts[1].location(), Some(elsewhere.as_str()));
    assert!(attempts.iter().enumerate().all(|(at, a)| (at == 1) == a.location().is_some()));
    assert_eq!(attempts[3].answer(), b"thanks");
    assert!(canary.arrivals().is_empty());
    assert!(!format!("{attempts:?}").contains("thanks"));
    let delivery = fixture.delivery().await;
    assert_eq!(delivery.state(), DeliveryState::Delivered);
    assert_eq!((delivery.event_id(), delivery.attempts()), (&id, 4));

    // What fails without an answer is told by its class.
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/", nobody.local_addr().expect("an address"));
    drop(nobody);
    for (url, class) in [(url.as_str(), "connect"), ("http://10.0.0.1/", "refused address")] {
        let target = settings(&receiver, "/").with_url(url).expect("a URL");
        let target = target.schedule(schedule(1, 0));
        let endpoint = fixture.endpoint_of(target).await;
        let running = fixture.start().await;
        fixture.emit(&person(class).created()).await;
        fixture.settled().await;
        running.end().await;
        let attempts = attempts_of(&fixture, &Query::new().endpoint(&endpoint)).await;
        let [attempt] = &attempts[..] else { panic!("{attempts:?}") };
        assert_eq!((attempt.error(), attempt.status()), (Some(class), None));
        assert_eq!(attempt.outcome(), AttemptOutcome::Failed);
        fixture.outbox.endpoints().delete(&endpoint).await.expect("it is there");
    }
}

pub(super) async fn an_exhausted_delivery_is_dead_until_it_is_recovered<S: TestStore>(
    fixture: Fixture<S>,
) {
    let codes = Arc::new(Mutex::new(500));
    let told = codes.clone();
    let receiver =
        Receiver::answering(move |_| status(*told.lock().expect("no test panicked"))).await;
    let tried_5_times = settings(&receiver, "/").schedule(schedule(5, 10));
    let endpoint = fixture.endpoint_of(tried_5_times).await;
    let notices = Notices::default();
    let _running = Running::start(fixture.dispatcher().on_notice(notices.keep())).await;
    let since = Utc::now() - TimeDelta::seconds(1);
    let id = fixture.emit(&person(1).created()).await;

    let told = notices.wait_for(2).await;
    let [Notice::DeliveryFailing { .. }, Notice::DeliveryExhausted { .. }] = told[..] else {
        panic!("{told:?}")
    };
    if let Notice::DeliveryFailing { endpoint: at, event, attempts, .. } = &told[0] {
        assert_eq!((at, event, *attempts), (&endpoint, &id, 4));
    }
    if let Notice::DeliveryExhausted { endpoint: at, event, attempts, .. } = &told[1] {
        assert_eq!((at, event, *attempts), (&endpoint, &id, 5));
    }
    let dead = fixture.delivery().await;
    assert_eq!((dead.state(), dead.attempts()), (DeliveryState::Dead, 5));
    assert_eq!(receiver.arrivals().len(), 5);

    // What died before `since` stays dead.
    let deliveries = fixture.outbox.deliveries();
    let later = deliveries.recover(&endpoint, Utc::now() + TimeDelta::hours(1)).await;
    let later = later.expect("a recovery");
    until("the recovery's end", || async {
        let progress = deliveries.progress(later).await.expect("it is there");
        progress.state() == ReplayState::Done
    })
    .await;
    assert_eq!(deliveries.progress(later).await.expect("it is there").queued(), 0);
    assert_eq!(fixture.delivery().await.state(), DeliveryState::Dead);

    // It comes back with all its attempts, of which the fifth succeeds.
    let recovery = deliveries.recover(&endpoint, since).await.expect("a recovery");
    receiver.wait_for(9).await;
    *codes.lock().expect("no test panicked") = 200;
    fixture.settled().await;
    let progress = deliveries.progress(recovery).await.expect("it is there");
    assert_eq!((progress.queued(), progress.state()), (1, ReplayState::Done));
    let arrivals = receiver.arrivals();
    assert!(arrivals.iter().all(|arrival| arrival.id() == id.to_string()));
    assert!(arrivals.iter().all(|arrival| arrival.body == arrivals[0].body));
    let delivery = fixture.delivery().await;
    assert_eq!(delivery.state(), DeliveryState::Delivered);
}

pub(super) async fn a_delivery_that_was_failing_is_told_when_it_recovers<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::answering(|arrival| {
        let fails = if arrival.path == "/late" { 4 } else { 3 };
        status(if arrival.attempt() <= fails { 500 } else { 200 })
    })
    .await;
    let late = fixture.endpoint(&receiver, "/late").await;
    fixture.endpoint(&receiver, "/soon").await;
    let notices = Notices::default();
    let _running = Running::start(fixture.dispatcher().on_notice(notices.keep())).await;
    let id = fixture.emit(&person(1).created()).await;
    fixture.settled().await;
    let told = notices.wait_for(2).await;
    let [
        Notice::DeliveryFailing { .. },
        Notice::DeliveryRecovered { endpoint, event, attempts, .. },
    ] = &told[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!((endpoint, event, *attempts), (&late, &id, 5));
}

pub(super) async fn a_gone_endpoint_is_disabled_at_once<S: TestStore>(fixture: Fixture<S>) {
    let codes = Arc::new(Mutex::new(410));
    let told = codes.clone();
    let receiver =
        Receiver::answering(move |_| status(*told.lock().expect("no test panicked"))).await;
    let endpoint = fixture.endpoint_of(settings(&receiver, "/").concurrency(1)).await;
    let notices = Notices::default();
    let _running = Running::start(fixture.dispatcher().on_notice(notices.keep())).await;
    let mut ids = vec![fixture.emit(&person(0).created()).await.to_string()];
    let told = notices.wait_for(1).await;
    let [Notice::EndpointDisabled { endpoint: gone, reason, .. }] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!((gone, *reason), (&endpoint, DisabledReason::Gone));
    let state = fixture.outbox.endpoints().get(&endpoint).await.expect("it is there").state();
    assert!(
        matches!(state, EndpointState::Disabled { reason: DisabledReason::Gone, .. }),
        "{state:?}"
    );
    ids.extend(fixture.emit_people(1..4).await);
    fixture.fanned_out().await;
    assert_eq!(receiver.arrivals().len(), 1);
    let held = Query::new().state(DeliveryState::Held);
    let page = fixture.outbox.history().deliveries(&held).await.expect("a page");
    assert_eq!(page.items().len(), 4);

    *codes.lock().expect("no test panicked") = 200;
    fixture.outbox.endpoints().enable(&endpoint).await.expect("it is there");
    fixture.settled().await;
    let mut arrived: Vec<String> =
        receiver.arrivals().iter().skip(1).map(super::receiver::Arrival::id).collect();
    arrived.sort();
    ids.sort();
    assert_eq!(arrived, ids);
    assert_eq!(notices.all().len(), 1);
}

pub(super) async fn an_endpoint_that_asks_for_time_is_left_alone_as_a_whole<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::answering(|arrival| {
        if arrival.path == "/busy" && arrival.attempt() == 1 && arrival.object_id() == "first" {
            status_with(503, "retry-after", "2")
        } else {
            status(200)
        }
    })
    .await;
    fixture.endpoint(&receiver, "/busy").await;
    fixture.endpoint(&receiver, "/other").await;
    let _running = fixture.start().await;
    fixture.emit(&person("first").created()).await;
    until("the pause", || async { fixture.count("hookwright_attempt").await == 2 }).await;
    fixture.emit_people(0..5).await;
    receiver.wait_for_at("/other", 6).await;
    fixture.settled().await;
    let arrivals = receiver.arrivals_at("/busy");
    assert_eq!(arrivals.len(), 7);
    let pause = TimeDelta::seconds(2);
    assert!(arrivals[1..].iter().all(|arrival| arrival.at - arrivals[0].at >= pause));
}

pub(super) async fn a_429_is_waited_out_for_a_minute_at_least<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::answering(|arrival| match arrival.path.as_str() {
        "/asks" => status_with(429, "retry-after", "1"),
        "/longer" => status_with(429, "retry-after", "7200"),
        _ => status(429),
    })
    .await;
    let paths = ["/asks", "/longer", "/says"];
    for path in paths {
        fixture.endpoint(&receiver, path).await;
    }
    let _running = fixture.start().await;
    let before = Utc::now().timestamp_millis();
    fixture.emit(&person(1).created()).await;
    until("three failures", || async { fixture.count("hookwright_attempt").await == 3 }).await;
    for (path, seconds) in paths.into_iter().zip([60, 7200, 60]) {
        let due = format!(
            "SELECT due FROM hookwright_delivery AS d JOIN hookwright_endpoint AS e \
             ON e.id = d.endpoint WHERE e.url LIKE '%{path}'"
        );
        let due = fixture.number(&due).await.expect("it is pending");
        assert!(due >= before + seconds * 1000, "{path}: {}", due - before);
    }
}

pub(super) async fn enabling_by_hand_ends_a_pause<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::answering(|arrival| {
        if arrival.object_id() == "first" {
            status_with(503, "retry-after", "3600")
        } else {
            status(200)
        }
    })
    .await;
    let endpoint = fixture.endpoint(&receiver, "/").await;
    let _running = fixture.start().await;
    fixture.emit(&person("first").created()).await;
    let paused = "SELECT count(*) FROM hookwright_endpoint WHERE paused_until > 0";
    until("the pause", || async { fixture.number(paused).await == Some(1) }).await;
    fixture.outbox.endpoints().enable(&endpoint).await.expect("it is there");
    fixture.emit(&person("second").created()).await;
    let arrivals = receiver.wait_for(2).await;
    assert_eq!(arrivals[1].object_id(), "second");
    assert_eq!(fixture.number(paused).await, Some(0));
}
