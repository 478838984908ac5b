//! Sessions of people who signed in to the page with a key. A session ends with its key.

use chrono::{TimeDelta, Utc};
use sqlx::Row;

use super::keys::{ApiKeys, Authentication};
use super::principal::Principal;
use super::token;
use crate::outbox::on_store;
use crate::tables::Tables;

/// How long somebody stays signed in.
const LIFETIME: TimeDelta = TimeDelta::hours(12);

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) principal: Principal,
    /// What forms carry, so that no other site can send them.
    pub(crate) csrf: String,
}

/// The sessions of an outbox's page.
pub(crate) struct Sessions<'a> {
    tables: Tables<'a>,
}

impl<'a> Sessions<'a> {
    /// How long a cookie is kept, in seconds.
    pub(crate) const MAX_AGE: i64 = LIFETIME.num_seconds();

    pub(crate) fn new(tables: Tables<'a>) -> Self {
        Self { tables }
    }

    /// Signs in by a key, and gives the cookie's value; `None` when there is no such key.
    pub(crate) async fn begin(&self, key: &str) -> Result<Option<String>, sqlx::Error> {
        const SQL: &str = "INSERT INTO hookwright_session (digest, api_key, csrf, expires_at) \
            VALUES ($1, $2, $3, $4)";
        const OLD: &str = "DELETE FROM hookwright_session WHERE expires_at < $1";
        let keys = ApiKeys::new(self.tables);
        let Authentication::Known(principal) = keys.authenticate(key).await? else {
            return Ok(None);
        };
        let cookie = token::generate("");
        let now = Utc::now();
        on_store!(self.tables.outbox(), outbox => {
            sqlx::query(OLD).bind(now.timestamp_millis()).execute(outbox.pool()).await?;
            sqlx::query(SQL)
                .bind(token::digest(&cookie))
                .bind(principal.name().to_owned())
                .bind(token::generate(""))
                .bind((now + LIFETIME).timestamp_millis())
                .execute(outbox.pool())
                .await?;
        });
        Ok(Some(cookie))
    }

    /// Who a cookie is of.
    pub(crate) async fn get(&self, cookie: &str) -> Result<Option<Session>, sqlx::Error> {
        const SQL: &str =
            "SELECT api_key, csrf FROM hookwright_session WHERE digest = $1 AND expires_at > $2";
        let now = Utc::now().timestamp_millis();
        let digest = token::digest(cookie);
        let found: Option<(String, String)> = on_store!(self.tables.outbox(), outbox => {
            let row = sqlx::query(SQL).bind(digest).bind(now).fetch_optional(outbox.pool()).await?;
            row.map(|row| Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get(1)?))).transpose()?
        });
        let Some((key, csrf)) = found else {
            return Ok(None);
        };
        Ok(match ApiKeys::new(self.tables).by_id(&key).await? {
            Authentication::Known(principal) => Some(Session { principal, csrf }),
            Authentication::Expired | Authentication::Unknown => None,
        })
    }

    /// Signs out.
    pub(crate) async fn end(&self, cookie: &str) -> Result<(), sqlx::Error> {
        const SQL: &str = "DELETE FROM hookwright_session WHERE digest = $1";
        let digest = token::digest(cookie);
        on_store!(self.tables.outbox(), outbox => {
            sqlx::query(SQL).bind(digest).execute(outbox.pool()).await.map(drop)
        })
    }
}
