//! Endpoints that want other envelopes.

use std::time::Duration;

use hookwright::{
    Actor, CloudEvents, EndpointSettings, Event, Format, Query, Secret, Twenty, Verifier,
    WebhookObject,
};
use serde_json::{Value, json};

use super::fixture::{Fixture, Person, person, until};
use super::receiver::{Arrival, Receiver};
use super::store::TestStore;

fn twenty() -> Twenty {
    Twenty::new("w1").object("person", "m1")
}

fn cloud_events() -> CloudEvents {
    CloudEvents::new("/crm").expect("a URI")
}

fn settings(receiver: &Receiver, path: &str, format: impl Into<Format>) -> EndpointSettings {
    let settings = EndpointSettings::new(&receiver.url(path)).expect("an endpoint");
    settings.secret(secret()).format(format)
}

fn secret() -> Secret {
    Secret::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").expect("a secret")
}

/// What arrived of an event at a path, which is signed.
async fn arrival_of(receiver: &Receiver, path: &str, event: &Event<&Person>) -> Arrival {
    let id = event.id().expect("an id").to_string();
    let is_it = |arrival: &Arrival| arrival.path == path && arrival.id() == id;
    until("its arrival", || async { receiver.arrivals().iter().any(is_it) }).await;
    let arrival = receiver.arrivals().into_iter().find(is_it).expect("it was there");
    let verifier = Verifier::new(&secret()).standard_webhooks_only();
    verifier.verify(&arrival.headers, &arrival.body).expect("it is signed");
    arrival
}

