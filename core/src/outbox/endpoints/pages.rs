//! Endpoints, read a page at a time.

use serde::Deserialize;

use super::{COLUMNS, Endpoints, StoredEndpoint};
use crate::outbox::error::OutboxError;
use crate::outbox::page::{Cursor, Page, Query};
use crate::outbox::statement::{Parameter, Statement};
use crate::outbox::store::Store;

/// How many endpoints are looked at in one statement when a text is searched for.
const LOOKED_AT: i64 = 500;

impl<S: Store> Endpoints<'_, S> {
    /// Endpoints that are not deleted, the newest first.
    ///
    /// Of the query its text, endpoint and times count, its limit, and after which page it goes on.
    /// A text is searched for in every endpoint until a page is full: nothing of that is indexed.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the database refuses, or holds an endpoint that cannot be read.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hookwright::{Outbox, Query, Store};
    ///
    /// # async fn example<S: Store>(outbox: Outbox<S>) -> Result<(), hookwright::OutboxError> {
    /// let mut query = Query::new().text("example.com").limit(20);
    /// loop {
    ///     let page = outbox.endpoints().page(&query).await?;
    ///     for endpoint in page.items() {
    ///         println!("{} {}", endpoint.id(), endpoint.settings().url());
    ///     }
    ///     let Some(next) = page.next() else { break };
    ///     query = query.after(next);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn page(&self, query: &Query) -> Result<Page<StoredEndpoint>, OutboxError> {
        self.outbox.ready().await?;
        let sought = query.text.as_deref().map(str::to_lowercase);
        let rows = if sought.is_some() { LOOKED_AT } else { query.rows() };
        let key = self.outbox.master_key();
        let mut connection = self.outbox.pool().acquire().await?;
        let mut after = query.after.map(|cursor| cursor.first);
        let mut found = Vec::new();
        loop {
            let looked_at = S::fetch(&mut connection, self.newest(query, after, rows)).await?;
            for row in &looked_at {
                after = S::integer(row, 0)?;
                if has_text::<S>(row, sought.as_deref())? {
                    found.push(StoredEndpoint::of_row::<S>(row, key)?);
                    if found.len() == query.limit {
                        return Ok(Page::new(found, query.limit, cursor));
                    }
                }
            }
            if i64::try_from(looked_at.len()).is_ok_and(|count| count < rows) {
                return Ok(Page::new(found, query.limit, cursor));
            }
        }
    }

    /// How many endpoints there are that are not deleted.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the database refuses.
    pub async fn count(&self) -> Result<u64, OutboxError> {
        self.outbox.ready().await?;
        let select = Statement::new(
            "SELECT count(*) FROM hookwright_endpoint \
             WHERE deleted_at IS NULL AND ($1 IS NULL OR tenant = $1)",
        )
        .bind(self.tenant());
        let rows = S::fetch(&mut *self.outbox.pool().acquire().await?, select).await?;
        let count = rows.first().map_or(Ok(None), |row| S::integer(row, 0))?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
    }

    /// Reads the newest endpoints, or those that come after one.
    fn newest(&self, query: &Query, after: Option<i64>, rows: i64) -> Statement {
        let select = Statement::new("SELECT ")
            .text(COLUMNS)
            .text(
                " FROM hookwright_endpoint AS p \
                 WHERE deleted_at IS NULL AND ($1 IS NULL OR tenant = $1)",
            )
            .bind(self.tenant());
        let select = query.endpoint_conditions(select, "p", "p.created_at");
        let select = match after {
            Some(number) => select.text(" AND id < ").value(number),
            None => select,
        };
        select.text(" ORDER BY id DESC LIMIT ").value(rows)
    }

    fn tenant(&self) -> Parameter {
        Parameter::Text(self.outbox.tenant_id().map(str::to_owned))
    }
}

fn cursor(endpoint: &StoredEndpoint) -> Cursor {
    Cursor { first: endpoint.number(), second: 0 }
}

/// Whether the URL or the description of a row has a text of small letters.
fn has_text<S: Store>(row: &S::Row, sought: Option<&str>) -> Result<bool, OutboxError> {
    #[derive(Deserialize)]
    struct Described {
        description: String,
    }

    let Some(sought) = sought else {
        return Ok(true);
    };
    let has = |text: &str| text.to_lowercase().contains(sought);
    if S::string(row, 3)?.is_some_and(|url| has(&url)) {
        return Ok(true);
    }
    // What cannot be read is told when the endpoint itself is.
    let settings = S::string(row, 4)?.unwrap_or_default();
    let described: Option<Described> = serde_json::from_str(&settings).ok();
    Ok(described.is_some_and(|described| has(&described.description)))
}
