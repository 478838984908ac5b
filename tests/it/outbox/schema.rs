//! The tables: made once, and refused when they are of another version.

use hookwright::{MasterKey, Outbox, OutboxBuilder, OutboxError, WebhookObject};

use super::fixture::{Fixture, dispatcher, person};
use super::receiver::Receiver;
use super::store::TestStore;

pub(super) async fn several_that_open_a_new_database_make_one_schema<S: TestStore>(
    _fixture: Fixture<S>,
) {
    let place = S::make_place().await;
    let key = MasterKey::generate();
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let (place, key) = (place.clone(), key.clone());
            tokio::spawn(async move {
                let builder = OutboxBuilder::new().master_key(key);
                let outbox = S::open(&place, builder).await?;
                outbox.migrate().await?;
                let mut transaction = outbox.begin().await?;
                outbox.emit(&mut transaction, &person(1).created()).await.expect("room");
                transaction.commit().await?;
                Ok::<Outbox<S>, OutboxError>(outbox)
            })
        })
        .collect();
    let mut outboxes = Vec::new();
    for opened in opening {
        outboxes.push(opened.await.expect("no panic").expect("an outbox"));
    }
    let mut connection = outboxes[0].pool().acquire().await.expect("a connection");
    for (sql, expected) in [
        ("SELECT number FROM hookwright_meta WHERE name = 'version'", 1),
        ("SELECT count(*) FROM hookwright_meta WHERE name = 'key'", 1),
        ("SELECT count(*) FROM hookwright_event", 8),
    ] {
        assert_eq!(S::read_number(&mut connection, sql).await, Some(expected), "{sql}");
    }
    drop(connection);
    drop(outboxes);
    S::remove_place(place).await;
}

pub(super) async fn migrating_again_changes_nothing<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/").await;
    let _running = fixture.start().await;
    fixture.emit(&person(1).created()).await;
    fixture.outbox.migrate().await.expect("it is up to date");
    fixture.open_again().await.expect("an outbox").migrate().await.expect("it is up to date");
    fixture.emit(&person(2).created()).await;
    receiver.wait_for(2).await;
    assert_eq!(fixture.outbox.endpoints().list().await.expect("a list").len(), 1);
}

fn is_version(error: &OutboxError, remedy: &str) {
    assert!(error.is_version(), "{error:?}");
    assert!(!error.is_retryable());
    assert!(error.to_string().contains(remedy), "{error}");
}

pub(super) async fn tables_of_a_newer_program_are_refused<S: TestStore>(fixture: Fixture<S>) {
    fixture.execute("UPDATE hookwright_meta SET number = 99 WHERE name = 'version'").await;
    let remedy = "version 99, and this program knows 1: run a newer program";
    is_version(&fixture.open_again().await.expect_err("it is newer"), remedy);
    is_version(&fixture.outbox.migrate().await.expect_err("it is newer"), remedy);
    let version = "SELECT number FROM hookwright_meta WHERE name = 'version'";
    assert_eq!(fixture.number(version).await, Some(99));
}

pub(super) async fn tables_of_an_older_program_are_left_to_a_migration<S: TestStore>(
    fixture: Fixture<S>,
) {
    // No version is older than the first. This one stands for those that will be.
    fixture.execute("UPDATE hookwright_meta SET number = -1 WHERE name = 'version'").await;
    let outbox = fixture.open_again().await.expect("it may be migrated");
    let remedy = "call `migrate()` once";
    is_version(&outbox.endpoints().list().await.expect_err("it is older"), remedy);
    is_version(&dispatcher(&outbox).run(std::future::pending()).await.expect_err("older"), remedy);
    let mut transaction = outbox.begin().await.expect("a transaction");
    let error = outbox.emit(&mut transaction, &person(1).created()).await.expect_err("it is older");
    let hookwright::EmitError::Outbox(error) = error else { panic!("{error:?}") };
    is_version(&error, remedy);
}

pub(super) async fn a_database_whose_tables_are_gone_says_what_to_do<S: TestStore>(
    fixture: Fixture<S>,
) {
    fixture.execute("DROP VIEW hookwright_fresh").await;
    for table in ["event", "delivery", "endpoint", "attempt", "replay", "meta"] {
        fixture.execute(&format!("DROP TABLE hookwright_{table}")).await;
    }
    let mut transaction = fixture.outbox.begin().await.expect("a transaction");
    let emitted = fixture.outbox.emit(&mut transaction, &person(1).created()).await;
    let error = emitted.expect_err("there are no tables");
    let hookwright::EmitError::Outbox(error) = error else { panic!("{error:?}") };
    is_version(&error, "call `migrate()` once");
}
