//! The order of an object's events.

use std::collections::HashMap;

use hookwright::{Order, WebhookObject};

use super::fixture::{Fixture, Person, person, schedule, settings};
use super::receiver::{Receiver, status};
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
    let names: Vec<String> =
        receiver.arrivals().iter().map(super::receiver::Arrival::name).collect();
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
