//! What arrives: headers and bytes.

use std::collections::HashSet;
use std::time::Duration;

use hookwright::{
    CloudEvents, RetrySchedule, Secret, StoredRequest, Twenty, Verifier, WebhookObject,
    receiver as verify,
};

use super::fixture::{Fixture, Person, SECRET, emit, person, settings, until};
use super::receiver::Receiver;
use super::store::TestStore;

fn verifier() -> Verifier {
    Verifier::new(&Secret::new(SECRET).expect("a secret"))
}

pub(super) async fn what_arrives_is_the_body_of_the_event_signed<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    let custom = settings(&receiver, "/").header("Authorization", "Bearer t0k3n").expect("valid");
    fixture.endpoint_of(custom).await;
    let _running = fixture.start().await;

    // Text that is hard to keep, and one too large to be sent as it is fanned out.
    let odd = "\"quotes\" \\ \u{0}\u{1f}\u{7f}\u{2028} Zoë 田中 \u{1f4de}".to_owned();
    for email in [odd, String::new(), "large".repeat(20_000)] {
        let record = Person { id: "päron/1".into(), email };
        let event = record.created();
        let id = fixture.emit(&event).await;
        fixture.settled().await;
        let arrivals = receiver.arrivals();
        let arrival = arrivals.last().expect("it has arrived");
        assert_eq!(&arrival.body[..], event.body().expect("a body").as_bytes());
        assert_eq!(fixture.outbox.history().body(&id).await.expect("a body"), arrival.body);
        assert_eq!(arrival.header("content-type"), "application/json");
        assert!(arrival.header("user-agent").starts_with("hookwright/"));
        assert_eq!(arrival.header("authorization"), "Bearer t0k3n");
        assert_eq!(arrival.id(), id.to_string());
        assert_eq!(arrival.attempt(), 1);
        let parsed: hookwright::Event<Person> =
            verify::verify(&verifier(), &arrival.headers, &arrival.body).expect("it is signed");
        assert_eq!(parsed.id(), Some(&id));
        assert_eq!(parsed.data().email, record.email);
        let altered = [&arrival.body[..], b" "].concat();
        assert!(verifier().verify(&arrival.headers, &altered).is_err());
        check_trace(arrival.header("traceparent"), &id.to_string());
    }
}

/// Whether it is a trace of W3C's whose id is the event's.
fn check_trace(traceparent: &str, id: &str) {
    let parts: Vec<&str> = traceparent.split('-').collect();
    let ["00", trace, span, "01"] = parts[..] else { panic!("{traceparent}") };
    assert_eq!(trace, id.replace('-', ""));
    assert_eq!(span.len(), 16);
    let span = u64::from_str_radix(span, 16).expect("hex digits");
    assert_ne!(span, 0);
}

pub(super) async fn an_update_arrives_with_its_old_values<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/").await;
    let _running = fixture.start().await;
    let before = person("alice");
    let after = Person { email: "\"new\"\u{0}@example.com".into(), ..before.clone() };
    let event = after.updated_from(&before).expect("values").expect("a change");
    let id = fixture.emit(&event).await;

    let arrivals = receiver.wait_for(1).await;
    assert_eq!(&arrivals[0].body[..], event.body().expect("a body").as_bytes());
    let json = arrivals[0].json();
    assert_eq!(json["updatedFields"], serde_json::json!(["email"]));
    assert_eq!(json["previous"], serde_json::json!({ "email": "alice@example.com" }));
    let parsed: hookwright::Event<Person> =
        verify::verify(&verifier(), &arrivals[0].headers, &arrivals[0].body).expect("it is signed");
    assert_eq!(parsed.updated_fields(), ["email"]);

    // When the old record was not at hand, nothing is said of it.
    let plain = fixture.emit(&after.updated()).await;
    let arrivals = receiver.wait_for(2).await;
    let json = arrivals[1].json();
    assert!(json.get("updatedFields").is_none() && json.get("previous").is_none());
    let history = fixture.outbox.history();
    assert_eq!(history.body(&id).await.expect("a body"), arrivals[0].body);
    assert_eq!(history.body(&plain).await.expect("a body"), arrivals[1].body);
}

