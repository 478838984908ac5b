//! The order of an object's events.

use std::collections::HashMap;
use std::ops::Range;

use chrono::{TimeDelta, Utc};
use hookwright::{EndpointId, Order, Query, ReplayState, WebhookObject};

use super::fixture::{Fixture, Person, Running, dispatcher, person, schedule, settings, until};
use super::receiver::{Arrival, Receiver, status};
use super::store::TestStore;

pub(super) async fn the_events_of_an_object_arrive_in_order<S: TestStore>(fixture: Fixture<S>) {
    // The first attempts of every third event of one object fail.
    let receiver = Receiver::answering(|arrival| {
        let version: usize =
            arrival.json()["data"]["email"].as_str().expect("a text").parse().expect("a number");
        let is_failing = arrival.object_id() == "failing" && version.is_multiple_of(3);
        status(if is_failing && arrival.attempt() <= 2 { 500 } else { 200 })
    })
    .await;
    let ordered = settings(&receiver, "/").order(Order::PerObject).schedule(schedule(10, 300));
    fixture.endpoint_of(ordered).await;
    let _running = fixture.start().await;
    let objects = ["failing", "a", "b", "c"];
    for version in 0..12 {
        let mut transaction = fixture.outbox.begin().await.expect("a transaction");
        for id in objects {
            let record = Person { id: id.into(), email: version.to_string() };
            fixture.outbox.emit(&mut transaction, &record.updated()).await.expect("room");
        }
        transaction.commit().await.expect("a commit");
    }
    fixture.settled().await;

    let mut seen: HashMap<String, Vec<(String, usize)>> = HashMap::new();
    let mut places = HashMap::new();
    for (place, arrival) in receiver.arrivals().iter().enumerate() {
        let version = arrival.json()["data"]["email"].as_str().expect("a text").to_owned();
        seen.entry(arrival.object_id()).or_default().push((version, arrival.attempt()));
        places.insert(arrival.object_id(), place);
    }
    for id in objects {
        let attempts = |version: usize| {
            if id == "failing" && version.is_multiple_of(3) { 1..=3 } else { 1..=1 }
        };
        let expected: Vec<(String, usize)> = (0..12)
            .flat_map(|version| attempts(version).map(move |n| (version.to_string(), n)))
            .collect();
        assert_eq!(seen[id], expected, "{id}");
        // Those that did not fail did not wait.
        assert!(places[id] <= places["failing"]);
    }
}

pub(super) async fn a_dead_event_lets_those_behind_it_pass<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::answering(|arrival| {
        status(if arrival.name() == "person.created" { 500 } else { 200 })
    })
    .await;
    let ordered = settings(&receiver, "/").order(Order::PerObject).schedule(schedule(2, 50));
    fixture.endpoint_of(ordered).await;
    let _running = fixture.start().await;
    let alice = person("alice");
    fixture.emit(&alice.created()).await;
    fixture.emit(&alice.updated()).await;
    fixture.emit(&alice.deleted()).await;
    fixture.settled().await;
    let names: Vec<String> = receiver.arrivals().iter().map(Arrival::name).collect();
    assert_eq!(names, ["person.created", "person.created", "person.updated", "person.deleted"]);
}

pub(super) async fn an_object_with_many_events_is_not_slow<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    fixture.endpoint_of(settings(&receiver, "/").order(Order::PerObject)).await;
    let _running = fixture.start().await;
    // One look at every endpoint is made in half a second: far too rarely for these.
    for version in 0..100 {
        let record = Person { id: "alice".into(), email: version.to_string() };
        fixture.emit(&record.updated()).await;
    }
    fixture.settled().await;
    let versions: Vec<String> = receiver
        .arrivals()
        .iter()
        .map(|arrival| arrival.json()["data"]["email"].as_str().expect("a text").to_owned())
        .collect();
    assert_eq!(versions, (0..100).map(|version: i32| version.to_string()).collect::<Vec<_>>());
}

/// How many deliveries may be claimed, as far as their time tells.
const DUE: &str = "hookwright_delivery WHERE state = 0 AND due <= 9000000000000";

/// Makes an endpoint that keeps the order of objects, and is disabled.
async fn held<S: TestStore>(fixture: &Fixture<S>, receiver: &Receiver) -> EndpointId {
    let ordered = settings(receiver, "/").order(Order::PerObject).schedule(schedule(5, 50));
    let endpoint = fixture.endpoint_of(ordered).await;
    fixture.outbox.endpoints().disable(&endpoint).await.expect("it is there");
    endpoint
}

async fn emit_versions<S: TestStore>(
    fixture: &Fixture<S>,
    objects: &[&str],
    versions: Range<usize>,
) {
    for version in versions {
        let mut transaction = fixture.outbox.begin().await.expect("a transaction");
        for id in objects {
            let record = Person { id: (*id).into(), email: version.to_string() };
            fixture.outbox.emit(&mut transaction, &record.updated()).await.expect("room");
        }
        transaction.commit().await.expect("a commit");
    }
}

