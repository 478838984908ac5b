//! Which events reach which endpoints, and who sees what.

use chrono::{TimeDelta, Utc};
use hookwright::{
    AttemptOutcome, DeliveryState, DisabledReason, EndpointId, EndpointState, OutboxError, Query,
    WebhookObject,
};

use super::fixture::{Company, Fixture, Person, company, emit, person, settings, until};
use super::receiver::{Arrival, Receiver};
use super::store::TestStore;

fn names(arrivals: &[Arrival]) -> Vec<String> {
    let mut names: Vec<String> = arrivals.iter().map(Arrival::name).collect();
    names.sort();
    names
}

fn object_ids(arrivals: &[Arrival]) -> Vec<String> {
    let mut ids: Vec<String> = arrivals.iter().map(Arrival::object_id).collect();
    ids.sort();
    ids
}

pub(super) async fn an_endpoint_gets_the_events_that_it_wants<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    for (path, patterns) in [
        ("/created", &["person.created"][..]),
        ("/people", &["person.*"]),
        ("/creations", &["*.created"]),
        ("/all", &["*.*"]),
        ("/default", &[]),
        ("/several", &["company.deleted", "person.updated"]),
        ("/other", &["note.created"]),
    ] {
        let wanting = patterns.iter().fold(settings(&receiver, path), |settings, pattern| {
            settings.wants(pattern.parse().expect("a pattern"))
        });
        fixture.endpoint_of(wanting).await;
    }
    let _running = fixture.start().await;
    let (alice, acme) = (person("alice"), company("acme"));
    fixture.emit(&alice.created()).await;
    fixture.emit(&alice.updated()).await;
    fixture.emit(&alice.deleted()).await;
    fixture.emit(&acme.created()).await;
    fixture.emit(&acme.deleted()).await;
    fixture.settled().await;

    let all = [
        "company.created",
        "company.deleted",
        "person.created",
        "person.deleted",
        "person.updated",
    ];
    assert_eq!(names(&receiver.arrivals_at("/created")), ["person.created"]);
    assert_eq!(names(&receiver.arrivals_at("/people")), all[2..]);
    assert_eq!(names(&receiver.arrivals_at("/creations")), ["company.created", "person.created"]);
    assert_eq!(names(&receiver.arrivals_at("/all")), all);
    assert_eq!(names(&receiver.arrivals_at("/default")), all);
    assert_eq!(names(&receiver.arrivals_at("/several")), ["company.deleted", "person.updated"]);
    assert!(receiver.arrivals_at("/other").is_empty());
}

/// Names and updated fields of what has arrived.
fn updates(arrivals: &[Arrival]) -> Vec<String> {
    let update = |arrival: &Arrival| match &arrival.json()["updatedFields"] {
        serde_json::Value::Null => arrival.name(),
        fields => format!("{} {fields}", arrival.name()),
    };
    let mut updates: Vec<String> = arrivals.iter().map(update).collect();
    updates.sort();
    updates
}

pub(super) async fn an_endpoint_gets_updates_of_the_fields_that_it_names<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    let patterns = [
        ("/email", &["person.updated[email,phone]"][..]),
        ("/name", &["*.updated[name]", "company.created"]),
        ("/both", &["person.updated[email]", "*.updated[name]"]),
        ("/all", &["*.*"]),
    ];
    let wanting = |path: &str, patterns: &[&str]| {
        patterns.iter().fold(settings(&receiver, path), |settings, pattern| {
            settings.wants(pattern.parse().expect("a pattern"))
        })
    };
    for (path, patterns) in patterns {
        fixture.endpoint_of(wanting(path, patterns)).await;
    }
    let start = Utc::now();
    let running = fixture.start().await;
    let (alice, acme) = (person("alice"), company("acme"));
    let moved = Person { email: "alice@example.org".into(), ..alice.clone() };
    // More than is sent at once: it is matched all the same.
    let renamed = Company { name: "A".repeat(64 * 1024), ..acme.clone() };
    fixture.emit(&acme.created()).await;
    fixture.emit(&moved.updated_from(&alice).expect("data").expect("a change")).await;
    fixture.emit(&renamed.updated_from(&acme).expect("data").expect("a change")).await;
    // Nobody knows what has changed.
    fixture.emit(&alice.updated()).await;
    fixture.settled().await;

    let created = "company.created";
    let renamed = r#"company.updated ["name"]"#;
    let moved = r#"person.updated ["email"]"#;
    let unknown = "person.updated";
    let check = |path: &str, suffix: &str, expected: &[&str]| {
        assert_eq!(updates(&receiver.arrivals_at(&format!("{path}{suffix}"))), expected, "{path}");
    };
    let expected = [
        ("/email", &[unknown, moved][..]),
        ("/name", &[created, renamed, unknown]),
        ("/both", &[renamed, unknown, moved]),
        ("/all", &[created, renamed, unknown, moved]),
    ];
    for (path, expected) in expected {
        check(path, "", expected);
    }

    // The same of the past, which a new endpoint has replayed.
    for (path, patterns) in patterns {
        let path = format!("{path}/late");
        let late = fixture.endpoint_of(wanting(&path, patterns)).await;
        let range = start..Utc::now() + TimeDelta::seconds(1);
        fixture.outbox.deliveries().replay(&late, range).await.expect("a replay");
    }
    for (path, expected) in expected {
        receiver.wait_for_at(&format!("{path}/late"), expected.len()).await;
    }
    until("the replays are done", || async {
        fixture.number("SELECT count(*) FROM hookwright_replay WHERE state = 0").await == Some(0)
    })
    .await;
    fixture.settled().await;
    for (path, expected) in expected {
        check(path, "/late", expected);
    }
    running.end().await;
}

