//! tokio-postgres 0.7, and what is built on it.
//!
//! # Examples
//!
//! ```no_run
//! use hookwright::{Outbox, Postgres, WebhookObject};
//! use hookwright_examples::adapters::tokio_postgres::emit;
//! use hookwright_examples::model::Note;
//! use tokio_postgres::Client;
//!
//! # async fn example(
//! #     outbox: Outbox<Postgres>,
//! #     client: &mut Client,
//! #     note: Note,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! let transaction = client.transaction().await?;
//! // Save the note here, through `transaction`.
//! emit(&outbox, &transaction, &note.created()).await?;
//! transaction.commit().await?;
//! outbox.wake();
//! # Ok(())
//! # }
//! ```

use hookwright::{Event, EventId, Outbox, Parameter, Postgres, WebhookObject};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, GenericClient};

use super::AdapterError;

/// Writes an event in a [`Transaction`](tokio_postgres::Transaction) of tokio-postgres, or on a
/// [`Client`](tokio_postgres::Client) where a transaction was begun by hand.
///
/// # Errors
///
/// [`AdapterError::Body`] when the event is too large or cannot be serialized, before anything is
/// written; [`AdapterError::Database`] when the database refuses.
pub async fn emit<T: WebhookObject>(
    outbox: &Outbox<Postgres>,
    transaction: &impl GenericClient,
    event: &Event<T>,
) -> Result<EventId, AdapterError<Error>> {
    let insert = outbox.insert(event)?;
    let values: Vec<_> = insert.parameters().iter().map(value).collect();
    transaction.execute(insert.sql(), &values).await?;
    Ok(insert.event_id().clone())
}

fn value(parameter: &Parameter) -> &(dyn ToSql + Sync) {
    match parameter {
        Parameter::Text(text) => text,
        Parameter::Bytes(bytes) => bytes,
        Parameter::Integer(number) => number,
    }
}

impl From<Error> for AdapterError<Error> {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}
