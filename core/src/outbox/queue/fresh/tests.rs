use std::sync::atomic::Ordering;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Sqlite};

use super::*;
use crate::outbox::queue::steps::count_steps;
use crate::outbox::queue::{Batch, fan_out};
use crate::outbox::store::Backend;

/// A database in which these tenants have emitted so many events each, one after the other.
async fn emitted(tenants: &[(&str, i64)]) -> SqliteConnection {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a database");
    Sqlite::script(&mut connection, Sqlite::MIGRATIONS[0]).await.expect("tables");
    for (tenant, events) in tenants {
        emit(&mut connection, tenant, *events).await;
    }
    connection
}

async fn emit(connection: &mut SqliteConnection, tenant: &str, events: i64) {
    let insert = Statement::new(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) \
         INSERT INTO hookwright_event (event_id, tenant, object, operation, object_id, time, data, emitted_at) \
         SELECT $2 || i, nullif($2, ''), 'person', 'updated', i, 0, x'7b7d', 0 FROM n",
    );
    Sqlite::execute(connection, insert.bind(events).bind(tenant)).await.expect("events");
}

fn numbers((events, _): (Vec<Fresh>, i64)) -> Vec<i64> {
    events.iter().map(|event| event.number).collect()
}

async fn line(connection: &mut SqliteConnection, limit: usize) -> Vec<i64> {
    numbers(fresh::<Sqlite>(connection, 0, limit).await.expect("events"))
}

async fn others(connection: &mut SqliteConnection, tenants: &[&str], after: i64) -> Vec<i64> {
    let tenants: Vec<String> = tenants.iter().copied().map(String::from).collect();
    numbers(overtaking::<Sqlite>(connection, &tenants, after, 2).await.expect("events"))
}

async fn mark(connection: &mut SqliteConnection, line: &[i64], overtaking: &[i64]) {
    let batch = Batch { line, overtaking };
    fan_out::<Sqlite>(connection, batch, &mut []).await.expect("no deliveries");
}

#[tokio::test]
async fn those_of_other_tenants_are_found_behind_a_long_line() {
    // 1 to 10, 11 to 13, 14, and one of no tenant.
    let mut connection = emitted(&[("a", 10), ("b", 3), ("c", 1), ("", 1)]).await;
    let connection = &mut connection;
    assert_eq!(line(connection, 4).await, [1, 2, 3, 4]);
    assert_eq!(others(connection, &["a", "b", "c", "d"], 4).await, [5, 6, 11, 12, 14]);
    assert_eq!(others(connection, &["c"], 14).await, [0; 0]);
    mark(connection, &[1, 2, 3, 4], &[11, 12, 14]).await;

    assert_eq!(line(connection, 4).await, [5, 6, 7, 8]);
    assert_eq!(others(connection, &["b", "c"], 8).await, [13]);
    mark(connection, &[5, 6, 7, 8], &[]).await;
    assert_eq!(line(connection, 16).await, [9, 10, 13, 15]);
}

#[tokio::test]
async fn what_has_overtaken_is_passed_when_the_line_ends() {
    let mut connection = emitted(&[("a", 10), ("b", 4)]).await;
    let connection = &mut connection;
    mark(connection, &[1, 2], &[11, 12, 13, 14]).await;
    assert_eq!(line(connection, 9).await, [3, 4, 5, 6, 7, 8, 9, 10]);
    mark(connection, &[3, 4, 5, 6, 7, 8, 9, 10], &[]).await;
    assert!(!has_fresh::<Sqlite>(connection).await.expect("an answer"));
    for _ in 0..2 {
        end_line::<Sqlite>(connection).await.expect("no line");
        assert!(!has_fresh::<Sqlite>(connection).await.expect("an answer"));
    }
    let left = Statement::new("SELECT count(*) FROM hookwright_ahead");
    let left = Sqlite::fetch(connection, left).await.expect("a count");
    assert_eq!(Sqlite::integer(&left[0], 0).expect("a number"), Some(0));
    emit(connection, "c", 1).await;
    assert_eq!(line(connection, 9).await, [15]);
}

/// How many steps it takes to find the events of two tenants behind so many of another one.
async fn steps_behind(events: i64) -> usize {
    let mut connection = emitted(&[("a", events), ("b", 3), ("c", 3)]).await;
    let steps = count_steps(&mut connection).await;
    let found = others(&mut connection, &["a", "b", "c"], 10).await;
    assert_eq!(found, [11, 12, events + 1, events + 2, events + 4, events + 5]);
    steps.load(Ordering::Relaxed)
}

#[tokio::test]
async fn a_long_line_is_not_walked() {
    let (few, many) = (steps_behind(100).await, steps_behind(10_000).await);
    assert!(many < few + few / 4, "{few} steps behind a hundred, {many} behind ten thousand");
}
