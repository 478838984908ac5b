//! The networks that whoever delivers from a database allows, so that other commands know them.

use sqlx::Row;

use crate::console::Console;
use crate::outbox::on_store;

const NAME: &str = "allow";

impl Console {
    /// The networks that the last dispatcher of this database was allowed; `None` before the first.
    pub(super) async fn allowed_networks(&self) -> Result<Option<Vec<String>>, sqlx::Error> {
        const SQL: &str = "SELECT value FROM hookwright_setting WHERE name = $1";
        self.keys().await?;
        let text: Option<String> = on_store!(&self.outbox, outbox => {
            let row = sqlx::query(SQL).bind(NAME).fetch_optional(outbox.pool()).await?;
            row.map(|row| row.try_get(0)).transpose()?
        });
        Ok(text.map(|text| text.split_whitespace().map(str::to_owned).collect()))
    }

    pub(super) async fn allow_networks(&self, networks: &[String]) -> Result<(), sqlx::Error> {
        const SQL: &str = "INSERT INTO hookwright_setting (name, value) VALUES ($1, $2) \
            ON CONFLICT (name) DO UPDATE SET value = $2";
        self.keys().await?;
        let text = networks.join(" ");
        on_store!(&self.outbox, outbox => {
            sqlx::query(SQL).bind(NAME).bind(text).execute(outbox.pool()).await?;
        });
        Ok(())
    }
}