pub(super) async fn what_names_fields_is_read_back_as_it_was_saved<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    let pattern = "person.updated[größe,first name,a\\b]";
    let wanting = settings(&receiver, "/").wants(pattern.parse().expect("a pattern"));
    let id = fixture.endpoint_of(wanting).await;
    let again = fixture.open_again().await.expect("the same database");
    let stored = again.endpoints().get(&id).await.expect("it is there");
    assert_eq!(stored.settings().wanted(), [pattern.parse().expect("a pattern")]);
    assert_eq!(stored.settings().wanted()[0].to_string(), pattern);
}

pub(super) async fn a_tenants_events_reach_its_endpoints_only<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    let tenants = ["acme", "Acme", "acme'--"].map(|id| fixture.outbox.tenant(id).expect("an id"));
    for (path, outbox) in ["/0", "/1", "/2"].iter().zip(&tenants) {
        outbox.endpoints().create(settings(&receiver, path)).await.expect("an endpoint");
    }
    fixture.endpoint(&receiver, "/none").await;
    let _running = fixture.start().await;
    for (number, outbox) in tenants.iter().enumerate() {
        emit(outbox, &person(number).created()).await;
    }
    fixture.emit(&person("none").created()).await;
    fixture.settled().await;

    for path in ["/0", "/1", "/2", "/none"] {
        assert_eq!(object_ids(&receiver.arrivals_at(path)), [&path[1..]]);
    }
}

pub(super) async fn a_tenant_sees_and_changes_what_is_its_own_only<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    let [acme, other] = ["acme", "other"].map(|id| fixture.outbox.tenant(id).expect("an id"));
    let endpoint = acme.endpoints().create(settings(&receiver, "/acme")).await.expect("made");
    assert_eq!(endpoint.tenant(), Some("acme"));
    let id = *endpoint.id();
    let untenanted = fixture.endpoint(&receiver, "/none").await;
    let _running = fixture.start().await;
    let event = emit(&acme, &person(1).created()).await;
    fixture.settled().await;

    let ids = |outbox| async move {
        let outbox: &hookwright::Outbox<S> = outbox;
        let listed = outbox.endpoints().list().await.expect("a list");
        listed.iter().map(|endpoint| *endpoint.id()).collect::<Vec<EndpointId>>()
    };
    assert_eq!(ids(&acme).await, [id]);
    assert!(ids(&other).await.is_empty());
    assert_eq!(ids(&fixture.outbox).await, [id, untenanted]);

    for stranger in [id, untenanted] {
        let endpoints = other.endpoints();
        let new = || settings(&receiver, "/stolen");
        let secret = || hookwright::Secret::generate();
        not_found(endpoints.get(&stranger).await);
        not_found(endpoints.update(&stranger, new()).await);
        not_found(endpoints.rotate_secret(&stranger, secret(), std::time::Duration::ZERO).await);
        not_found(endpoints.disable(&stranger).await);
        not_found(endpoints.enable(&stranger).await);
        not_found(endpoints.delete(&stranger).await);
    }
    let unchanged = acme.endpoints().get(&id).await.expect("it is there");
    assert_eq!(unchanged.settings().url().path(), "/acme");
    assert_eq!(unchanged.state(), EndpointState::Active);

    let query = Query::new();
    let history = other.history();
    assert!(history.events(&query).await.expect("a page").items().is_empty());
    assert!(history.deliveries(&query).await.expect("a page").items().is_empty());
    assert!(history.attempts(&query).await.expect("a page").items().is_empty());
    not_found(history.body(&event).await);
    for outbox in [&acme, &fixture.outbox] {
        let history = outbox.history();
        let events = history.events(&query).await.expect("a page");
        assert_eq!(events.items().len(), 1);
        assert_eq!(events.items()[0].tenant(), Some("acme"));
        assert_eq!(history.deliveries(&query).await.expect("a page").items().len(), 1);
        assert_eq!(history.attempts(&query).await.expect("a page").items().len(), 1);
        history.body(&event).await.expect("its own");
    }
    assert_eq!(other.history().undispatched().await.expect("a count"), 0);
}

