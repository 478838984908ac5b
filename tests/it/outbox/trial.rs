//! Trying an endpoint out: one request, and nothing else.

use std::time::Duration;

use hookwright::{CloudEvents, Event, JsonData, Secret, Sender, Twenty, Verifier};

use super::fixture::{Fixture, SECRET, person, settings};
use super::receiver::{Receiver, status_with};
use super::store::TestStore;
use hookwright::WebhookObject;

fn sender() -> Sender {
    let network = "127.0.0.0/8".parse().expect("a network");
    Sender::builder().allow(network).build().expect("a sender")
}

pub(super) async fn one_event_is_sent_as_a_dispatcher_would_send_it<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::answering(|_| status_with(202, "x-answer", "1")).await;
    let endpoints = fixture.outbox.endpoints();
    let cloud_events = CloudEvents::new("https://crm.example.com").expect("a source");
    for format in
        [hookwright::Format::Documented, Twenty::new("workspace").into(), cloud_events.into()]
    {
        let path = format!("/{}", fixture.count("hookwright_endpoint").await);
        let wanted = settings(&receiver, &path)
            .format(format)
            .wants("deal.won".parse().expect("a pattern"))
            .header("X-Team", "sales")
            .expect("a header");
        let id = fixture.endpoint_of(wanted).await;
        // One that is disabled is tried too, before it is enabled.
        endpoints.disable(&id).await.expect("it is there");
        let person = person("alice");
        let event = person.updated_from(&super::fixture::Person {
            email: "old@example.com".into(),
            ..person.clone()
        });
        let event = event.expect("values").expect("a change");
        let tried = endpoints.test(&sender(), &id, &event).await.expect("it is there");
        let receipt = tried.expect("a receipt");
        assert_eq!(receipt.status(), 202);
        assert_eq!(receipt.attempt(), 1);
        assert_eq!(Some(receipt.event_id()), event.id());

        let arrivals = receiver.arrivals_at(&path);
        assert_eq!(arrivals.len(), 1);
        let verifier = Verifier::new(&Secret::new(SECRET).expect("a secret"));
        verifier.verify(&arrivals[0].headers, &arrivals[0].body).expect("it is signed");
        assert_eq!(arrivals[0].header("x-team"), "sales");
        assert_eq!(arrivals[0].attempt(), 1);
        assert_eq!(fixture.count("hookwright_event").await, 0);

        // The same bytes that a dispatcher sends of the same event.
        endpoints.enable(&id).await.expect("it is there");
        let unwanted = endpoints.get(&id).await.expect("it is there").into_settings();
        endpoints.update(&id, unwanted.wants_only([])).await.expect("it is there");
        let running = fixture.start().await;
        fixture.emit(&event).await;
        fixture.settled().await;
        running.end().await;
        let arrivals = receiver.arrivals_at(&path);
        assert_eq!(arrivals.len(), 2);
        assert_eq!(arrivals[0].body, arrivals[1].body);
        assert_eq!(arrivals[0].header("content-type"), arrivals[1].header("content-type"));
        fixture.execute("DELETE FROM hookwright_event").await;
        endpoints.delete(&id).await.expect("it is there");
    }
}

pub(super) async fn what_fails_is_told_and_changes_nothing<S: TestStore>(fixture: Fixture<S>) {
    let receiver =
        Receiver::answering(|_| status_with(307, "location", "https://elsewhere.example/")).await;
    let id = fixture.endpoint(&receiver, "/").await;
    let endpoints = fixture.outbox.endpoints();
    let person = person("alice");
    let error = endpoints.test(&sender(), &id, &person.created()).await.expect("it is there");
    let error = error.expect_err("it is no success");
    assert_eq!(error.class(), "status");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(307));
    assert_eq!(error.location(), Some("https://elsewhere.example/"));
    assert!(error.duration().is_some_and(|duration| duration > Duration::ZERO));
    assert_eq!(receiver.arrivals().len(), 1);

    // A sender that may not dial the address does not.
    let careful = Sender::new().expect("a sender");
    let error = endpoints.test(&careful, &id, &person.created()).await.expect("it is there");
    let error = error.expect_err("it is refused");
    assert!(error.is_refused_address());
    assert_eq!((error.class(), error.duration()), ("refused address", None));

    // What has no body is not sent.
    let large = format!(r#"{{"id":"{}"}}"#, "x".repeat(300_000));
    let event = Event::untyped(
        "deal.won".parse().expect("a name"),
        JsonData::parse(&large).expect("an object"),
    );
    let error = endpoints.test(&sender(), &id, &event).await.expect("it is there");
    assert_eq!(error.expect_err("it is too large").class(), "body");
    assert_eq!(receiver.arrivals().len(), 1);

    for table in ["hookwright_event", "hookwright_delivery", "hookwright_attempt"] {
        assert_eq!(fixture.count(table).await, 0, "{table}");
    }
    assert_eq!(endpoints.get(&id).await.expect("it is there").failing_since(), None);
}

pub(super) async fn an_endpoint_of_another_tenant_is_not_tried<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    let [acme, other] = ["acme", "other"].map(|id| fixture.outbox.tenant(id).expect("a tenant"));
    let id = *acme.endpoints().create(settings(&receiver, "/")).await.expect("made").id();
    let person = person("alice");
    let event = person.created();
    let error = other.endpoints().test(&sender(), &id, &event).await.expect_err("not theirs");
    assert!(error.is_not_found());
    assert!(receiver.arrivals().is_empty());
    acme.endpoints().test(&sender(), &id, &event).await.expect("theirs").expect("a receipt");
    acme.endpoints().delete(&id).await.expect("it is there");
    let error = acme.endpoints().test(&sender(), &id, &event).await.expect_err("it is gone");
    assert!(error.is_not_found());
}
