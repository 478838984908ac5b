//! Emitting in a transaction of another library than sqlx.
//!
//! [`Outbox::insert`] gives one INSERT of one row, with its parameters. What runs it in a library's
//! transaction is a few lines, which are here to be copied:
//!
//! - [`sea_orm`]: SeaORM 2, on SQLite and PostgreSQL.
//! - [`diesel_async`]: diesel-async 0.9, on PostgreSQL.
//! - [`tokio_postgres`]: tokio-postgres 0.7, and what is built on it.
//!
//! Each keeps what [`Outbox::emit`] promises: the event is there if the transaction commits, and was
//! never there if it does not. After the commit call [`Outbox::wake`], which only a transaction of
//! [`Outbox::begin`] does by itself; without it the dispatcher finds the event by its poll.
//!
//! [`Outbox::insert`]: hookwright::Outbox::insert
//! [`Outbox::emit`]: hookwright::Outbox::emit
//! [`Outbox::wake`]: hookwright::Outbox::wake
//! [`Outbox::begin`]: hookwright::Outbox::begin

pub mod diesel_async;
pub mod sea_orm;
pub mod tokio_postgres;

use std::error::Error;
use std::fmt;

use hookwright::BodyError;

/// Why an event was not emitted. `D` is the library's own error.
#[derive(Debug)]
pub enum AdapterError<D> {
    /// The event has no body: nothing was written, and the transaction is as it was.
    Body(BodyError),
    /// The database did not take the event. PostgreSQL takes nothing more in this transaction.
    Database(D),
}

impl<D> From<BodyError> for AdapterError<D> {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl<D> fmt::Display for AdapterError<D> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(error) => error.fmt(formatter),
            Self::Database(_) => formatter.write_str("the database did not take the event"),
        }
    }
}

impl<D: Error + 'static> Error for AdapterError<D> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Body(error) => error.source(),
            Self::Database(error) => Some(error),
        }
    }
}
