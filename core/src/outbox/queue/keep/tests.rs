use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Sqlite};

use super::*;
use crate::outbox::store::Backend;

#[tokio::test]
async fn what_was_deleted_is_found_without_a_walk_over_all_deliveries() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a database");
    Sqlite::script(&mut connection, Sqlite::MIGRATIONS[0]).await.expect("tables");
    for delete in OF_DELETED {
        let explain = Statement::new("EXPLAIN QUERY PLAN ").text(delete).bind(CHUNK);
        let rows = Sqlite::fetch(&mut connection, explain).await.expect(delete);
        let plan: Vec<String> = rows
            .iter()
            .map(|row| Sqlite::string(row, 3).expect("a text").unwrap_or_default())
            .collect();
        let looks = |step: &&String| step.contains(" d ") || step.ends_with(" d");
        let deliveries: Vec<&String> = plan.iter().filter(looks).collect();
        let [step] = &deliveries[..] else { panic!("{plan:?}") };
        assert!(step.starts_with("SEARCH d USING ") && step.contains("(endpoint=?"), "{step}");
    }
}
