//! What is emitted in a transaction, and what is not.

use std::collections::HashMap;

use hookwright::{BodyError, EmitError, Event, Query, WebhookObject};
use serde::Serialize;
use sqlx::Connection;

use super::fixture::{Fixture, Person, Running, person};
use super::receiver::Receiver;
use super::store::TestStore;

/// Data of which JSON can be made, or not.
#[derive(Serialize, WebhookObject)]
#[webhook(name = "person")]
struct Odd {
    id: String,
    notes: String,
    /// Not JSON when there is an entry: its key is no string.
    places: HashMap<(i32, i32), String>,
}

impl Odd {
    fn of_size(bytes: usize) -> Self {
        Self { id: "odd".into(), notes: "n".repeat(bytes), places: HashMap::new() }
    }

    fn unserializable() -> Self {
        let places = HashMap::from([((1, 2), "here".to_owned())]);
        Self { id: "odd".into(), notes: String::new(), places }
    }
}

const CREATE: &str = "CREATE TABLE person (id TEXT PRIMARY KEY)";

fn insert(id: &str) -> String {
    format!("INSERT INTO person (id) VALUES ('{id}')")
}

pub(super) async fn a_record_and_its_event_commit_together<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/").await;
    fixture.execute(CREATE).await;
    let _running = fixture.start().await;
    let outbox = &fixture.outbox;

    // The outbox's own transaction, and one of the application's.
    let mut transaction = outbox.begin().await.expect("a transaction");
    S::run_sql(&mut transaction, &insert("1")).await.expect("a row");
    outbox.emit(&mut transaction, &person(1).created()).await.expect("room");
    transaction.commit().await.expect("a commit");

    let mut transaction = outbox.pool().begin().await.expect("a transaction");
    S::run_sql(&mut transaction, &insert("2")).await.expect("a row");
    outbox.emit(&mut transaction, &person(2).created()).await.expect("room");
    transaction.commit().await.expect("a commit");
    outbox.wake();

    // Without a wake-up the poll finds it.
    let mut transaction = outbox.pool().begin().await.expect("a transaction");
    S::run_sql(&mut transaction, &insert("3")).await.expect("a row");
    outbox.emit(&mut transaction, &person(3).created()).await.expect("room");
    transaction.commit().await.expect("a commit");

    let arrivals = receiver.wait_for(3).await;
    let mut ids: Vec<String> = arrivals.iter().map(super::receiver::Arrival::object_id).collect();
    ids.sort();
    assert_eq!(ids, ["1", "2", "3"]);
    assert_eq!(fixture.count("person").await, 3);
}

pub(super) async fn what_is_rolled_back_is_never_delivered<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/").await;
    fixture.execute(CREATE).await;
    let _running = fixture.start().await;
    let outbox = &fixture.outbox;

    let mut transaction = outbox.begin().await.expect("a transaction");
    S::run_sql(&mut transaction, &insert("rolled back")).await.expect("a row");
    outbox.emit(&mut transaction, &person("rolled back").created()).await.expect("room");
    transaction.rollback().await.expect("a rollback");

    let mut transaction = outbox.begin().await.expect("a transaction");
    S::run_sql(&mut transaction, &insert("dropped")).await.expect("a row");
    outbox.emit(&mut transaction, &person("dropped").created()).await.expect("room");
    drop(transaction);

    let mut transaction = outbox.pool().begin().await.expect("a transaction");
    S::run_sql(&mut transaction, &insert("own")).await.expect("a row");
    outbox.emit(&mut transaction, &person("own").created()).await.expect("room");
    drop(transaction);

    let panicked = tokio::spawn({
        let outbox = outbox.clone();
        async move {
            let mut transaction = outbox.begin().await.expect("a transaction");
            outbox.emit(&mut transaction, &person("panicked").created()).await.expect("room");
            std::panic::resume_unwind(Box::new("the application panics"));
        }
    });
    assert!(panicked.await.is_err());

    // Of a transaction that is committed, the part that was rolled back to a savepoint.
    let mut transaction = outbox.begin().await.expect("a transaction");
    S::run_sql(&mut transaction, &insert("kept")).await.expect("a row");
    outbox.emit(&mut transaction, &person("kept").created()).await.expect("room");
    let mut savepoint = Connection::begin(&mut *transaction).await.expect("a savepoint");
    S::run_sql(&mut savepoint, &insert("savepoint")).await.expect("a row");
    outbox.emit(&mut savepoint, &person("savepoint").created()).await.expect("room");
    savepoint.rollback().await.expect("a rollback");
    transaction.commit().await.expect("a commit");

    fixture.settled().await;
    let arrivals = receiver.wait_for(1).await;
    let ids: Vec<String> = arrivals.iter().map(super::receiver::Arrival::object_id).collect();
    assert_eq!(ids, ["kept"]);
    assert_eq!(fixture.count("hookwright_event").await, 1);
    assert_eq!(fixture.count("person").await, 1);
}

