//! SeaORM 2.

use std::marker::PhantomData;

use hookwright::{Event, Outbox, Store};
use hookwright_examples::adapters::sea_orm::emit;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, Statement, TransactionTrait,
};

use crate::contract::{Application, Emitted, End, Note};

struct SeaOrm<S> {
    connection: DatabaseConnection,
    store: PhantomData<S>,
}

impl<S: Store> Application for SeaOrm<S> {
    type Store = S;
    type Error = DbErr;

    async fn run(
        &mut self,
        outbox: &Outbox<S>,
        events: &[Event<&Note>],
        end: End,
    ) -> Vec<Emitted<DbErr>> {
        let transaction = self.connection.begin().await.expect("a transaction");
        let mut emitted = Vec::new();
        for event in events {
            emitted.push(emit(outbox, &transaction, event).await);
            save(&transaction, event.data()).await.expect("a note that is saved");
        }
        match end {
            End::Commit => {
                transaction.commit().await.expect("a commit");
                outbox.wake();
            }
            End::Rollback => transaction.rollback().await.expect("a rollback"),
        }
        emitted
    }
}

async fn save(transaction: &DatabaseTransaction, note: &Note) -> Result<(), DbErr> {
    let backend = transaction.get_database_backend();
    let (sql, id) = ("INSERT INTO note (id) VALUES ($1)", note.id.clone());
    let insert = Statement::from_sql_and_values(backend, sql, [id.into()]);
    transaction.execute_raw(insert).await.map(drop)
}

mod sqlite {
    use std::marker::PhantomData;

    use hookwright::Sqlite;
    use sea_orm::SqlxSqliteConnector;

    use super::SeaOrm;
    use crate::contract::{Place, keeps_the_contract};
    use crate::database::Database;

    async fn with_a_pool_of_its_own() -> Place<SeaOrm<Sqlite>> {
        let (database, outbox) = Database::sqlite().await;
        let connection = sea_orm::Database::connect(database.url()).await.expect("a connection");
        let application = SeaOrm { connection, store: PhantomData };
        Place { application, outbox, database }
    }

    async fn with_the_pool_of_the_outbox() -> Place<SeaOrm<Sqlite>> {
        let (database, outbox) = Database::sqlite().await;
        let connection = SqlxSqliteConnector::from_sqlx_sqlite_pool(outbox.pool().clone());
        let application = SeaOrm { connection, store: PhantomData };
        Place { application, outbox, database }
    }

    mod own_pool {
        crate::contract::keeps_the_contract!(super::with_a_pool_of_its_own);
    }

    keeps_the_contract!(with_the_pool_of_the_outbox);
}

mod postgres {
    use std::marker::PhantomData;

    use hookwright::Postgres;

    use super::SeaOrm;
    use crate::contract::{Place, keeps_the_contract};
    use crate::database::Database;

    async fn place() -> Place<SeaOrm<Postgres>> {
        let (database, outbox) = Database::postgres().await;
        let connection = sea_orm::Database::connect(database.url()).await.expect("a connection");
        let application = SeaOrm { connection, store: PhantomData };
        Place { application, outbox, database }
    }

    keeps_the_contract!(place);
}
