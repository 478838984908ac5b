//! API keys. What is stored of one is a digest, so that nobody who reads the database can use it.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::Row;
use uuid::Uuid;

use super::principal::Principal;
use super::scope::{Scope, Scopes};
use super::token;
use crate::outbox::{AnyOutbox, on_store};
use crate::tables::Tables;

const PREFIX: &str = "hwk_";
/// How many characters of a token are kept, for people to tell keys apart.
const HINT: usize = PREFIX.len() + 4;
/// How often it is noted that a key was used, in milliseconds.
const USED_EVERY: i64 = 60_000;
/// How long the database is waited for to note it.
const NOTE_WAIT: Duration = Duration::from_millis(200);
const COLUMNS: &str = "id, tenant, name, hint, scopes, created_at, expires_at, used_at";

/// A key, without what it is used by.
#[derive(Debug, Clone)]
pub(crate) struct ApiKey {
    pub(crate) id: Uuid,
    pub(crate) tenant: Option<String>,
    pub(crate) name: String,
    pub(crate) hint: String,
    pub(crate) scopes: Scopes,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) used_at: Option<DateTime<Utc>>,
}

impl ApiKey {
    fn principal(&self) -> Principal {
        let principal = Principal::of_scopes(self.id.to_string(), self.scopes.clone());
        match &self.tenant {
            Some(tenant) => principal.tenant(tenant),
            None => principal,
        }
    }

    fn is_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

/// A key that was just made, with the token that is shown this once.
pub struct NewApiKey {
    pub(crate) key: ApiKey,
    token: String,
}

impl NewApiKey {
    /// What requests carry: `Authorization: Bearer hwk_…`.
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl fmt::Debug for NewApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NewApiKey").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The keys of an outbox.
pub(crate) struct ApiKeys<'a> {
    outbox: &'a AnyOutbox,
}

/// What came of a token.
pub(crate) enum Authentication {
    Known(Principal),
    Expired,
    Unknown,
}

impl<'a> ApiKeys<'a> {
    pub(crate) fn new(tables: Tables<'a>) -> Self {
        Self { outbox: tables.outbox() }
    }

    /// Whether there is a key that is good still.
    pub(crate) async fn has_any(&self) -> Result<bool, sqlx::Error> {
        const SQL: &str = "SELECT 1 FROM hookwright_api_key WHERE revoked_at IS NULL \
            AND (expires_at IS NULL OR expires_at > $1) LIMIT 1";
        let now = Utc::now().timestamp_millis();
        let row = on_store!(self.outbox, outbox => {
            sqlx::query(SQL).bind(now).fetch_optional(outbox.pool()).await?.is_some()
        });
        Ok(row)
    }

    /// Makes a key.
    pub(crate) async fn create(
        &self,
        name: &str,
        scopes: &[Scope],
        tenant: Option<&str>,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<NewApiKey, sqlx::Error> {
        const SQL: &str = "INSERT INTO hookwright_api_key \
            (id, tenant, name, digest, hint, scopes, created_at, expires_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let token = token::generate(PREFIX);
        let key = ApiKey {
            id: token::id(),
            tenant: tenant.map(str::to_owned),
            name: name.to_owned(),
            hint: token[..HINT].to_owned(),
            scopes: Scopes::new(scopes),
            created_at: Utc::now(),
            expires_at,
            used_at: None,
        };
        on_store!(self.outbox, outbox => {
            sqlx::query(SQL)
                .bind(key.id.to_string())
                .bind(key.tenant.clone())
                .bind(key.name.clone())
                .bind(token::digest(&token))
                .bind(key.hint.clone())
                .bind(key.scopes.to_string())
                .bind(key.created_at.timestamp_millis())
                .bind(key.expires_at.map(|time| time.timestamp_millis()))
                .execute(outbox.pool())
                .await?;
        });
        Ok(NewApiKey { key, token })
    }

    /// Those that nobody revoked, the newest first; of one tenant, or of all.
    pub(crate) async fn list(&self, tenant: Option<&str>) -> Result<Vec<ApiKey>, sqlx::Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM hookwright_api_key \
             WHERE revoked_at IS NULL AND (CAST($1 AS TEXT) IS NULL OR tenant = $1) ORDER BY created_at DESC, id"
        );
        let tenant = tenant.map(str::to_owned);
        on_store!(self.outbox, outbox => {
            let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(tenant);
            query.fetch_all(outbox.pool()).await?.iter().map(|row| read!(row)).collect()
        })
    }

