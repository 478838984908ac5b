use std::sync::atomic::Ordering;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Sqlite};

use super::*;
use crate::outbox::queue::steps::count_steps;
use crate::outbox::queue::{Attempt, Batch, End, Lease, fan_out, finish};
use crate::outbox::store::{Backend, Claim};

const NOW: i64 = 1_000;

/// A database in which so many events of one object wait for an endpoint that keeps the order.
async fn waiting(events: i64) -> SqliteConnection {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a database");
    Sqlite::script(&mut connection, Sqlite::MIGRATIONS[0]).await.expect("tables");
    let emit = Statement::new(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) \
         INSERT INTO hookwright_event (event_id, object, operation, object_id, time, data, emitted_at) \
         SELECT i, 'person', 'updated', 'alice', 0, x'7b7d', 0 FROM n",
    );
    Sqlite::execute(&mut connection, emit.bind(events)).await.expect("events");
    let all: Vec<i64> = (1..=events).collect();
    for numbers in all.chunks(100) {
        let delivery = |event: &i64| NewDelivery {
            event: *event,
            endpoint: 1,
            due: NOW,
            format: 0,
            order_key: Some(-7),
            lease: None,
        };
        let mut deliveries: Vec<NewDelivery> = numbers.iter().map(delivery).collect();
        fan_out::<Sqlite>(
            &mut connection,
            Batch { line: numbers, overtaking: &[] },
            &mut deliveries,
        )
        .await
        .expect("deliveries");
    }
    connection
}

async fn claim(connection: &mut SqliteConnection, token: i64) -> Vec<i64> {
    let claim = Claim { wants: &[(1, 8)], now: NOW, token, lease_until: NOW + 10, void_below: 0 };
    let rows = Sqlite::claim(connection, &claim).await.expect("rows");
    rows.iter().map(|row| Sqlite::integer(row, 4).expect("an event").unwrap_or_default()).collect()
}

async fn end(connection: &mut SqliteConnection, event: i64, token: i64, end: End) {
    let attempt = Attempt {
        lease: Lease { event, endpoint: 1, token },
        event_id: event.to_string(),
        order_key: Some(-7),
        number: 1,
        at: NOW,
        microseconds: 5,
        end,
        status: None,
        error: None,
        answer: None,
        location: None,
    };
    let late = finish::<Sqlite>(connection, &mut [attempt]).await.expect("a result");
    assert!(late.is_empty());
}

/// How many steps it takes to deliver the first three, of which the second fails once and the third
/// for good.
async fn steps_among(events: i64) -> usize {
    let mut connection = waiting(events).await;
    let steps = count_steps(&mut connection).await;
    let connection = &mut connection;
    assert_eq!(claim(connection, 1).await, [1]);
    assert!(claim(connection, 2).await.is_empty(), "the first one is under way");
    end(connection, 1, 1, End::Delivered).await;
    assert_eq!(claim(connection, 3).await, [2]);
    end(connection, 2, 3, End::Again(NOW + 1)).await;
    assert!(claim(connection, 4).await.is_empty(), "the second one waits to be tried again");
    end(connection, 2, -3, End::Again(NOW)).await;
    assert_eq!(claim(connection, 5).await, [2]);
    end(connection, 2, 5, End::Delivered).await;
    assert_eq!(claim(connection, 6).await, [3]);
    end(connection, 3, 6, End::Dead(NOW)).await;
    assert_eq!(claim(connection, 7).await, [4]);
    steps.load(Ordering::Relaxed)
}

#[tokio::test]
async fn what_waits_behind_an_objects_first_event_costs_nothing() {
    let (few, many) = (steps_among(100).await, steps_among(10_000).await);
    assert!(many < few + few / 4, "{few} steps among a hundred, {many} among ten thousand");
}

#[tokio::test]
async fn an_event_that_is_not_inserted_keeps_none_behind_it() {
    let mut connection = waiting(4).await;
    // It has died, and its event is fanned out again.
    let died = Statement::new(
        "UPDATE hookwright_delivery SET state = 1, died_at = 1 WHERE event = 1; \
         DELETE FROM hookwright_delivery WHERE event > 1",
    );
    Sqlite::execute(&mut connection, died).await.expect("deliveries");
    let delivery = |event| NewDelivery {
        event,
        endpoint: 1,
        due: NOW,
        format: 0,
        order_key: Some(-7),
        lease: None,
    };
    let mut deliveries: Vec<NewDelivery> = (1..=4).map(delivery).collect();
    fan_out::<Sqlite>(
        &mut connection,
        Batch { line: &[1, 2, 3, 4], overtaking: &[] },
        &mut deliveries,
    )
    .await
    .expect("deliveries");
    assert_eq!(claim(&mut connection, 1).await, [2]);
}

#[tokio::test]
async fn what_was_left_behind_nothing_is_found() {
    let mut connection = waiting(2_500).await;
    // Of three objects, the first of which has lost its first event, and the last one too.
    let objects = Statement::new(
        "UPDATE hookwright_delivery SET order_key = CASE WHEN event < 1200 THEN -9 WHEN event < 2400 THEN 0 ELSE 9 END; \
         UPDATE hookwright_delivery SET due = 1 WHERE event = 1200",
    );
    Sqlite::execute(&mut connection, objects).await.expect("deliveries");
    let lost = Statement::new("DELETE FROM hookwright_delivery WHERE event = 1");
    Sqlite::execute(&mut connection, lost).await.expect("a delivery");
    let mut walk = Walk::default();
    let mut steps = 1;
    while walk.step::<Sqlite>(&mut connection, NOW).await.expect("rows") {
        steps += 1;
    }
    assert_eq!(steps, 3);
    let mut due = claim(&mut connection, 1).await;
    due.sort_unstable();
    assert_eq!(due, [2, 1200, 2400]);
    let waiting = Statement::new("SELECT count(*) FROM hookwright_delivery WHERE due = ");
    let rows = Sqlite::fetch(&mut connection, waiting.value(BEHIND)).await.expect("a count");
    assert_eq!(Sqlite::integer(&rows[0], 0).expect("a number"), Some(2_499 - 3));
}