pub(super) async fn data_that_has_no_body_leaves_the_transaction_as_it_was<S: TestStore>(
    fixture: Fixture<S>,
) {
    fixture.execute(CREATE).await;
    let outbox = &fixture.outbox;
    let mut transaction = outbox.begin().await.expect("a transaction");
    S::run_sql(&mut transaction, &insert("1")).await.expect("a row");

    let large = Odd::of_size(256 * 1024);
    let error = outbox.emit(&mut transaction, &large.created()).await.expect_err("too large");
    assert!(matches!(error, EmitError::Body(BodyError::TooLarge { .. })), "{error:?}");
    assert!(!error.is_retryable());
    let odd = Odd::unserializable();
    let error = outbox.emit(&mut transaction, &odd.created()).await.expect_err("no JSON");
    assert!(matches!(error, EmitError::Body(BodyError::Serialize { .. })), "{error:?}");
    assert!(matches!(outbox.insert(&odd.created()), Err(BodyError::Serialize { .. })));

    S::run_sql(&mut transaction, &insert("2")).await.expect("a row");
    outbox.emit(&mut transaction, &person(2).created()).await.expect("room");
    transaction.commit().await.expect("a commit");
    assert_eq!(fixture.count("person").await, 2);
    assert_eq!(fixture.count("hookwright_event").await, 1);

    // The limit is of the whole body, and is settable up to 1 MiB.
    let outbox = S::open(&fixture.place, fixture.builder().body_limit(200)).await;
    let outbox = outbox.expect("an outbox");
    let mut transaction = outbox.begin().await.expect("a transaction");
    let time = "2025-02-10T15:30:50Z".parse().expect("a time");
    let empty = Odd::of_size(0);
    let shortest = empty.created().at(time).body().expect("a body").as_bytes().len();
    let fits = Odd::of_size(200 - shortest);
    outbox.emit(&mut transaction, &fits.created().at(time)).await.expect("just room");
    let over = Odd::of_size(201 - shortest);
    let emitted = outbox.emit(&mut transaction, &over.created().at(time)).await;
    let error = emitted.expect_err("a byte too large");
    assert!(matches!(error, EmitError::Body(BodyError::TooLarge { limit: 200, .. })), "{error:?}");
}

