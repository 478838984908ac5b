use std::collections::HashMap;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Sqlite};

use super::*;
use crate::outbox::StoredHealth;
use crate::outbox::queue::{Batch, NewDelivery, fan_out, write_health};
use crate::outbox::store::Backend;

/// More than the values of any of these that SQLite binds in one statement.
const MANY: i64 = 12_000;
const TOKEN: i64 = 7;

/// A database in which as many events are leased as `MANY`, to one endpoint.
async fn leased() -> (SqliteConnection, Vec<Lease>) {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a database");
    Sqlite::script(&mut connection, Sqlite::MIGRATIONS[0]).await.expect("tables");
    let lease = Some((TOKEN, 1));
    let mut deliveries: Vec<NewDelivery> = (1..=MANY)
        .map(|event| NewDelivery { event, endpoint: 1, due: 0, format: 0, order_key: None, lease })
        .collect();
    let made = fan_out::<Sqlite>(
        &mut connection,
        Batch { line: &[MANY], overtaking: &[] },
        &mut deliveries,
    )
    .await
    .expect("deliveries");
    assert_eq!(i64::try_from(made), Ok(MANY));
    let leases = (1..=MANY).map(|event| Lease { event, endpoint: 1, token: TOKEN }).collect();
    (connection, leases)
}

async fn count(connection: &mut SqliteConnection, of: &'static str) -> i64 {
    let select = Statement::new("SELECT count(*) FROM ").text(of);
    let rows = Sqlite::fetch(connection, select).await.expect(of);
    Sqlite::integer(&rows[0], 0).expect(of).expect("a number")
}

fn ended(lease: Lease, end: End) -> Attempt {
    Attempt {
        lease,
        event_id: lease.event.to_string(),
        order_key: None,
        number: 1,
        at: 5,
        microseconds: 5,
        end,
        status: None,
        error: None,
        answer: None,
        location: None,
    }
}

#[tokio::test]
async fn any_number_of_results_is_written_at_once() {
    let (mut connection, leases) = leased().await;
    // Of every third the lease was lost.
    let is_lost = |lease: &Lease| lease.event % 3 == 0;
    let lose = Statement::new("UPDATE hookwright_delivery SET token = 9 WHERE event % 3 = 0");
    Sqlite::execute(&mut connection, lose).await.expect("deliveries");
    let end = |lease: Lease| match lease.event % 2 {
        0 => End::Delivered,
        _ => End::Again(3),
    };
    let mut attempts: Vec<Attempt> =
        leases.iter().map(|lease| ended(*lease, end(*lease))).collect();
    let late = finish::<Sqlite>(&mut connection, &mut attempts).await.expect("room for all");
    assert_eq!(late, leases.iter().copied().filter(is_lost).collect());
    for (what, expected) in [
        ("hookwright_attempt", MANY),
        ("hookwright_attempt WHERE outcome = 2", MANY / 3),
        ("hookwright_attempt WHERE outcome = 0 AND event % 2 = 0 AND event % 3 <> 0", MANY / 3),
        ("hookwright_delivery WHERE token = 9", MANY / 3),
        ("hookwright_delivery WHERE token = -7 AND due = 3 AND event % 2 = 1", MANY / 3),
        ("hookwright_delivery", MANY / 3 * 2),
    ] {
        assert_eq!(count(&mut connection, what).await, expected, "{what}");
    }
}

#[tokio::test]
async fn any_number_of_leases_is_extended_and_released_at_once() {
    let (mut connection, leases) = leased().await;
    let kept = extend::<Sqlite>(&mut connection, &leases, 99).await.expect("room for all");
    assert_eq!(kept, leases.iter().copied().collect());
    let extended = "hookwright_delivery WHERE lease_until = 99";
    assert_eq!(count(&mut connection, extended).await, MANY);
    release::<Sqlite>(&mut connection, &leases).await.expect("room for all");
    let released = "hookwright_delivery WHERE lease_until = 0 AND token = -7 AND attempt = 0";
    assert_eq!(count(&mut connection, released).await, MANY);
}

#[tokio::test]
async fn the_health_of_any_number_of_endpoints_is_written_at_once() {
    let (mut connection, _) = leased().await;
    let insert = Statement::new(
        "INSERT INTO hookwright_endpoint (id, endpoint_id, url, settings, sealed, created_at, updated_at) \
         SELECT event, event, '', '', '', 0, 0 FROM hookwright_delivery",
    );
    Sqlite::execute(&mut connection, insert).await.expect("endpoints");
    let health = StoredHealth { failing_since: Some(1), failures: 2, paused_until: 3, pause: 4 };
    let healths: HashMap<i64, StoredHealth> = (1..=MANY).map(|number| (number, health)).collect();
    write_health::<Sqlite>(&mut connection, &healths).await.expect("room for all");
    let written = "hookwright_endpoint WHERE failing_since = 1 AND failures = 2 AND paused_until = 3 AND pause = 4";
    assert_eq!(count(&mut connection, written).await, MANY);
}
