//! What holds of every adapter.

use std::error::Error;

use chrono::{DateTime, Utc};
use hookwright::{
    BodyError, Dispatcher, EndpointSettings, Event, EventId, Outbox, Secret, Sender, Store,
    WebhookObject,
};
use hookwright_examples::adapters::AdapterError;
use serde::Serialize;
use tokio::sync::oneshot;

use crate::database::Database;
use crate::receiver::Receiver;

#[derive(Clone, Serialize, WebhookObject)]
pub(crate) struct Note {
    pub(crate) id: String,
    text: String,
}

/// An application that saves its notes through a library of databases.
pub(crate) trait Application {
    type Store: Store;
    type Error: Error + 'static;

    /// Emits each event and then saves its note, all in one transaction, whatever becomes of an
    /// event.
    async fn run(
        &mut self,
        outbox: &Outbox<Self::Store>,
        events: &[Event<&Note>],
        end: End,
    ) -> Vec<Emitted<Self::Error>>;
}

pub(crate) type Emitted<E> = Result<EventId, AdapterError<E>>;

/// How a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Commit,
    Rollback,
}

/// An application with an outbox in its database, which is its own.
pub(crate) struct Place<A: Application> {
    pub(crate) application: A,
    pub(crate) outbox: Outbox<A::Store>,
    pub(crate) database: Database,
}

/// The tests of an adapter, each in a new place.
macro_rules! keeps_the_contract {
    ($place:path) => {
        #[tokio::test]
        async fn what_is_written_is_what_the_outbox_itself_writes() {
            $crate::contract::what_is_written_is_what_the_outbox_writes($place().await).await;
        }

        #[tokio::test]
        async fn what_is_committed_is_delivered_and_what_is_rolled_back_never_was() {
            $crate::contract::what_is_committed_is_delivered($place().await).await;
        }

        #[tokio::test]
        async fn a_body_over_the_limit_leaves_the_transaction_as_it_was() {
            $crate::contract::a_body_over_the_limit_leaves_the_transaction($place().await).await;
        }

        #[tokio::test]
        async fn an_event_that_is_emitted_again_changes_nothing() {
            $crate::contract::an_event_emitted_again_changes_nothing($place().await).await;
        }
    };
}

pub(crate) use keeps_the_contract;

fn note(id: &str, text: &str) -> Note {
    Note { id: id.into(), text: text.into() }
}

fn id(text: &str) -> EventId {
    text.parse().expect("an id")
}

pub(crate) async fn what_is_written_is_what_the_outbox_writes<A: Application>(mut place: Place<A>) {
    let odd_id = "\u{1f4de} \"one\" '$1' ?";
    let plain = note(odd_id, "");
    let odd = note(odd_id, "a 'quoted' $1 ? \\ \u{0}\r\n\u{1f4de} text");
    let big = note(odd_id, &"\u{1f4de}\n".repeat(40_000));
    let old = DateTime::from_timestamp_millis(-1).expect("a time");
    let events = [
        plain.created().with_id(id("msg_of_another")),
        odd.deleted().with_id(id("0190d1f5-0000-7000-8000-000000000000")).at(old),
        odd.updated_from(&plain).expect("comparable").expect("changed").with_id(id("msg_2")),
        big.updated_from(&odd).expect("comparable").expect("changed").with_id(id("msg_3")),
        odd.updated_from(&big).expect("comparable").expect("changed").with_id(id("msg_4")),
    ];
    let tenant = place.outbox.tenant("acme").expect("a tenant");
    for outbox in [&place.outbox, &tenant] {
        for event in &events {
            let before = Utc::now().timestamp_millis();
            let event = std::slice::from_ref(event);
            let emitted = place.application.run(outbox, event, End::Commit).await;
            let [Ok(emitted)] = &emitted[..] else { panic!("{emitted:?}") };
            assert_eq!(Some(emitted), event[0].id());
            let by_adapter = place.database.take_events().await;

            let mut transaction = outbox.begin().await.expect("a transaction");
            outbox.emit(&mut transaction, &event[0]).await.expect("an event that is taken");
            transaction.commit().await.expect("a commit");
            let by_outbox = place.database.take_events().await;
            let after = Utc::now().timestamp_millis();

            let ([adapters], [outboxes]) = (&by_adapter[..], &by_outbox[..]) else {
                panic!("one row each: {by_adapter:?} {by_outbox:?}");
            };
            assert_eq!(adapters.row, outboxes.row);
            assert!((before..=outboxes.emitted_at).contains(&adapters.emitted_at));
            assert!((adapters.emitted_at..=after).contains(&outboxes.emitted_at));
            let data = serde_json::to_vec(event[0].data()).expect("JSON");
            assert_eq!(adapters.row.data, data, "the data as they were");
        }
    }
    place.database.remove().await;
}

