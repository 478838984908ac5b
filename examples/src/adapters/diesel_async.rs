//! diesel-async 0.9, on PostgreSQL.
//!
//! # Examples
//!
//! ```no_run
//! use diesel::result::Error;
//! use diesel_async::{AsyncConnection, AsyncPgConnection};
//! use hookwright::{Outbox, Postgres, WebhookObject};
//! use hookwright_examples::adapters::AdapterError;
//! use hookwright_examples::adapters::diesel_async::emit;
//! use hookwright_examples::model::Note;
//!
//! # async fn example(
//! #     outbox: Outbox<Postgres>,
//! #     connection: &mut AsyncPgConnection,
//! #     note: Note,
//! # ) -> Result<(), AdapterError<Error>> {
//! connection
//!     .transaction::<_, AdapterError<Error>, _>(async |connection| {
//!         // Save the note here, through `connection`.
//!         emit(&outbox, connection, &note.created()).await
//!     })
//!     .await?;
//! outbox.wake();
//! # Ok(())
//! # }
//! ```

use diesel::pg::Pg;
use diesel::result::Error;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bytea, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use hookwright::{Event, EventId, Outbox, Parameter, Postgres, WebhookObject};

use super::AdapterError;

/// Writes an event on a connection of diesel-async, within its
/// [`transaction`](diesel_async::AsyncConnection::transaction).
///
/// # Errors
///
/// [`AdapterError::Body`] when the event is too large or cannot be serialized, before anything is
/// written; [`AdapterError::Database`] when the database refuses.
pub async fn emit<T: WebhookObject>(
    outbox: &Outbox<Postgres>,
    connection: &mut AsyncPgConnection,
    event: &Event<T>,
) -> Result<EventId, AdapterError<Error>> {
    let insert = outbox.insert(event)?;
    let id = insert.event_id().clone();
    let mut query = sql_query(insert.sql()).into_boxed::<Pg>();
    for parameter in insert.into_parameters() {
        query = match parameter {
            Parameter::Text(text) => query.bind::<Nullable<Text>, _>(text),
            Parameter::Bytes(bytes) => query.bind::<Nullable<Bytea>, _>(bytes),
            Parameter::Integer(number) => query.bind::<Nullable<BigInt>, _>(number),
        };
    }
    query.execute(connection).await?;
    Ok(id)
}

/// What `transaction` asks of the error that ends it.
impl From<Error> for AdapterError<Error> {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}
