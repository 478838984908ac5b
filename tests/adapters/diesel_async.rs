//! diesel-async 0.9.

use diesel::result::Error;
use diesel::sql_query;
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use hookwright::{Event, Outbox, Postgres};
use hookwright_examples::adapters::AdapterError;
use hookwright_examples::adapters::diesel_async::emit;

use crate::contract::{Application, Emitted, End, Note};

impl Application for AsyncPgConnection {
    type Store = Postgres;
    type Error = Error;

    async fn run(
        &mut self,
        outbox: &Outbox<Postgres>,
        events: &[Event<&Note>],
        end: End,
    ) -> Vec<Emitted<Error>> {
        let mut emitted = Vec::new();
        let ended = self
            .transaction::<_, AdapterError<Error>, _>(async |connection| {
                for event in events {
                    emitted.push(emit(outbox, connection, event).await);
                    sql_query("INSERT INTO note (id) VALUES ($1)")
                        .bind::<Text, _>(&event.data().id)
                        .execute(connection)
                        .await?;
                }
                match end {
                    End::Commit => Ok(()),
                    End::Rollback => Err(Error::RollbackTransaction.into()),
                }
            })
            .await;
        match (end, ended) {
            (End::Commit, Ok(())) => outbox.wake(),
            (End::Rollback, Err(AdapterError::Database(Error::RollbackTransaction))) => {}
            (_, ended) => panic!("{ended:?}"),
        }
        emitted
    }
}

mod postgres {
    use diesel_async::{AsyncConnection, AsyncPgConnection};

    use crate::contract::{Place, keeps_the_contract};
    use crate::database::Database;

    async fn place() -> Place<AsyncPgConnection> {
        let (database, outbox) = Database::postgres().await;
        let application = AsyncPgConnection::establish(database.url()).await.expect("a connection");
        Place { application, outbox, database }
    }

    keeps_the_contract!(place);
}
