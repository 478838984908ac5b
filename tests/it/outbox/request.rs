//! What arrives: headers and bytes.

use std::collections::HashSet;

use hookwright::{Secret, Verifier, WebhookObject, receiver as verify};

use super::fixture::{Fixture, Person, SECRET, person, settings};
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
