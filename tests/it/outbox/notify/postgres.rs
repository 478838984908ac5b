//! How dispatchers of other processes learn of what was committed, on PostgreSQL.

use std::time::{Duration, Instant};

use hookwright::{Postgres, WebhookObject};
use sqlx::postgres::PgListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::super::fixture::{Fixture, check, dispatcher, person, until};
use super::super::receiver::Receiver;

const CHANNEL: &str = "hookwright";
/// What a process waits between two notifications.
const PAUSE: Duration = Duration::from_millis(50);
/// Long enough for a notification that should not be sent.
const A_WHILE: Duration = Duration::from_millis(200);

async fn listener(fixture: &Fixture<Postgres>) -> PgListener {
    let mut listener = PgListener::connect_with(fixture.outbox.pool()).await.expect("the server");
    listener.listen(CHANNEL).await.expect("a channel");
    listener
}

/// How many notifications came until now: the server keeps their order.
async fn count(fixture: &Fixture<Postgres>, listener: &mut PgListener) -> u32 {
    tokio::time::sleep(A_WHILE).await;
    fixture.texts(&format!("SELECT pg_notify('{CHANNEL}', 'marker')::text")).await;
    let mut count = 0;
    loop {
        let told = listener.recv().await.expect("the server");
        match told.payload() {
            "marker" => return count,
            payload => assert_eq!(payload, ""),
        }
        count += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_is_sent_after_a_commit_and_never_inside_the_transaction() {
    check::<Postgres, _>(|fixture| async move {
        let mut listener = listener(&fixture).await;
        let outbox = &fixture.outbox;
        // What is sent within a transaction comes with its commit.
        let mut own = outbox.pool().begin().await.expect("a transaction");
        outbox.emit(&mut own, &person(1).created()).await.expect("room");
        own.commit().await.expect("a commit");
        assert_eq!(count(&fixture, &mut listener).await, 0);
        outbox.wake();
        assert_eq!(count(&fixture, &mut listener).await, 1);

        let mut transaction = outbox.begin().await.expect("a transaction");
        outbox.emit(&mut transaction, &person(2).created()).await.expect("room");
        assert_eq!(count(&fixture, &mut listener).await, 0);
        transaction.commit().await.expect("a commit");
        assert_eq!(count(&fixture, &mut listener).await, 1);

        let mut transaction = outbox.begin().await.expect("a transaction");
        outbox.emit(&mut transaction, &person(3).created()).await.expect("room");
        transaction.rollback().await.expect("the server");
        let mut transaction = outbox.begin().await.expect("a transaction");
        outbox.emit(&mut transaction, &person(4).created()).await.expect("room");
        drop(transaction);
        assert_eq!(count(&fixture, &mut listener).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_commits_are_told_by_few_notifications() {
    check::<Postgres, _>(|fixture| async move {
        let mut listener = listener(&fixture).await;
        let start = Instant::now();
        for id in 0..200 {
            fixture.emit(&person(id).created()).await;
        }
        let count = count(&fixture, &mut listener).await;
        let pauses = start.elapsed().as_millis() / PAUSE.as_millis();
        assert!((1..=pauses + 1).contains(&u128::from(count)), "{count} within {pauses} pauses");
    })
    .await;
}

/// The dispatcher's time stands still, so that its poll never comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_dispatcher_elsewhere_is_woken_by_it() {
    check::<Postgres, _>(|fixture| async move {
        let receiver = Receiver::new().await;
        fixture.endpoint(&receiver, "/").await;
        let (end, ended) = oneshot::channel::<()>();
        let (place, builder) = (fixture.place.clone(), fixture.builder());
        let elsewhere = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
            let runtime = runtime.expect("a runtime");
            runtime.block_on(async move {
                // Time that is paused is moved on when nothing is to be done; but not while
                // something blocks.
                let (_keep, blocked) = std::sync::mpsc::channel::<()>();
                tokio::task::spawn_blocking(move || blocked.recv());
                let outbox = builder.postgres(&place.url()).await.expect("an outbox");
                tokio::select! {
                    ended = dispatcher(&outbox).run(std::future::pending()) => panic!("{ended:?}"),
                    _ = ended => {}
                }
            });
            runtime.shutdown_background();
        });
        let listens = "SELECT count(*) FROM pg_stat_activity \
             WHERE query LIKE 'LISTEN%' AND state = 'idle' AND datname = current_database()";
        until("it listens", || async { fixture.number(listens).await == Some(1) }).await;

        // Its first look at the tables, which every dispatcher begins with, is over by then.
        tokio::time::sleep(A_WHILE).await;
        // One that nobody announces is not seen: its time does stand still.
        let mut own = fixture.outbox.pool().begin().await.expect("a transaction");
        fixture.outbox.emit(&mut own, &person(0).created()).await.expect("room");
        own.commit().await.expect("a commit");
        tokio::time::sleep(A_WHILE).await;
        assert!(receiver.arrivals().is_empty());
        for id in 1..=5 {
            fixture.emit(&person(id).created()).await;
            receiver.wait_for(id + 1).await;
        }
        end.send(()).expect("it runs");
        elsewhere.join().expect("no panic");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dispatcher_sets_for_itself_is_not_left_to_those_who_share_its_pool() {
    const SETTINGS: &str = "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) \
         FROM pg_settings WHERE source = 'session'";
    check::<Postgres, _>(|fixture| async move {
        let fresh = fixture.texts(SETTINGS).await;
        for _ in 0..3 {
            fixture.start().await.end().await;
            fixture.start().await.kill().await;
        }
        let pool = fixture.outbox.pool();
        let size = pool.size();
        assert!(size > 0, "the pool has connections");
        let mut connections = Vec::new();
        for _ in 0..size {
            connections.push(pool.acquire().await.expect("a connection"));
        }
        for connection in &mut connections {
            let found: Option<String> =
                sqlx::query_scalar(SETTINGS).fetch_one(&mut **connection).await.expect("an answer");
            assert_eq!(found, fresh[0]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_a_dispatcher_would_use_up_is_refused_with_what_to_do() {
    check::<Postgres, _>(|fixture| async move {
        let expected = "the dispatcher keeps 2 of the pool's connections, and there are no more: set `max_connections` to 3 at least";
        for size in [1, 2] {
            let options = sqlx::postgres::PgPoolOptions::new().max_connections(size);
            let pool = options.connect(&fixture.place.url()).await.expect("the server");
            let outbox = fixture.builder().postgres_pool(pool).await.expect("an outbox");
            let dispatcher = dispatcher(&outbox);
            let health = dispatcher.health();
            let error = dispatcher.run(std::future::pending()).await.expect_err("it is too small");
            assert_eq!(error.to_string(), expected);
            assert!(!health.is_live(), "whoever asks sees that it has ended");
        }
    })
    .await;
}