pub(crate) async fn what_is_committed_is_delivered<A: Application>(mut place: Place<A>) {
    let (secret, mut receiver) = (Secret::generate(), Receiver::start().await);
    let settings = EndpointSettings::new(receiver.url()).expect("a URL").secret(secret.clone());
    place.outbox.endpoints().create(settings).await.expect("an endpoint");
    let sender = Sender::builder().allow("127.0.0.0/8".parse().expect("a network"));
    let dispatcher = Dispatcher::new(place.outbox.clone()).sender(sender.build().expect("TLS"));
    let (stop, stopped) = oneshot::channel::<()>();
    let before = note("1", "before");
    let after = note("1", &"after \u{1f4de} ".repeat(1000));
    let work = async {
        let withdrawn = [before.created().with_id(id("withdrawn"))];
        let emitted = place.application.run(&place.outbox, &withdrawn, End::Rollback).await;
        assert!(matches!(&emitted[..], [Ok(_)]), "{emitted:?}");
        assert!(place.database.events().await.is_empty());
        assert_eq!(place.database.notes().await, 0, "the note was rolled back with it");

        let updated = after.updated_from(&before).expect("comparable").expect("changed");
        let events = [before.created(), updated];
        let emitted = place.application.run(&place.outbox, &events, End::Commit).await;
        assert_eq!(place.database.notes().await, 2, "the notes were committed with them");
        let mut expected: Vec<_> = emitted
            .into_iter()
            .zip(&events)
            .map(|(id, event)| {
                let id = id.expect("an event that is taken").to_string();
                (id, event.body().expect("a body").into_bytes())
            })
            .collect();
        let mut found = Vec::new();
        for _ in &expected {
            found.push(receiver.next_verified(&secret).await);
        }
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
        stop.send(()).expect("a dispatcher that still runs");
    };
    let (ended, ()) = tokio::join!(dispatcher.run(async { drop(stopped.await) }), work);
    ended.expect("a dispatcher that ends in order");
    assert!(receiver.is_idle(), "nothing else was sent");
    place.database.remove().await;
}

pub(crate) async fn a_body_over_the_limit_leaves_the_transaction<A: Application>(
    mut place: Place<A>,
) {
    let (small, large) = (note("1", "small"), note("2", &"x".repeat(300_000)));
    let events = [
        small.created().with_id(id("first")),
        large.created().with_id(id("too_large")),
        small.deleted().with_id(id("last")),
    ];
    let emitted = place.application.run(&place.outbox, &events, End::Commit).await;
    let [Ok(_), Err(error @ AdapterError::Body(too_large)), Ok(_)] = &emitted[..] else {
        panic!("{emitted:?}");
    };
    assert!(matches!(too_large, BodyError::TooLarge { limit: 262_144, .. }));
    assert_eq!(error.to_string(), too_large.to_string());
    let events = place.database.events().await;
    let ids: Vec<_> = events.iter().map(|event| event.row.event_id.as_str()).collect();
    assert_eq!(ids, ["first", "last"]);
    assert_eq!(place.database.notes().await, 3);
    place.database.remove().await;
}

pub(crate) async fn an_event_emitted_again_changes_nothing<A: Application>(mut place: Place<A>) {
    let (first, second) = (note("1", "first"), note("2", "second"));
    let emit = |note| Note::created(note).with_id(id("once"));
    let events = [emit(&first), emit(&second)];
    for _ in 0..2 {
        let emitted = place.application.run(&place.outbox, &events, End::Commit).await;
        assert!(emitted.iter().all(Result::is_ok), "{emitted:?}");
    }
    let found = place.database.events().await;
    let [event] = &found[..] else { panic!("one row: {found:?}") };
    assert_eq!(event.row.object_id, "1");
    place.database.remove().await;
}