    /// Revokes a key, and says whether there was one.
    pub(crate) async fn revoke(&self, id: Uuid, tenant: Option<&str>) -> Result<bool, sqlx::Error> {
        const SQL: &str = "UPDATE hookwright_api_key SET revoked_at = $1 \
            WHERE id = $2 AND revoked_at IS NULL AND (CAST($3 AS TEXT) IS NULL OR tenant = $3)";
        let tenant = tenant.map(str::to_owned);
        let changed = on_store!(self.outbox, outbox => {
            sqlx::query(SQL)
                .bind(Utc::now().timestamp_millis())
                .bind(id.to_string())
                .bind(tenant)
                .execute(outbox.pool())
                .await?
                .rows_affected()
        });
        Ok(changed > 0)
    }

    /// Whose token it is.
    pub(crate) async fn authenticate(&self, token: &str) -> Result<Authentication, sqlx::Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM hookwright_api_key WHERE digest = $1 AND revoked_at IS NULL"
        );
        let found = self.one(sql, token::digest(token)).await?;
        self.judge(found).await
    }

    /// Whose key it is, by its id.
    pub(super) async fn by_id(&self, id: &str) -> Result<Authentication, sqlx::Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM hookwright_api_key WHERE id = $1 AND revoked_at IS NULL"
        );
        let found = self.one(sql, id.to_owned()).await?;
        self.judge(found).await
    }

    /// Notes that a key is used. Whoever asks is not kept waiting for it, nor refused without it: the
    /// disk may be full, or another may be writing.
    async fn note_use(&self, key: &ApiKey, now: i64) {
        const SQL: &str = "UPDATE hookwright_api_key SET used_at = $1 WHERE id = $2";
        let id = key.id.to_string();
        let noting = async {
            on_store!(self.outbox, outbox => {
                sqlx::query(SQL).bind(now).bind(id).execute(outbox.pool()).await.map(drop)
            })
        };
        if let Ok(Err(error)) = tokio::time::timeout(NOTE_WAIT, noting).await {
            tracing::warn!(%error, "it could not be noted that an API key was used");
        }
    }

    async fn one(&self, sql: String, value: String) -> Result<Option<ApiKey>, sqlx::Error> {
        on_store!(self.outbox, outbox => {
            let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(value);
            query.fetch_optional(outbox.pool()).await?.map(|row| read!(&row)).transpose()
        })
    }

    async fn judge(&self, found: Option<ApiKey>) -> Result<Authentication, sqlx::Error> {
        let now = Utc::now();
        let Some(key) = found else {
            return Ok(Authentication::Unknown);
        };
        if key.is_expired(now) {
            return Ok(Authentication::Expired);
        }
        let now = now.timestamp_millis();
        if key.used_at.is_none_or(|used_at| now - used_at.timestamp_millis() > USED_EVERY) {
            self.note_use(&key, now).await;
        }
        Ok(Authentication::Known(key.principal()))
    }
}

/// Reads a row of either store.
macro_rules! read {
    ($row:expr) => {{
        let row = $row;
        let time = |column| -> Result<Option<DateTime<Utc>>, sqlx::Error> {
            let time: Option<i64> = row.try_get(column)?;
            Ok(time.and_then(DateTime::from_timestamp_millis))
        };
        let text = |column| -> Result<String, sqlx::Error> { row.try_get(column) };
        Ok::<ApiKey, sqlx::Error>(ApiKey {
            id: text(0)?.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            tenant: row.try_get(1)?,
            name: text(2)?,
            hint: text(3)?,
            scopes: text(4)?.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            created_at: time(5)?.unwrap_or_default(),
            expires_at: time(6)?,
            used_at: time(7)?,
        })
    }};
}
use read;