pub(super) async fn many_events_are_written_at_once_or_none<S: TestStore>(fixture: Fixture<S>) {
    let outbox = &fixture.outbox;
    let mut transaction = outbox.begin().await.expect("a transaction");
    let none: [Event<Person>; 0] = [];
    assert_eq!(outbox.emit_all(&mut transaction, none).await.expect("nothing"), 0);

    let good = Odd::of_size(0);
    let bad = Odd::unserializable();
    let mixed = [good.created(), bad.created(), good.deleted()];
    let error = outbox.emit_all(&mut transaction, &mixed).await.expect_err("one has no body");
    assert!(matches!(error, EmitError::Body(BodyError::Serialize { .. })), "{error:?}");
    let counted = S::read_number(&mut transaction, "SELECT count(*) FROM hookwright_event").await;
    assert_eq!(counted, Some(0));

    let people: Vec<Person> = (0..2_500).map(person).collect();
    let events: Vec<_> = people.iter().map(Person::created).collect();
    assert_eq!(outbox.emit_all(&mut transaction, &events).await.expect("room"), 2_500);
    transaction.commit().await.expect("a commit");

    // In their order, each as one emitted alone.
    let ids = fixture.texts("SELECT event_id FROM hookwright_event ORDER BY id").await;
    let expected: Vec<Option<String>> =
        events.iter().map(|event| event.id().map(ToString::to_string)).collect();
    assert_eq!(ids, expected);
    let same = "SELECT count(*) FROM hookwright_event WHERE object = 'person' \
         AND operation = 'created' AND tenant IS NULL AND changed IS NULL AND previous IS NULL \
         AND id IN (SELECT id FROM hookwright_fresh) AND emitted_at > 0 AND time > 0";
    assert_eq!(fixture.number(same).await, Some(2_500));
}

pub(super) async fn an_event_that_is_emitted_twice_is_delivered_once<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/").await;
    let _running = fixture.start().await;
    let alice = person("alice");
    let event = alice.created();
    let outbox = &fixture.outbox;

    // In one transaction, in another, within many, and again when it was delivered.
    let mut transaction = outbox.begin().await.expect("a transaction");
    let first = outbox.emit(&mut transaction, &event).await.expect("room");
    let second = outbox.emit(&mut transaction, &event).await.expect("room");
    assert_eq!(first, second);
    transaction.commit().await.expect("a commit");
    fixture.emit(&event).await;
    receiver.wait_for(1).await;
    fixture.settled().await;
    let other = person("other");
    let other = other.created().with_id("evt_other".parse().expect("an id"));
    let own = person("bob");
    let own = own.created();
    let mut transaction = outbox.begin().await.expect("a transaction");
    let again = [&event, &own, &event];
    outbox.emit_all(&mut transaction, again).await.expect("room");
    outbox.emit(&mut transaction, &other).await.expect("room");
    transaction.commit().await.expect("a commit");

    fixture.settled().await;
    let mut ids: Vec<String> =
        receiver.arrivals().iter().map(super::receiver::Arrival::id).collect();
    ids.sort();
    let mut expected =
        [first.to_string(), own.id().expect("an id").to_string(), "evt_other".into()];
    expected.sort();
    assert_eq!(ids, expected);
    assert_eq!(fixture.count("hookwright_event").await, 3);
}

pub(super) async fn an_insert_by_plain_sqlx_is_the_same_row<S: TestStore>(fixture: Fixture<S>) {
    let before = person("alice");
    let after = Person { email: "new@example.com".into(), ..before.clone() };
    let acme = fixture.outbox.tenant("acme").expect("a tenant");
    for (outbox, event) in [
        (&fixture.outbox, before.created()),
        (&fixture.outbox, after.updated_from(&before).expect("values").expect("a change")),
        (&acme, after.deleted()),
    ] {
        let mut rows = Vec::new();
        let columns = "SELECT coalesce(tenant, '-') || object || operation || object_id || time \
             || coalesce(changed, '-') FROM hookwright_event";
        for is_plain in [false, true] {
            let mut transaction = outbox.pool().begin().await.expect("a transaction");
            if is_plain {
                let insert = outbox.insert(&event).expect("a body");
                assert_eq!(Some(insert.event_id()), event.id());
                S::run_insert(&mut transaction, insert).await.expect("room");
            } else {
                outbox.emit(&mut transaction, &event).await.expect("room");
            }
            let data = S::read_bytes(&mut transaction, "SELECT data FROM hookwright_event").await;
            let old = "SELECT previous FROM hookwright_event WHERE previous IS NOT NULL";
            let old = S::read_bytes(&mut transaction, old).await;
            let texts = S::read_texts(&mut transaction, columns).await;
            assert_eq!(texts.len(), 1);
            rows.push((texts, data, old));
            transaction.rollback().await.expect("a rollback");
        }
        assert_eq!(rows[0], rows[1]);
    }

    // And it is delivered once the dispatcher is told, or polls.
    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/").await;
    let _running = fixture.start().await;
    let event = before.created();
    let insert = fixture.outbox.insert(&event).expect("a body");
    let mut connection = fixture.outbox.pool().acquire().await.expect("a connection");
    S::run_insert(&mut connection, insert).await.expect("room");
    fixture.outbox.wake();
    let arrivals = receiver.wait_for(1).await;
    assert_eq!(&arrivals[0].body[..], event.body().expect("a body").as_bytes());
}