fn not_found<T: std::fmt::Debug>(result: Result<T, OutboxError>) {
    let error = result.expect_err("it is not there");
    assert!(error.is_not_found(), "{error:?}");
    assert!(!error.is_retryable());
}

pub(super) async fn a_tenants_id_is_of_visible_characters<S: TestStore>(fixture: Fixture<S>) {
    for id in ["", "two words", "a\n", "\u{0}", "päron", &"a".repeat(257)] {
        let error = fixture.outbox.tenant(id).expect_err("not an id");
        assert!(error.to_string().contains("1 to 256 visible ASCII characters"), "{error}");
    }
    for id in ["a", "1f0c-...", &"a".repeat(256)] {
        let tenant = fixture.outbox.tenant(id).expect("an id");
        emit(&tenant, &person(1).created()).await;
        let events = tenant.history().events(&Query::new()).await.expect("a page");
        assert_eq!(events.items().len(), 1);
    }
}

pub(super) async fn an_endpoint_gets_events_from_its_creation_on<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/first").await;
    let _running = fixture.start().await;
    for round in 0..20 {
        // Each event is emitted right after the endpoint is there, which the dispatcher has not
        // been told of.
        let path = format!("/{round}");
        fixture.endpoint(&receiver, &path).await;
        fixture.emit(&person(round).created()).await;
        // An event that is not fanned out yet would reach the next endpoint too.
        fixture.fanned_out().await;
    }
    fixture.settled().await;
    for round in 0..20 {
        let mut expected: Vec<String> = (round..20).map(|id| id.to_string()).collect();
        expected.sort();
        assert_eq!(object_ids(&receiver.arrivals_at(&format!("/{round}"))), expected);
    }
    assert_eq!(receiver.arrivals_at("/first").len(), 20);
}

pub(super) async fn a_deleted_endpoint_gets_nothing_more_and_holds_nothing_back<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::answering(|arrival| {
        super::receiver::status(if arrival.path == "/doomed" { 500 } else { 200 })
    })
    .await;
    let slow = settings(&receiver, "/doomed")
        .schedule(hookwright::RetrySchedule::new([std::time::Duration::from_secs(2); 9]));
    let doomed = fixture.endpoint_of(slow).await;
    fixture.endpoint(&receiver, "/kept").await;
    let running = fixture.start().await;
    let first = fixture.emit(&person(1).created()).await;
    receiver.wait_for(2).await;
    let failed = Query::new().endpoint(&doomed);
    until("a logged failure", || async {
        fixture.outbox.history().attempts(&failed).await.expect("a page").items().len() == 1
    })
    .await;
    fixture.outbox.endpoints().delete(&doomed).await.expect("it is there");
    not_found(fixture.outbox.endpoints().get(&doomed).await);
    fixture.emit(&person(2).created()).await;
    receiver.wait_for_at("/kept", 2).await;
    running.end().await;

    // Another run, whose retention takes what is left of it, when its retry would be due.
    let due = "SELECT max(due) FROM hookwright_delivery";
    let due = fixture.number(due).await.expect("a delivery");
    until("the retry would be due", || async { Utc::now().timestamp_millis() > due + 200 }).await;
    let _running = fixture.start().await;
    fixture.emit(&person(3).created()).await;
    fixture.settled().await;
    assert_eq!(receiver.arrivals_at("/kept").len(), 3);
    assert_eq!(receiver.arrivals_at("/doomed").len(), 1);

    // The log of what was done stays, and nothing else is shown.
    let attempts = fixture.outbox.history().attempts(&failed).await.expect("a page");
    let [attempt] = attempts.items() else { panic!("{attempts:?}") };
    assert_eq!(attempt.event_id(), &first);
    assert_eq!(attempt.outcome(), AttemptOutcome::Failed);
    let pending = failed.clone().state(DeliveryState::Pending);
    let deliveries = fixture.outbox.history().deliveries(&pending).await.expect("a page");
    assert!(deliveries.items().is_empty());
    assert_eq!(fixture.outbox.endpoints().list().await.expect("a list").len(), 1);
}

