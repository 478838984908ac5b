use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Sqlite};

use super::*;
use crate::outbox::store::Backend;

#[tokio::test]
async fn what_was_deleted_is_found_without_a_walk_over_all_deliveries() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a database");
    Sqlite::script(&mut connection, Sqlite::MIGRATIONS[0]).await.expect("tables");
    for statement in [LEFT_OVER, OF_ENDPOINT[0], OF_ENDPOINT[1]] {
        let explain = Statement::new("EXPLAIN QUERY PLAN ").text(statement).bind(1);
        let explain = if statement == LEFT_OVER { explain } else { explain.bind(CHUNK) };
        let rows = Sqlite::fetch(&mut connection, explain).await.expect(statement);
        let plan: Vec<String> = rows
            .iter()
            .map(|row| Sqlite::string(row, 3).expect("a text").unwrap_or_default())
            .collect();
        let deliveries: Vec<&String> = plan.iter().filter(|step| step.contains(" d ")).collect();
        assert!(!deliveries.is_empty(), "{plan:?}");
        for step in deliveries {
            assert!(step.starts_with("SEARCH d USING ") && step.contains("(endpoint=?"), "{step}");
        }
    }
}

#[tokio::test]
async fn what_deleted_endpoints_have_left_goes_a_chunk_at_a_time() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a database");
    Sqlite::script(&mut connection, Sqlite::MIGRATIONS[0]).await.expect("tables");
    let rows = Statement::new(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) \
         INSERT INTO hookwright_delivery (event, endpoint, due, state) SELECT i, i % 3, i, i % 2 FROM n; \
         INSERT INTO hookwright_endpoint (id, endpoint_id, url, settings, sealed, created_at, updated_at, deleted_at) \
         VALUES (0, 'a', '', '', '', 0, 0, 5), (1, 'b', '', '', '', 0, 0, NULL), (2, 'c', '', '', '', 0, 0, 5)",
    );
    Sqlite::execute(&mut connection, rows).await.expect("rows");
    let mut steps = 1;
    while of_deleted::<Sqlite>(&mut connection).await.expect("a step") == Swept::More {
        steps += 1;
    }
    assert_eq!(steps, 3);
    let left = Statement::new("SELECT count(*), sum(endpoint = 1) FROM hookwright_delivery");
    let rows = Sqlite::fetch(&mut connection, left).await.expect("a count");
    let number = |column| Sqlite::integer(&rows[0], column).expect("a number");
    assert_eq!((number(0), number(1)), (Some(1000), Some(1000)));
}
