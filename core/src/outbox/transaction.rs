use std::fmt;
use std::ops::{Deref, DerefMut};

use tokio::sync::OwnedMutexGuard;

use super::Outbox;
use super::error::OutboxError;
use super::store::Store;

/// A transaction whose commit wakes the dispatcher: made by [`Outbox::begin`].
///
/// It is one of sqlx, so that the application's own statements run on it: `.execute(&mut *tx)`.
/// When it is dropped it is rolled back.
pub struct Transaction<S: Store> {
    // Dropped first, so that it is over before the next writer begins.
    inner: sqlx::Transaction<'static, S>,
    writer: Option<OwnedMutexGuard<()>>,
    outbox: Outbox<S>,
}

impl<S: Store> Transaction<S> {
    pub(super) fn new(
        outbox: Outbox<S>,
        transaction: sqlx::Transaction<'static, S>,
        writer: Option<OwnedMutexGuard<()>>,
    ) -> Self {
        Self { inner: transaction, writer, outbox }
    }

    /// Commits, and wakes the dispatcher.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the database did not confirm the commit. After a broken connection it
    /// may have been made all the same.
    pub async fn commit(self) -> Result<(), OutboxError> {
        let Self { inner, writer, outbox } = self;
        inner.commit().await?;
        drop(writer);
        outbox.wake();
        Ok(())
    }

    /// Rolls back: nothing was emitted.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the connection broke, which rolls back too.
    pub async fn rollback(self) -> Result<(), OutboxError> {
        Ok(self.inner.rollback().await?)
    }
}

impl<S: Store> Deref for Transaction<S> {
    type Target = S::Connection;

    fn deref(&self) -> &S::Connection {
        &self.inner
    }
}

impl<S: Store> DerefMut for Transaction<S> {
    fn deref_mut(&mut self) -> &mut S::Connection {
        &mut self.inner
    }
}

impl<S: Store> fmt::Debug for Transaction<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Transaction").field("store", &S::NAME).finish_non_exhaustive()
    }
}
