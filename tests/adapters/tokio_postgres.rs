//! tokio-postgres 0.7.

use hookwright::{Event, Outbox, Postgres};
use hookwright_examples::adapters::tokio_postgres::emit;
use tokio_postgres::{Client, Error};

use crate::contract::{Application, Emitted, End, Note};

impl Application for Client {
    type Store = Postgres;
    type Error = Error;

    async fn run(
        &mut self,
        outbox: &Outbox<Postgres>,
        events: &[Event<&Note>],
        end: End,
    ) -> Vec<Emitted<Error>> {
        let transaction = self.transaction().await.expect("a transaction");
        let mut emitted = Vec::new();
        for event in events {
            emitted.push(emit(outbox, &transaction, event).await);
            let insert = "INSERT INTO note (id) VALUES ($1)";
            transaction.execute(insert, &[&event.data().id]).await.expect("a note that is saved");
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

mod postgres {
    use tokio_postgres::{Client, NoTls};

    use crate::contract::{Place, keeps_the_contract};
    use crate::database::Database;

    async fn place() -> Place<Client> {
        let (database, outbox) = Database::postgres().await;
        let connecting = tokio_postgres::connect(database.url(), NoTls).await;
        let (application, connection) = connecting.expect("a connection");
        tokio::spawn(connection);
        Place { application, outbox, database }
    }

    keeps_the_contract!(place);
}