pub(super) async fn a_begun_transaction_is_never_refused_while_the_dispatcher_works<
    S: TestStore,
>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/").await;
    fixture.execute(CREATE).await;
    let _running = fixture.start().await;
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let outbox = fixture.outbox.clone();
            tokio::spawn(async move {
                for round in 0..20 {
                    let id = format!("{task}-{round}");
                    let mut transaction = outbox.begin().await.expect("a turn");
                    // What is read first is what another may have written meanwhile.
                    let count = "SELECT count(*) FROM person";
                    S::read_number(&mut transaction, count).await.expect("a count");
                    S::run_sql(&mut transaction, &insert(&id)).await.expect("a row");
                    outbox.emit(&mut transaction, &person(&id).created()).await.expect("room");
                    transaction.commit().await.expect("a commit");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no refusal");
    }
    fixture.settled().await;
    assert_eq!(receiver.wait_for(160).await.len(), 160);
}

pub(super) async fn a_transaction_that_read_first_can_be_run_again<S: TestStore>(
    fixture: Fixture<S>,
) {
    fixture.execute(CREATE).await;
    let outbox = &fixture.outbox;
    let mut reader = outbox.pool().begin().await.expect("a transaction");
    assert_eq!(S::read_number(&mut reader, "SELECT count(*) FROM person").await, Some(0));
    // Another one writes meanwhile.
    fixture.emit(&person(1).created()).await;
    let emitted = outbox.emit(&mut reader, &person(2).created()).await;
    if S::HAS_ONE_WRITER {
        let error = emitted.expect_err("what was read is old");
        assert!(error.is_retryable(), "{error:?}");
        let EmitError::Outbox(error) = error else { panic!("{error:?}") };
        assert!(error.is_busy());
        assert!(error.to_string().contains("run the transaction again"), "{error}");
        reader.rollback().await.expect("a rollback");
        reader = outbox.pool().begin().await.expect("a transaction");
        outbox.emit(&mut reader, &person(2).created()).await.expect("room");
    } else {
        emitted.expect("rows of others stand in nobody's way");
    }
    reader.commit().await.expect("a commit");
    assert_eq!(fixture.count("hookwright_event").await, 2);

    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/").await;
    let running = Running::start(fixture.dispatcher()).await;
    receiver.wait_for(2).await;
    running.end().await;
}

/// As SQLite does when the disk is full.
pub(super) async fn a_transaction_that_the_database_itself_ended_spoils_none_after_it<
    S: TestStore,
>(
    fixture: Fixture<S>,
) {
    for _ in 0..3 {
        let mut transaction = fixture.outbox.begin().await.expect("a transaction");
        S::run_sql(&mut transaction, "ROLLBACK").await.expect("it is over");
        drop(transaction);
    }
    fixture.emit(&person(1).created()).await;
    let page = fixture.outbox.history().events(&Query::new()).await.expect("events");
    assert_eq!(page.items().len(), 1);
}