pub(super) async fn every_attempt_has_the_same_id_body_and_trace<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::with_statuses(&[500, 503, 302, 200]).await;
    fixture.endpoint(&receiver, "/").await;
    let _running = fixture.start().await;
    let before = person("alice");
    let after = Person { email: "new@example.com".into(), ..before.clone() };
    let event = after.updated_from(&before).expect("values").expect("a change");
    let id = fixture.emit(&event).await;
    fixture.settled().await;

    let arrivals = receiver.wait_for(4).await;
    let attempts: Vec<usize> = arrivals.iter().map(super::receiver::Arrival::attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 4]);
    for arrival in &arrivals {
        assert_eq!(arrival.id(), id.to_string());
        assert_eq!(&arrival.body[..], event.body().expect("a body").as_bytes());
        verifier().verify(&arrival.headers, &arrival.body).expect("it is signed");
        check_trace(arrival.header("traceparent"), &id.to_string());
    }
    let distinct = |name: &str| -> usize {
        arrivals.iter().map(|arrival| arrival.header(name)).collect::<HashSet<_>>().len()
    };
    assert_eq!(distinct("traceparent"), 4);
    assert_eq!(distinct("x-twenty-webhook-nonce"), 4);
}

/// A header of a request as it is read back: `None` when its value is hidden.
fn header<'a>(request: &'a StoredRequest, name: &str) -> Option<&'a str> {
    request.headers().find(|(other, _)| *other == name).expect(name).1
}

pub(super) async fn what_is_sent_can_be_read_in_the_format_of_the_delivery<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::with_statuses(&[500, 500, 200]).await;
    let history = fixture.outbox.history();
    let endpoints = fixture.outbox.endpoints();
    let cloud_events = CloudEvents::new("https://crm.example.com").expect("a source");
    let custom = settings(&receiver, "/")
        .format(Twenty::new("workspace"))
        .schedule(RetrySchedule::new([Duration::from_millis(1), Duration::from_hours(1)]))
        .header("Authorization", "Bearer t0k3n")
        .expect("a header");
    let endpoint = fixture.endpoint_of(custom).await;
    let record = person("alice");
    let actor = hookwright::Actor::user("u1").workspace_member("m1");
    let id = fixture.emit(&record.created().by(actor)).await;

    // Before it is fanned out, while it waits, and when it is acknowledged.
    let before = history.request(&id, &endpoint).await.expect("both are there");
    let running = fixture.start().await;
    let arrivals = receiver.wait_for(2).await;
    let arrived = &arrivals[0];
    until("it waits", || async { fixture.count("hookwright_attempt").await == 2 }).await;
    let other = endpoints.get(&endpoint).await.expect("it is there").into_settings();
    endpoints.update(&endpoint, other.format(cloud_events)).await.expect("it is there");
    let waiting = history.request(&id, &endpoint).await.expect("both are there");
    for request in [before, waiting] {
        assert_eq!(request.body(), &arrived.body[..]);
        assert_eq!(request.method(), "POST");
        assert_eq!(request.url().as_str(), receiver.url("/"));
        for (name, value) in request.headers().filter(|(_, value)| value.is_some()) {
            assert_eq!(value, Some(arrived.header(name)), "{name}");
        }
        let names: Vec<&str> = request.headers().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            ["content-type", "user-agent", "accept-encoding", "webhook-id", "authorization"]
        );
        assert_eq!(header(&request, "authorization"), None);
        assert!(!format!("{request:?}").contains("alice"));
    }

    fixture.outbox.deliveries().resend(&id, &endpoint).await.expect("both are there");
    fixture.settled().await;
    let again = history.request(&id, &endpoint).await.expect("both are there");
    assert_eq!(header(&again, "content-type"), Some("application/cloudevents+json"));
    fixture.outbox.deliveries().resend(&id, &endpoint).await.expect("both are there");
    let arrivals = receiver.wait_for(4).await;
    assert_eq!(arrivals[2].body, arrived.body);
    assert_eq!(arrivals[3].body, again.into_body());
    running.end().await;
}

pub(super) async fn what_is_sent_is_read_by_the_tenant_whose_event_and_endpoint_it_is<
    S: TestStore,
>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    let [acme, other] = ["acme", "other"].map(|id| fixture.outbox.tenant(id).expect("an id"));
    let of_acme = *acme.endpoints().create(settings(&receiver, "/a")).await.expect("made").id();
    let of_other = *other.endpoints().create(settings(&receiver, "/o")).await.expect("made").id();
    let of_none = fixture.endpoint(&receiver, "/n").await;
    let event = emit(&acme, &person(1).created()).await;
    let unknown = "evt_unknown".parse().expect("an id");

    for outbox in [&fixture.outbox, &acme] {
        let history = outbox.history();
        history.request(&event, &of_acme).await.expect("both are theirs");
        for (event, endpoint) in [(&event, &of_other), (&event, &of_none), (&unknown, &of_acme)] {
            let error = history.request(event, endpoint).await.expect_err("not theirs");
            assert!(error.is_not_found(), "{error}");
        }
    }
    let error = other.history().request(&event, &of_acme).await.expect_err("not theirs");
    assert!(error.is_not_found());
    acme.endpoints().delete(&of_acme).await.expect("it is there");
    let error = acme.history().request(&event, &of_acme).await.expect_err("it is gone");
    assert!(error.is_not_found());
}