pub(super) async fn each_format_arrives_with_what_its_bodies_tell<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    fixture.endpoint_of(settings(&receiver, "/documented", Format::Documented)).await;
    let webhook = fixture.endpoint_of(settings(&receiver, "/twenty?a=b", twenty())).await;
    fixture.endpoint_of(settings(&receiver, "/standard", Format::Standard)).await;
    let schemas = cloud_events().schema_base("https://example.com/schemas/").expect("a URI");
    fixture.endpoint_of(settings(&receiver, "/cloudevents", schemas)).await;
    let _running = fixture.start().await;

    let before = person("päron");
    // One that is sent as it is fanned out, and one too large for that.
    for email in ["\u{0}\"new\"@example.com".to_owned(), "large".repeat(20_000)] {
        let after = Person { email, ..before.clone() };
        let event = after.updated_from(&before).expect("values").expect("a change");
        let event = event.by(Actor::user("u\u{0}1").workspace_member("p1"));
        let id = fixture.emit(&event).await.to_string();
        let data = serde_json::to_string(&after).expect("data");
        let time = event.timestamp().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
        let changes = r#""updatedFields":["email"],"previous":{"email":"päron@example.com"}"#;

        let arrival = arrival_of(&receiver, "/documented", &event).await;
        assert_eq!(&arrival.body[..], event.body().expect("a body").as_bytes());
        assert_eq!(arrival.header("content-type"), "application/json");

        let arrival = arrival_of(&receiver, "/standard", &event).await;
        let expected =
            format!(r#"{{"type":"person.updated","timestamp":"{time}","data":{data},{changes}}}"#);
        assert_eq!(String::from_utf8_lossy(&arrival.body), expected);
        assert_eq!(arrival.header("content-type"), "application/json");

        let arrival = arrival_of(&receiver, "/twenty", &event).await;
        let url = receiver.url("/twenty?a=b");
        let millis = event.timestamp().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let expected = [
            &format!(r#"{{"targetUrl":"{url}","eventName":"person.updated","#),
            r#""objectMetadata":{"id":"m1","nameSingular":"person"},"workspaceId":"w1","#,
            &format!(r#""webhookId":"{webhook}","eventDate":"{millis}","#),
            r#""userId":"u\u00001","workspaceMemberId":"p1","#,
            &format!(r#""record":{data},"updatedFields":["email"]}}"#),
        ]
        .concat();
        assert_eq!(String::from_utf8_lossy(&arrival.body), expected);
        assert_eq!(arrival.header("content-type"), "application/json");

        let arrival = arrival_of(&receiver, "/cloudevents", &event).await;
        let expected = [
            &format!(r#"{{"specversion":"1.0","id":"{id}","source":"/crm","#),
            &format!(r#""type":"person.updated","subject":"päron","time":"{time}","#),
            r#""datacontenttype":"application/json","#,
            r#""dataschema":"https://example.com/schemas/person.updated","#,
            r#""updatedfields":"[\"email\"]","previous":"{\"email\":\"päron@example.com\"}","#,
            &format!(r#""data":{data}}}"#),
        ]
        .concat();
        assert_eq!(String::from_utf8_lossy(&arrival.body), expected);
        assert_eq!(arrival.header("content-type"), "application/cloudevents+json");
    }

    // Many events at once keep who did it, too.
    let people = [person("a"), person("b")];
    let events = people.each_ref().map(|person| person.created().by(Actor::user(&*person.id)));
    let mut transaction = fixture.outbox.begin().await.expect("a transaction");
    fixture.outbox.emit_all(&mut transaction, &events).await.expect("room");
    transaction.commit().await.expect("a commit");
    for event in &events {
        let arrival = arrival_of(&receiver, "/twenty", event).await;
        assert_eq!(arrival.json()["userId"], event.data().id);
        assert_eq!(arrival.json().get("workspaceMemberId"), None);
    }
}

/// The body of each attempt of an event.
fn attempts_of(receiver: &Receiver, event: &Event<&Person>) -> Vec<Vec<u8>> {
    let id = event.id().expect("an id").to_string();
    let arrivals = receiver.arrivals().into_iter().filter(|arrival| arrival.id() == id);
    arrivals.map(|arrival| arrival.body.to_vec()).collect()
}

pub(super) async fn every_attempt_has_the_same_bytes_though_the_endpoint_is_changed<
    S: TestStore,
>(
    fixture: Fixture<S>,
) {
    for (format, next) in [
        (Format::from(twenty()), Format::from(twenty().object("person", "m2"))),
        (cloud_events().into(), CloudEvents::new("/other").expect("a URI").into()),
        (Format::Standard, Format::Documented),
        (Format::Documented, twenty().into()),
    ] {
        let receiver = Receiver::with_status(500).await;
        let endpoint = fixture.endpoint_of(settings(&receiver, "/old", format.clone())).await;
        let person = person("alice");
        let event = person.created().by(Actor::user("u1"));
        let running = fixture.start().await;
        fixture.emit(&event).await;
        receiver.wait_for_at("/old", 2).await;

        // The URL is another, to which the same bytes go; the secret too, which signs them anew.
        let changed = settings(&receiver, "/new", next.clone());
        fixture.outbox.endpoints().update(&endpoint, changed).await.expect("an update");
        receiver.wait_for_at("/new", 2).await;
        // Another dispatcher knows the format from the tables alone.
        running.end().await;
        let outbox = fixture.open_again().await.expect("the same tables");
        let running = super::fixture::Running::start(super::fixture::dispatcher(&outbox)).await;
        let count = attempts_of(&receiver, &event).len();
        until("more attempts", || async { attempts_of(&receiver, &event).len() > count + 1 }).await;
        let bodies = attempts_of(&receiver, &event);
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{format:?}: {bodies:?}");
        let body: Value = serde_json::from_slice(&bodies[0]).expect("JSON");
        match format {
            Format::Twenty(_) => {
                assert_eq!(body["targetUrl"], receiver.url("/old"));
                assert_eq!(body["objectMetadata"]["id"], "m1");
            }
            Format::CloudEvents(_) => assert_eq!(body["source"], "/crm"),
            Format::Standard => assert_eq!(body["type"], "person.created"),
            _ => assert_eq!(body["event"], "person.created"),
        }

        // What comes after the change is as the endpoint is then.
        let later = person.updated();
        let mut transaction = outbox.begin().await.expect("a transaction");
        outbox.emit(&mut transaction, &later).await.expect("room");
        transaction.commit().await.expect("a commit");
        until("its arrival", || async { !attempts_of(&receiver, &later).is_empty() }).await;
        let body: Value = serde_json::from_slice(&attempts_of(&receiver, &later)[0]).expect("JSON");
        match next {
            Format::Twenty(_) => assert_eq!(body["targetUrl"], receiver.url("/new")),
            Format::CloudEvents(_) => assert_eq!(body["source"], "/other"),
            _ => assert_eq!(body["event"], "person.updated"),
        }
        running.end().await;
        fixture.outbox.endpoints().delete(&endpoint).await.expect("it is there");
    }
}

pub(super) async fn bodies_of_standard_webhooks_are_signed_by_it<S: TestStore>(
    fixture: Fixture<S>,
) {
    let endpoints = fixture.outbox.endpoints();
    let unsigned = || {
        let settings = EndpointSettings::new("https://example.com/").expect("an endpoint");
        settings.format(Format::Standard)
    };
    let text = || Secret::new("a secret of 16 bytes or more").expect("a secret");
    for refused in [unsigned(), unsigned().secret(text())] {
        let error = endpoints.create(refused).await.expect_err("nobody could verify");
        assert_eq!(
            error.to_string(),
            "the format `Standard` is signed by Standard Webhooks: give the endpoint a secret that begins with `whsec_` or `whsk_`, such as `Secret::generate()`"
        );
    }
    assert_eq!(fixture.count("hookwright_endpoint").await, 0);

    let made = endpoints.create(unsigned().secret(Secret::generate_ed25519())).await;
    let id = *made.expect("it is signed").id();
    assert!(endpoints.update(&id, unsigned()).await.is_err());
    let day = Duration::from_hours(24);
    assert!(endpoints.rotate_secret(&id, text(), day).await.is_err());
    endpoints.rotate_secret(&id, Secret::generate(), day).await.expect("it is signed");
    assert!(endpoints.rotate_secret(&id, text(), day).await.is_err());
    assert_eq!(endpoints.get(&id).await.expect("it is there").settings().secrets().count(), 2);
}

pub(super) async fn a_format_is_stored_once_and_read_back<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    let endpoints = fixture.outbox.endpoints();
    let formats: [Format; 5] = [
        Format::Documented,
        Format::Standard,
        Format::Standard,
        cloud_events().into(),
        cloud_events().into(),
    ];
    for format in &formats {
        let id = fixture.endpoint_of(settings(&receiver, "/", format.clone())).await;
        let stored = endpoints.get(&id).await.expect("it is there");
        assert_eq!(stored.settings().chosen_format(), format);
        // To write the same again changes nothing.
        endpoints.update(&id, stored.into_settings()).await.expect("an update");
    }
    assert_eq!(fixture.count("hookwright_format").await, 2);

    // Twenty's bodies tell of the endpoint itself.
    let id = fixture.endpoint_of(settings(&receiver, "/", twenty())).await;
    fixture.endpoint_of(settings(&receiver, "/", twenty())).await;
    assert_eq!(fixture.count("hookwright_format").await, 4);
    let stored = endpoints.get(&id).await.expect("it is there");
    assert_eq!(stored.settings().chosen_format(), &Format::from(twenty()));
    endpoints.rotate_secret(&id, Secret::generate(), Duration::ZERO).await.expect("a rotation");
    assert_eq!(fixture.count("hookwright_format").await, 4);
}

pub(super) async fn a_format_that_cannot_be_read_costs_the_others_nothing<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    fixture.endpoint_of(settings(&receiver, "/fine", Format::Documented)).await;
    fixture.endpoint_of(settings(&receiver, "/newer", cloud_events())).await;
    fixture.execute("UPDATE hookwright_format SET settings = '{\"newer\":{}}'").await;
    let dispatcher = fixture.dispatcher().schedule(super::fixture::schedule(2, 10));
    let _running = super::fixture::Running::start(dispatcher).await;
    let ids = fixture.emit_people(0..3).await;
    fixture.settled().await;
    assert_eq!(receiver.arrivals_at("/fine").len(), ids.len());
    assert_eq!(receiver.arrivals_at("/newer").len(), 0);
    let attempts = fixture.outbox.history().attempts(&Query::new()).await.expect("attempts");
    let broken = attempts.items().iter().filter(|attempt| attempt.error().is_some()).count();
    assert_eq!(broken, 2 * ids.len());
}

pub(super) async fn public_keys_are_listed_while_they_sign<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    let endpoints = fixture.outbox.endpoints();
    assert_eq!(endpoints.jwks().await.expect("none").to_string(), r#"{"keys":[]}"#);
    fixture.endpoint_of(settings(&receiver, "/shared", Format::Documented)).await;
    let first = Secret::generate_ed25519();
    let signed = EndpointSettings::new(&receiver.url("/")).expect("an endpoint");
    let id = fixture.endpoint_of(signed.secret(first.clone()).format(Format::Standard)).await;
    let key = |secret: &Secret| secret.public_key().expect("it is one of ed25519");
    assert_eq!(endpoints.jwks().await.expect("one").keys(), [key(&first)]);

    let second = Secret::generate_ed25519();
    let day = Duration::from_hours(24);
    endpoints.rotate_secret(&id, second.clone(), day).await.expect("a rotation");
    assert_eq!(endpoints.jwks().await.expect("two").keys(), [key(&second), key(&first)]);
    endpoints.rotate_secret(&id, second.clone(), Duration::ZERO).await.expect("a rotation");
    assert_eq!(endpoints.jwks().await.expect("one").keys(), [key(&second)]);

    let _running = fixture.start().await;
    let person = person("alice");
    let event = person.created();
    fixture.emit(&event).await;
    let arrival = receiver.wait_for_at("/", 1).await.remove(0);
    let verifier = Verifier::from_public_key(&key(&second));
    verifier.verify(&arrival.headers, &arrival.body).expect("it is signed");
    assert!(!arrival.headers.contains_key("x-twenty-webhook-signature"));
    assert_eq!(arrival.json()["type"], json!("person.created"));
}
