//! SeaORM 2, on SQLite and PostgreSQL.
//!
//! SeaORM does not give out the connection of a transaction, but it runs SQL that is given to it.
//!
//! # Examples
//!
//! One pool serves both: SeaORM's is made from the outbox's, which has the right settings.
//!
//! ```no_run
//! use hookwright::{Outbox, WebhookObject};
//! use hookwright_examples::adapters::sea_orm::emit;
//! use hookwright_examples::model::Note;
//! use sea_orm::{SqlxSqliteConnector, TransactionTrait};
//!
//! # async fn example(note: Note) -> Result<(), Box<dyn std::error::Error>> {
//! let outbox = Outbox::sqlite("crm.db").await?;
//! let database = SqlxSqliteConnector::from_sqlx_sqlite_pool(outbox.pool().clone());
//!
//! let transaction = database.begin().await?;
//! // Save the note here, through `&transaction`.
//! emit(&outbox, &transaction, &note.created()).await?;
//! transaction.commit().await?;
//! outbox.wake();
//! # Ok(())
//! # }
//! ```

use hookwright::{Event, EventId, Outbox, Parameter, Store, WebhookObject};
use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

use super::AdapterError;

/// Writes an event in a transaction of SeaORM: a
/// [`DatabaseTransaction`](sea_orm::DatabaseTransaction), which must be of the outbox's database.
///
/// A transaction on SQLite that reads before it writes is best begun as
/// [`Immediate`](sea_orm::SqliteTransactionMode::Immediate), so that it is not refused later.
///
/// # Errors
///
/// [`AdapterError::Body`] when the event is too large or cannot be serialized, before anything is
/// written; [`AdapterError::Database`] when the database refuses.
pub async fn emit<S: Store, T: WebhookObject>(
    outbox: &Outbox<S>,
    transaction: &impl ConnectionTrait,
    event: &Event<T>,
) -> Result<EventId, AdapterError<DbErr>> {
    let insert = outbox.insert(event)?;
    let (id, sql) = (insert.event_id().clone(), insert.sql());
    let values = insert.into_parameters().into_iter().map(value);
    let backend = transaction.get_database_backend();
    transaction.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(id)
}

fn value(parameter: Parameter) -> Value {
    match parameter {
        Parameter::Text(text) => text.into(),
        Parameter::Bytes(bytes) => bytes.into(),
        Parameter::Integer(number) => number.into(),
    }
}

impl From<DbErr> for AdapterError<DbErr> {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}
