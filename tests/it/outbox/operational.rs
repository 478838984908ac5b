//! Events about webhooks themselves.

use hookwright::{EventPattern, WebhookObject};
use serde_json::json;

use super::fixture::{Fixture, person, schedule, settings};
use super::receiver::{Arrival, Receiver, status};
use super::store::TestStore;

fn pattern(text: &str) -> EventPattern {
    text.parse().expect("a pattern")
}

pub(super) async fn they_reach_those_that_name_them_and_are_never_about_themselves<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::answering(|arrival| {
        let name = arrival.name();
        let fails = match arrival.path.as_str() {
            "/dying" => true,
            "/recovering" => arrival.attempt() < 5,
            "/own" => name == "person.created",
            "/deaf" => name == "webhookDelivery.recovered",
            _ => false,
        };
        status(if fails { 500 } else { 200 })
    })
    .await;
    let names = [
        "webhookDelivery.failing",
        "webhookDelivery.exhausted",
        "webhookDelivery.recovered",
        "webhookEndpoint.disabled",
    ];
    let watching = |path: &str| {
        names.iter().fold(settings(&receiver, path), |watch, name| watch.wants(pattern(name)))
    };
    let people = |path: &str| settings(&receiver, path).wants(pattern("person.*"));
    fixture.endpoint_of(watching("/watch")).await;
    fixture.endpoint_of(settings(&receiver, "/all").wants(pattern("*.*"))).await;
    fixture.endpoint_of(settings(&receiver, "/default")).await;
    let near = settings(&receiver, "/near")
        .wants(pattern("webhookDelivery.*"))
        .wants(pattern("*.failing"));
    fixture.endpoint_of(near).await;
    let dying = fixture.endpoint_of(people("/dying").schedule(schedule(5, 10))).await;
    let recovering = fixture.endpoint_of(people("/recovering").schedule(schedule(6, 10))).await;
    // One that names them, and fails itself, which it is not told.
    let own = watching("/own").wants(pattern("person.*")).schedule(schedule(4, 10));
    let own = fixture.endpoint_of(own).await;
    // One that does not take what is told, of which nothing is told in turn.
    fixture.endpoint_of(watching("/deaf").schedule(schedule(5, 10))).await;
    let _running = fixture.start().await;
    let id = fixture.emit(&person(1).created()).await;
    fixture.settled().await;

    let told = |arrivals: &[Arrival]| {
        let mut told: Vec<(String, String)> = arrivals
            .iter()
            .map(|arrival| {
                let data = &arrival.json()["data"];
                assert_eq!(data["eventId"], json!(id.to_string()));
                (arrival.name(), data["endpointId"].as_str().expect("an id").to_owned())
            })
            .collect();
        told.sort();
        told.dedup();
        told
    };
    let expect = |mut expected: Vec<(&str, String)>| {
        expected.sort();
        expected.into_iter().map(|(name, id)| (name.to_owned(), id)).collect::<Vec<_>>()
    };
    let [dying, recovering, own] = [dying, recovering, own].map(|id| id.to_string());
    let [failing, exhausted, recovered, _] = names;
    assert_eq!(
        told(&receiver.arrivals_at("/watch")),
        expect(vec![
            (failing, dying.clone()),
            (exhausted, dying.clone()),
            (failing, recovering.clone()),
            (recovered, recovering.clone()),
            // The fourth of its attempts was the last.
            (exhausted, own.clone()),
        ])
    );
    let at_own: Vec<Arrival> = receiver
        .arrivals_at("/own")
        .into_iter()
        .filter(|arrival| arrival.name() != "person.created")
        .collect();
    assert_eq!(
        told(&at_own),
        expect(vec![
            (failing, dying.clone()),
            (exhausted, dying.clone()),
            (failing, recovering.clone()),
            (recovered, recovering),
        ])
    );
    for path in ["/all", "/default"] {
        let names: Vec<String> = receiver.arrivals_at(path).iter().map(Arrival::name).collect();
        assert_eq!(names, ["person.created"], "{path}");
    }
    assert!(receiver.arrivals_at("/near").is_empty());
    let first = &receiver.arrivals_at("/watch")[0];
    assert_eq!(first.json()["data"]["attempts"], json!(4));
    let delivery = first.json()["data"]["id"].as_str().expect("an id").to_owned();
    assert!(delivery.starts_with(&format!("{id}/")), "{delivery}");
}

pub(super) async fn they_are_the_tenants_whose_endpoint_it_is<S: TestStore>(fixture: Fixture<S>) {
    let receiver =
        Receiver::answering(|arrival| status(if arrival.path == "/gone" { 410 } else { 200 }))
            .await;
    let [acme, other] = ["acme", "other"].map(|id| fixture.outbox.tenant(id).expect("an id"));
    let watch = |path| settings(&receiver, path).wants(pattern("webhookEndpoint.disabled"));
    acme.endpoints().create(watch("/acme")).await.expect("made");
    other.endpoints().create(watch("/other")).await.expect("made");
    fixture.endpoint_of(watch("/none")).await;
    let gone = acme.endpoints().create(settings(&receiver, "/gone")).await.expect("made");
    let _running = fixture.start().await;
    super::fixture::emit(&acme, &person(1).created()).await;
    let arrivals = receiver.wait_for_at("/acme", 1).await;
    let data = &arrivals[0].json()["data"];
    assert_eq!(*data, json!({ "id": gone.id().to_string(), "reason": "gone" }));
    fixture.fanned_out().await;
    super::fixture::until("what it told is delivered", || async {
        fixture.count("hookwright_delivery").await == 1
    })
    .await;
    assert!(receiver.arrivals_at("/other").is_empty());
    assert!(receiver.arrivals_at("/none").is_empty());
    assert_eq!(
        acme.history().events(&hookwright::Query::new()).await.expect("a page").items().len(),
        2
    );
}
