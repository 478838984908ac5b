//! Events that have no type in Rust.

use hookwright::{EmitError, Event, JsonData, Query, RawEvent};

use super::fixture::Fixture;
use super::receiver::Receiver;
use super::store::TestStore;

fn event(name: &str, json: &str) -> Event<JsonData> {
    Event::untyped(name.parse().expect("a name"), JsonData::parse(json).expect("an object"))
}

pub(super) async fn an_event_of_any_name_arrives_with_the_bytes_of_its_data<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/").await;
    let _running = fixture.start().await;
    // Blanks, escapes and numbers that no type holds.
    let json = "{ \"id\" : 7,\n \"a\": 1.000, \"b\": 1e999, \"c\": \"\\u0000\\/Zo\u{eb}\", \"d\": [null] }";
    let sent = event("deal.won", json)
        .with_id("order-1".parse().expect("an id"))
        .at("2025-02-10T15:30:50Z".parse().expect("a time"))
        .with_updated_fields(["a"], Some(r#"{"a": 0.10}"#))
        .expect("an object");
    let mut transaction = fixture.outbox.begin().await.expect("a transaction");
    let id = fixture.outbox.emit(&mut transaction, &sent).await.expect("room");
    transaction.commit().await.expect("a commit");
    assert_eq!(id.to_string(), "order-1");

    let arrivals = receiver.wait_for(1).await;
    let expected = format!(
        r#"{{"event":"deal.won","data":{json},"updatedFields":["a"],"previous":{{"a": 0.10}},"timestamp":"2025-02-10T15:30:50Z"}}"#
    );
    assert_eq!(arrivals[0].body, expected.as_bytes());
    assert_eq!(arrivals[0].id(), "order-1");
    let query = Query::new().object("deal").object_id("7");
    let events = fixture.outbox.history().events(&query).await.expect("a page");
    assert_eq!(events.items().len(), 1);
    assert_eq!(events.items()[0].name().to_string(), "deal.won");

    // What was received goes on as it is.
    let again = RawEvent::parse(&arrivals[0].body).expect("an event").to_event();
    let again = again.expect("an object").with_id("order-2".parse().expect("an id"));
    let mut transaction = fixture.outbox.begin().await.expect("a transaction");
    fixture.outbox.emit(&mut transaction, &again).await.expect("room");
    transaction.commit().await.expect("a commit");
    let arrivals = receiver.wait_for(2).await;
    assert_eq!(arrivals[1].body, arrivals[0].body);
    assert_eq!(arrivals[1].id(), "order-2");
}

pub(super) async fn many_are_written_at_once_under_ids_of_their_own<S: TestStore>(
    fixture: Fixture<S>,
) {
    let events = [
        event("deal.won", r#"{"id":"a"}"#),
        event("deal.lost", r#"{"id":null}"#),
        event("site.visited", "{}").with_id("visit".parse().expect("an id")),
    ];
    for _ in 0..2 {
        let mut transaction = fixture.outbox.begin().await.expect("a transaction");
        let count = fixture.outbox.emit_all(&mut transaction, &events).await.expect("room");
        assert_eq!(count, 3);
        transaction.commit().await.expect("a commit");
    }
    let page = fixture.outbox.history().events(&Query::new()).await.expect("a page");
    let told: Vec<_> =
        page.items().iter().map(|event| (event.name().to_string(), event.object_id())).collect();
    let expected = [("site.visited", ""), ("deal.lost", ""), ("deal.won", "a")];
    assert_eq!(told, expected.map(|(name, id)| (name.to_owned(), id)));
    assert_eq!(page.items()[0].id().to_string(), "visit");
}

pub(super) async fn data_that_is_too_large_is_refused_as_ever<S: TestStore>(fixture: Fixture<S>) {
    let large = event("deal.won", &format!(r#"{{"id":1,"text":"{}"}}"#, "x".repeat(262_144)));
    let many = vec!["field"; 40_000];
    let changed = event("deal.updated", r#"{"id":1}"#).with_updated_fields(many, None);
    for refused in [large, changed.expect("names")] {
        let mut transaction = fixture.outbox.begin().await.expect("a transaction");
        let error = fixture.outbox.emit(&mut transaction, &refused).await.expect_err("too large");
        assert!(matches!(error, EmitError::Body(hookwright::BodyError::TooLarge { .. })));
        transaction.commit().await.expect("a commit");
    }
    assert_eq!(fixture.count("hookwright_event").await, 0);
}