/// The versions of an object that arrived, in the order of their first arrivals.
fn versions(receiver: &Receiver, object: &str) -> Vec<usize> {
    let arrivals = receiver.arrivals();
    let of_object = arrivals.iter().filter(|arrival| arrival.object_id() == object);
    let first = of_object.filter(|arrival| arrival.attempt() == 1);
    let version = first.map(|arrival| arrival.json()["data"]["email"].as_str().map(str::to_owned));
    version.map(|version| version.expect("a text").parse().expect("a number")).collect()
}

pub(super) async fn one_event_of_an_object_is_due_and_the_others_are_left_alone<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::answering(|arrival| {
        let is_first = arrival.json()["data"]["email"] == "0";
        status(if is_first && arrival.attempt() <= 2 { 500 } else { 200 })
    })
    .await;
    let endpoint = held(&fixture, &receiver).await;
    let _running = fixture.start().await;
    for versions in [0..1, 1..10, 10..30] {
        emit_versions(&fixture, &["alice", "bob"], versions).await;
        fixture.fanned_out().await;
    }
    assert_eq!(fixture.count(DUE).await, 2);
    let query = Query::new().endpoint(&endpoint);
    let waiting = fixture.outbox.history().deliveries(&query).await.expect("a page").into_items();
    assert!(waiting.len() >= 50 && waiting.iter().all(|delivery| delivery.at() <= Utc::now()));

    fixture.execute(S::NOTE_UPDATES).await;
    fixture.outbox.endpoints().enable(&endpoint).await.expect("it is there");
    fixture.settled().await;
    for object in ["alice", "bob"] {
        assert_eq!(versions(&receiver, object), (0..30).collect::<Vec<_>>(), "{object}");
    }
    // Each is claimed once, and all but the first are made due once; two failures and two claims more
    // of the first of each object. A heartbeat may come between.
    let written = fixture.count("written_again").await;
    assert!((126..140).contains(&written), "{written}");
}

pub(super) async fn what_is_sent_again_keeps_its_order<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    let endpoint = held(&fixture, &receiver).await;
    let start = Utc::now() - TimeDelta::seconds(1);
    let _running = fixture.start().await;
    emit_versions(&fixture, &["alice"], 0..40).await;
    fixture.fanned_out().await;
    let died = format!(
        "UPDATE hookwright_delivery SET state = 1, due = {0}, died_at = {0}",
        Utc::now().timestamp_millis()
    );
    assert_eq!(fixture.execute(&died).await, 40);
    let deliveries = fixture.outbox.deliveries().per_second(30.try_into().expect("not zero"));
    let endpoints = fixture.outbox.endpoints();
    for round in 1..=2 {
        // First what is dead, and then what was delivered.
        let again = match round {
            1 => deliveries.recover(&endpoint, start).await,
            _ => deliveries.replay(&endpoint, start..Utc::now()).await,
        };
        let again = again.expect("a replay");
        until("all are queued", || async {
            deliveries.progress(again).await.expect("it is there").state() == ReplayState::Done
        })
        .await;
        assert_eq!(deliveries.progress(again).await.expect("it is there").queued(), 40);
        assert_eq!(fixture.count(DUE).await, 1);
        endpoints.enable(&endpoint).await.expect("it is there");
        fixture.settled().await;
        endpoints.disable(&endpoint).await.expect("it is there");
        let expected: Vec<usize> = (0..round).flat_map(|_| 0..40).collect();
        assert_eq!(versions(&receiver, "alice"), expected);
    }
}

pub(super) async fn nothing_is_left_behind_by_dispatchers_at_the_same_objects<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    for path in ["/a", "/b"] {
        fixture.endpoint_of(settings(&receiver, path).order(Order::PerObject)).await;
    }
    let mut running = vec![fixture.start().await];
    if !S::HAS_ONE_DISPATCHER {
        for _ in 0..2 {
            let outbox = fixture.open_again().await.expect("an outbox");
            running.push(Running::start(dispatcher(&outbox)).await);
        }
    }
    let objects = ["alice", "bob", "carol"];
    // What waits is now more and now less than nothing.
    for round in 0..15 {
        emit_versions(&fixture, &objects, round * 10..round * 10 + 10).await;
        if round % 4 == 0 {
            fixture.fanned_out().await;
        }
    }
    fixture.settled().await;
    for path in ["/a", "/b"] {
        let arrivals = receiver.arrivals_at(path);
        for object in objects {
            let of_object = arrivals.iter().filter(|arrival| arrival.object_id() == object);
            let version =
                |arrival: &Arrival| arrival.json()["data"]["email"].as_str().map(str::to_owned);
            let versions: Vec<_> = of_object.map(version).collect();
            let expected: Vec<_> = (0..150).map(|version: i32| Some(version.to_string())).collect();
            assert_eq!(versions, expected, "{path} {object}");
        }
    }
    for running in running {
        running.end().await;
    }
}