pub(super) async fn a_disabled_endpoint_holds_its_events_until_it_is_enabled<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    let held = fixture.endpoint(&receiver, "/held").await;
    fixture.endpoint(&receiver, "/other").await;
    let _running = fixture.start().await;
    let endpoints = fixture.outbox.endpoints();
    let before = Utc::now() - TimeDelta::seconds(1);
    endpoints.disable(&held).await.expect("it is there");
    fixture.emit_people(0..10).await;
    receiver.wait_for_at("/other", 10).await;
    fixture.fanned_out().await;

    let state = endpoints.get(&held).await.expect("it is there").state();
    let EndpointState::Disabled { reason, since, .. } = state else { panic!("{state:?}") };
    assert_eq!(reason, DisabledReason::ByHand);
    assert!(since > before);
    let history = fixture.outbox.history();
    let of_it = Query::new().endpoint(&held);
    let deliveries = history.deliveries(&of_it).await.expect("a page");
    assert_eq!(deliveries.items().len(), 10);
    for delivery in deliveries.items() {
        assert_eq!(delivery.state(), DeliveryState::Held);
        assert_eq!(delivery.attempts(), 0);
    }
    let pending = of_it.clone().state(DeliveryState::Pending);
    assert!(history.deliveries(&pending).await.expect("a page").items().is_empty());

    endpoints.enable(&held).await.expect("it is there");
    let arrivals = receiver.wait_for_at("/held", 10).await;
    fixture.settled().await;
    assert_eq!(object_ids(&arrivals), object_ids(&receiver.arrivals_at("/other")));
    assert!(arrivals.iter().all(|arrival| arrival.attempt() == 1));
    let state = endpoints.get(&held).await.expect("it is there").state();
    assert_eq!(state, EndpointState::Active);
    let delivered = of_it.state(DeliveryState::Delivered);
    assert_eq!(history.deliveries(&delivered).await.expect("a page").items().len(), 10);
}

pub(super) async fn an_update_counts_for_later_events<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    let old = settings(&receiver, "/old").header("X-Key", "old").expect("a header");
    let id = fixture.endpoint_of(old).await;
    let _running = fixture.start().await;
    let endpoints = fixture.outbox.endpoints();
    fixture.emit(&person(1).created()).await;
    fixture.settled().await;

    let new = settings(&receiver, "/new")
        .header("X-Key", "new")
        .expect("a header")
        .description("the new one")
        .wants("person.deleted".parse().expect("a pattern"));
    let updated = endpoints.update(&id, new).await.expect("it is there");
    assert_eq!(updated.id(), &id);
    assert_eq!(updated.settings().description_text(), "the new one");
    assert!(updated.updated_at() >= updated.created_at());
    fixture.emit(&person(2).created()).await;
    fixture.emit(&person(3).deleted()).await;
    fixture.settled().await;
    let only_url = updated.into_settings().with_url(&receiver.url("/newer")).expect("a URL");
    endpoints.update(&id, only_url).await.expect("it is there");
    fixture.emit(&person(4).deleted()).await;
    fixture.settled().await;

    let seen: Vec<_> = receiver
        .arrivals()
        .iter()
        .map(|arrival| (arrival.path.clone(), arrival.header("x-key").to_owned(), arrival.name()))
        .collect();
    let expected = [
        ("/old", "old", "person.created"),
        ("/new", "new", "person.deleted"),
        ("/newer", "new", "person.deleted"),
    ];
    assert_eq!(seen, expected.map(|(path, key, name)| (path.into(), key.into(), name.into())));
}

pub(super) async fn an_endpoint_that_is_not_there_is_not_found<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    let deleted = fixture.endpoint(&receiver, "/").await;
    let endpoints = fixture.outbox.endpoints();
    endpoints.delete(&deleted).await.expect("it is there");
    let unknown: EndpointId = "0193f7f4-3b5c-7bd0-a5f7-6b8b1d0f5f11".parse().expect("an id");
    for id in [deleted, unknown] {
        not_found(endpoints.get(&id).await);
        not_found(endpoints.update(&id, settings(&receiver, "/")).await);
        let secret = hookwright::Secret::generate();
        not_found(endpoints.rotate_secret(&id, secret, std::time::Duration::ZERO).await);
        not_found(endpoints.disable(&id).await);
        not_found(endpoints.enable(&id).await);
        not_found(endpoints.delete(&id).await);
        let deliveries = fixture.outbox.deliveries();
        not_found(deliveries.recover(&id, Utc::now()).await);
        not_found(deliveries.replay(&id, Utc::now()..Utc::now()).await);
    }
    assert!(endpoints.list().await.expect("a list").is_empty());
}
