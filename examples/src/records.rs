//! The CRM's own table, in the same database as the outbox.

use std::future::Future;

#[cfg(feature = "console")]
use hookwright::Outbox;
use hookwright::{EmitError, Event, Postgres, Sqlite, Store, WebhookObject};
#[cfg(feature = "console")]
use hookwright_console::AnyOutbox;
use serde::Serialize;
use sqlx::{Executor, PgConnection, SqliteConnection};

const CREATE: &str = "CREATE TABLE IF NOT EXISTS crm_record \
     (object TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (object, id))";
const SAVE: &str = "INSERT INTO crm_record (object, id, state, data) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (object, id) DO UPDATE SET state = excluded.state, data = excluded.data";

/// A database that keeps the CRM's records.
pub trait Records: Store {
    /// Makes the table.
    fn create_table(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Saves the record of an event.
    fn save<T>(
        connection: &mut Self::Connection,
        event: &Event<&T>,
    ) -> impl Future<Output = Result<(), EmitError>> + Send
    where
        T: WebhookObject + Serialize + Sync;

    /// The outbox, for the settings page.
    #[cfg(feature = "console")]
    fn any(outbox: Outbox<Self>) -> AnyOutbox;
}

/// Two databases, and one text of SQL.
macro_rules! records {
    ($($store:ty, $connection:ty;)*) => {
        $(impl Records for $store {
            async fn create_table(connection: &mut $connection) -> Result<(), sqlx::Error> {
                connection.execute(CREATE).await.map(drop)
            }

            async fn save<T>(
                connection: &mut $connection,
                event: &Event<&T>,
            ) -> Result<(), EmitError>
            where
                T: WebhookObject + Serialize + Sync,
            {
                // The whole record, with what is never sent.
                let data = serde_json::to_string(event.data()).map_err(sqlx::Error::decode)?;
                let save = sqlx::query(SAVE)
                    .bind(T::NAME)
                    .bind(event.object_id().to_string())
                    .bind(event.name().operation().to_owned())
                    .bind(data);
                connection.execute(save).await?;
                Ok(())
            }

            #[cfg(feature = "console")]
            fn any(outbox: Outbox<$store>) -> AnyOutbox {
                outbox.into()
            }
        })*
    };
}

records! {
    Sqlite, SqliteConnection;
    Postgres, PgConnection;
}
