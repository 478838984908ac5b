//! API keys, as the API and the page tell and take them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::{ApiKey, Principal, Scope};
use crate::console::Console;
use crate::problem::{FieldError, Problem};

/// How long a key's name is at most, in characters.
const MAX_NAME: usize = 100;

/// An API key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Key {
    /// What tells it from all others.
    pub(crate) id: Uuid,
    /// Its name, for people.
    pub(crate) name: String,
    /// What it begins with.
    pub(crate) hint: String,
    /// What it may do.
    pub(crate) scopes: Vec<Scope>,
    /// Whose it is: then it sees nothing of others.
    pub(crate) tenant: Option<String>,
    /// The key itself: it is told when it is made, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// When it was made.
    pub(crate) created_at: DateTime<Utc>,
    /// From when on it is refused.
    pub(crate) expires_at: Option<DateTime<Utc>>,
    /// When it was used last, to a minute.
    pub(crate) used_at: Option<DateTime<Utc>>,
}

impl From<&ApiKey> for Key {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name.clone(),
            hint: key.hint.clone(),
            scopes: key.scopes.iter().collect(),
            tenant: key.tenant.clone(),
            token: None,
            created_at: key.created_at,
            expires_at: key.expires_at,
            used_at: key.used_at,
        }
    }
}

/// An API key to be made.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewKey {
    /// Its name, for people.
    #[schema(example = "Billing", min_length = 1, max_length = 100)]
    pub(crate) name: String,
    /// What it may do.
    #[schema(min_items = 1)]
    pub(crate) scopes: Vec<Scope>,
    /// Whose it is: then it sees nothing of others.
    #[serde(default)]
    pub(crate) tenant: Option<String>,
    /// From when on it is refused: never, unless given.
    #[serde(default)]
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

/// Those that nobody revoked, the newest first.
pub(crate) async fn list(console: &Console, who: &Principal) -> Result<Vec<Key>, Problem> {
    let keys = console.keys().await?.list(who.tenant_id()).await?;
    Ok(keys.iter().map(Key::from).collect())
}

/// Makes a key, and tells it.
pub(crate) async fn create(
    console: &Console,
    who: &Principal,
    new: NewKey,
) -> Result<Key, Problem> {
    let name = new.name.trim();
    let tenant = new.tenant.as_deref().or(who.tenant_id());
    let mut errors = Vec::new();
    let mut refuse = |field, detail: String| errors.push(FieldError { field, detail });
    if name.is_empty() || name.chars().count() > MAX_NAME {
        refuse("name", format!("a name has 1 to {MAX_NAME} characters"));
    } else if name.chars().any(char::is_control) {
        refuse("name", "a name has no control characters".to_owned());
    }
    if new.scopes.is_empty() {
        refuse("scopes", "choose one at least".to_owned());
    }
    if who.tenant_id().is_some() && tenant != who.tenant_id() {
        refuse("tenant", "your own key is of another tenant".to_owned());
    } else if let Some(tenant) = tenant
        && let Err(error) = console.outbox.tenant(tenant)
    {
        refuse("tenant", error.to_string());
    }
    if new.expires_at.is_some_and(|expires_at| expires_at <= Utc::now()) {
        refuse("expiresAt", "this time is over".to_owned());
    }
    if !errors.is_empty() {
        return Err(Problem::of_fields("the key was not made", errors));
    }
    let keys = console.keys().await?;
    let made = keys.create(name, &new.scopes, tenant, new.expires_at).await?;
    Ok(Key { token: Some(made.token().to_owned()), ..Key::from(&made.key) })
}

/// Revokes a key: it is refused from now on, and whoever signed in by it is signed out.
pub(crate) async fn revoke(console: &Console, who: &Principal, id: &str) -> Result<(), Problem> {
    let id = id.parse().map_err(|_| Problem::not_found("API key"))?;
    let is_revoked = console.keys().await?.revoke(id, who.tenant_id()).await?;
    if is_revoked { Ok(()) } else { Err(Problem::not_found("API key")) }
}
